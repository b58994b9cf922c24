"""The step promote: one transaction a cooperative into the target, once, and only what the verdict admits."""
