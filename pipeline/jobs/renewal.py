"""New keys: for the vault, for every month, and for Airflow's own secrets."""

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

import sqlalchemy as sa

from pipeline.jobs.workplace import Workplace, open_workplace
from pipeline.month_key import MonthKey
from pipeline.secrets import begin_key, finish_key, refuse_given
from pipeline.settings import Settings
from pipeline.store import erasing
from pipeline.store.database import begin, lock
from pipeline.store.ledger import append_entry
from pipeline.vault import LANDED, SEALING, seal_under


def renew_vault_key(settings: Settings, *, actor: str) -> int:
    """Replace the vault key and wrap the keys of all months by the new one; return how many months that are.

    A run that was killed is finished by the next. Raises UsageError where the key comes from the environment.
    """
    refuse_given(["vault_key"], os.environ)
    begin_key(settings.secrets, "vault_key")
    with open_workplace(settings) as place:
        months = place.vault.files.rewrap()
        finish_key(settings.secrets, "vault_key")
        with begin(place.engine, "jawabdehi_intake") as connection:
            facts = {"months": months}
            append_entry(connection, "vault key renewed", "", facts, actor=actor, at=datetime.now(UTC))
    return months


def seal_anew(settings: Settings, *, actor: str) -> int:
    """Seal everything in the vault under new keys of months; return how many rows and returns that are.

    What an older backup holds of the vault does not open any more after this: make a new one.
    """
    with open_workplace(settings) as place:
        files, number = place.vault.files, 0
        with begin(place.engine, "jawabdehi_intake") as connection:
            months = set(erasing.list_months_with_content(connection))
        months |= {month for month in files.list_months() if not files.load(month).is_destroyed}
        for month in sorted(months):
            number += _seal_month_anew(place, month)
        with begin(place.engine, "jawabdehi_intake") as connection:
            facts = {"sealed": number}
            append_entry(connection, "vault sealed anew", "", facts, actor=actor, at=datetime.now(UTC))
    return number


def _seal_month_anew(place: Workplace, month: str) -> int:
    number = 0
    with begin(place.engine, "jawabdehi_intake") as connection:
        # Nothing is sealed, and nothing opened for linkage, while everything that is sealed changes.
        lock(connection, SEALING)
        lock(connection, "incidents")
        following = place.vault.files.begin_next(month)
        for table in erasing.SEALED:
            for rows in erasing.list_sealed(connection, table, month):
                number += _seal_part_anew(place, connection, table, following, rows)
        for return_id, sealed in erasing.list_landed(connection, month):
            content = place.vault.open_landed(return_id, sealed)
            if content is not None:
                again = seal_under(following, return_id, [LANDED], [content])[0]
                erasing.put_landed(connection, return_id, again)
                number += 1
    place.vault.files.finish_next(month, following.generation)
    return number


def _seal_part_anew(
    place: Workplace, connection: sa.Connection, table: sa.Table, key: MonthKey, rows: Sequence[sa.Row[Any]]
) -> int:
    texts = place.vault.open_rows(
        [each.return_id for each in rows], [each.row for each in rows], [each.content for each in rows]
    )
    told = [
        (each.return_id, each.row, text) for each, text in zip(rows, texts, strict=True) if text is not None
    ]
    for return_id, group in groupby(told, key=lambda each: each[0]):
        parts = list(group)
        numbers = [row for _, row, _ in parts]
        sealed = seal_under(key, return_id, numbers, [text.encode() for _, _, text in parts])
        erasing.put_sealed(connection, table, return_id, dict(zip(numbers, sealed, strict=True)))
    return len(told)
