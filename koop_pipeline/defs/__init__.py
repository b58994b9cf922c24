"""Everything Dagster, thin: assets by step, checks, jobs, schedules, sensors, resources.

Only this package imports dagster.
"""
