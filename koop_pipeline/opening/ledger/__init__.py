"""The trial balance at the cut-off, and what its accounts are tied to."""
