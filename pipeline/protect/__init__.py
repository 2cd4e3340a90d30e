"""Disclosure control: which planned cells may be shown, and as what.

Exact counts come in, protected figures go out. The primary rule stands in `primary.py`; the audit of all
tables, months and editions together has its place after it and may only hide more.
"""
