"""Damaged files through the whole intake: no crash, no hang, no flood of memory, one slip each.

`mutate` damages returns as networks, spreadsheets and attackers do; `harness` sends them through a worker process and
watches it. `python -m bench.mutations` does so with a thousand files and writes `latest.json`.
"""
