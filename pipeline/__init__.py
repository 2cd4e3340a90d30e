"""Jawabdehi: from collectives' returns to published editions.

Steps are pure and know neither store nor scheduler; `jobs` joins them; `dags/` only wires `jobs`.
"""

__version__ = "0.1.0"
