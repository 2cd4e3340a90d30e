"""Tables of the four schemas.

`vault` holds what could lead to a person and is purged; `core` coarse codes and verdicts; `release` what is
published; `ledger` who decided what, without content. A test holds this package against the migrations.
"""

from pipeline.store.tables.base import INCIDENT_CODES, metadata
from pipeline.store.tables.linked import OWN_RULES, alike, claims, incidents, links, pairs
from pipeline.store.tables.received import (
    deliveries,
    findings,
    key_marks,
    landed,
    reports,
    returns,
    rows,
    sealed_reports,
    sealed_rows,
    sources,
    spent,
    submissions,
    withdrawals,
)
from pipeline.store.tables.recorded import entries
from pipeline.store.tables.released import cells, consents, counted, editions, figures

__all__ = [
    "INCIDENT_CODES",
    "OWN_RULES",
    "alike",
    "cells",
    "claims",
    "consents",
    "counted",
    "deliveries",
    "editions",
    "entries",
    "figures",
    "findings",
    "incidents",
    "key_marks",
    "landed",
    "links",
    "metadata",
    "pairs",
    "reports",
    "returns",
    "rows",
    "sealed_reports",
    "sealed_rows",
    "sources",
    "spent",
    "submissions",
    "withdrawals",
]
