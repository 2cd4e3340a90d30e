"""Which reports tell of the same incident.

Exact linkage stands in `resolve.py`. Probabilistic linkage compares reports of different ids and has its
place after it: it takes the incidents that `resolve_rows` found and may only join them.
"""
