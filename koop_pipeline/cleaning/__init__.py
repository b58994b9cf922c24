"""The step clean: mapped text becomes canonical values; what cannot be read is a named failure, never a silent null."""
