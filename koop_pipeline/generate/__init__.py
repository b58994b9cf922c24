"""Invents programmes of any size for tests of scale: deliveries of three legacy systems, known faults, the answer key.

Truth first (`people`, `savings`, `lending`, `ledger`), then what is wrong with it (`faults`, `dirt`), then the writers,
one a legacy system, then `answers`. `programme` brings them together, one chunk of one cooperative at a time.
Everything is invented. Nothing here knows a step of the pipeline: the answer key must not come from the code that it
judges; only the region reference and the programme's own errors are shared. Money is whole sen in int64.
"""
