"""The step `open`: what stands in the books at the end of the cut-off day, as pure functions from frame to frame.

Put here savings balances rolled back to the cut-off, loan schedules and classes, and the opening trial balance with its
ties. Keep reading, writing and DuckDB out (`step.py` does that), and keep rules out: what fails is a row of `failures`,
its consequence is stated in `expectations/`.
"""
