"""Control totals at every hop of the data's way, and the first hop at which something goes missing."""
