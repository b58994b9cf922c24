"""Makes the sample programme `data/sample/`: invented cooperatives, their legacy exports, and the answer key.

`make_sample.py` beside this folder is the way in. Truth first (`truth`, `people`, `savings`, `lending`, `ledger`,
`worlds`), then the writers, one a legacy system, then `answers`, and `rereading`, which proves the files. Nothing here
knows the pipeline: the answer key must not come from the code that it judges.
"""
