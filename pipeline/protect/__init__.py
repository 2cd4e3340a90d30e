"""Disclosure control: which planned cells may be shown, and as what.

Exact counts come in, protected figures go out. `edition.py` does a whole edition: the primary rules (`primary.py`),
rounding, the audit of all that shares incidents with it (`assemble.py`, `targets.py`, `audit.py`), and hiding more
until the audit is silent.
"""
