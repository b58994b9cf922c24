"""Settings of all tests: hypothesis has no deadline, since machines differ and timings belong in benchmarks."""

from hypothesis import settings

settings.register_profile("koop", deadline=None)
settings.load_profile("koop")
