"""Which reports tell of the same incident.

Exact linkage (`resolve.py`) settles rows of one report id. What is left is compared by content: `features.py` works
out what can be compared, `blocking.py` which pairs are, `engine.py` scores them by the tables of `weights.py`,
`decide.py` says what follows from a pair alone and `clusters.py` what follows from all of them; `driver.py` goes the
whole way. `review.py`, `explain.py` and `agreement.py` serve the reviewers, `learn.py` and `appraise.py` those who
change the weights. Nothing here reads or writes a database or a file of reports.
"""
