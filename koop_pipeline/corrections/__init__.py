"""The correction loop: workbooks out to a cooperative, corrections back, and what they do between map and clean."""
