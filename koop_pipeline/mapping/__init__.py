"""The step map: a legacy system's structure turned into the canonical tables by a mapping profile."""
