"""Restoring: a backup is put into an empty home, held against what it was, and what was erased since stays erased."""

import json
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipeline.errors import JawabdehiError, UsageError
from pipeline.jobs.backup import AIRFLOW, FILES, MANIFEST, PRODUCT, has_tables
from pipeline.jobs.erasure import erase_spent, name_withdrawn, read_withdrawn
from pipeline.jobs.landing import SYSTEM
from pipeline.jobs.linkage import link_month
from pipeline.jobs.renewal import seal_anew
from pipeline.jobs.workplace import Workplace, open_workplace, prepare
from pipeline.keeping.dumps import restore
from pipeline.keeping.key_safe import read_identity, take_keys
from pipeline.keeping.parts import check_files, check_parts, read_part, unpack
from pipeline.report.package import check_manifest
from pipeline.settings import Settings
from pipeline.store import erasing
from pipeline.store.database import begin, connect, migrate
from pipeline.store.ledger import append_entry, check_chain
from pipeline.store.snapshot import describe_rows, empty_database


def restore_backup(settings: Settings, backup: Path, safe: Path) -> list[str]:
    """Restore a backup into an empty home and an empty database; return what came back in plain lines.

    Rows, files, editions and the ledger are held against what the backup says of itself. What was erased or
    withdrawn after the backup was made is erased and withdrawn again. Raises UsageError where home or database
    are not empty or the backup is not whole, JawabdehiError where something did not come back as it was.
    """
    check_parts(backup)
    identity = read_identity(safe)
    take_keys(safe, settings.secrets)
    _, urls = prepare(settings)
    with connect(urls.product) as engine, engine.begin() as connection:
        if not empty_database(connection):
            raise UsageError(
                "The database is in use already: restore into an empty home and an empty database."
            )
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=settings.home) as folder:
        parts = {name: Path(folder) / name for name in (MANIFEST, PRODUCT, AIRFLOW, FILES)}
        for name, path in parts.items():
            if name != AIRFLOW or (backup / name).exists():
                with path.open("wb") as target:
                    read_part(backup / name, target, identity)
        manifest: dict[str, Any] = json.loads(parts[MANIFEST].read_bytes())
        restore(urls.product, parts[PRODUCT])
        if parts[AIRFLOW].exists() and not has_tables(urls.airflow):
            restore(urls.airflow, parts[AIRFLOW])
        unpack(parts[FILES], settings.home)
    lines = _check(settings, urls.product, manifest)
    migrate(urls.product)
    with open_workplace(settings) as place:
        lines += _erase_again(place, str(manifest["made"]["at"]))
    return lines


def _check(settings: Settings, url: str, manifest: Mapping[str, Any]) -> list[str]:
    """Hold what came back against what the backup says of itself."""
    check_files(settings.home, manifest["files"])
    with connect(url) as engine, engine.begin() as connection:
        if describe_rows(connection) != manifest["rows"]:
            raise JawabdehiError("Not all rows came back from the backup: take another backup.")
        entries = check_chain(connection)
    editions = sorted(settings.published.glob("20??-??/e*/manifest.json"))
    for edition in editions:
        check_manifest(edition.parent)
    rows = sum(number for number in manifest["rows"].values() if isinstance(number, int))
    return [
        f"The backup was made at {manifest['made']['at']}.",
        f"All {rows} rows and all {len(manifest['files'])} files came back as they were.",
        f"The ledger holds ({entries} entries), and so do {len(editions)} published editions.",
    ]


def _erase_again(place: Workplace, made_at: str) -> list[str]:
    """Erase and withdraw again what was erased and withdrawn after the backup was made."""
    erased, lost = _drop_unopenable(place), _drop_unopenable_returns(place)
    months = _withdraw_again(place)
    # What comes again after this came before: its rows were sealed, and perhaps erased, under the keys of then.
    seal_anew(place.settings, actor=SYSTEM)
    with begin(place.engine, "jawabdehi_intake") as connection:
        facts = {"rows_erased": erased, "months_linked": len(months)}
        append_entry(connection, "backup restored", made_at, facts, actor=SYSTEM, at=datetime.now(UTC))
    for month in months:
        link_month(place.settings, month)
    erase_spent(place)
    return [
        f"Rows erased again, since they were erased after the backup: {erased}.",
        f"Months linked again, since reports of them were withdrawn after the backup: {len(months)}.",
        *(f"Collect this return again, or ask for it: {return_id}." for return_id in lost),
    ]


def _drop_unopenable(place: Workplace) -> int:
    """Drop from the vault what its keys do not open any more."""
    number = 0
    with begin(place.engine, "jawabdehi_intake") as connection:
        for table in erasing.SEALED:
            for rows in erasing.list_sealed(connection, table):
                texts = place.vault.open_rows(
                    [each.return_id for each in rows],
                    [each.row for each in rows],
                    [each.content for each in rows],
                )
                gone = [
                    (each.return_id, each.row) for each, text in zip(rows, texts, strict=True) if text is None
                ]
                number += erasing.drop_sealed(connection, table, gone)
    return number


def _drop_unopenable_returns(place: Workplace) -> list[str]:
    """Forget returns that waited when the backup was made and were taken in, and so erased, after it."""
    with begin(place.engine, "jawabdehi_intake") as connection:
        lost = [
            return_id
            for return_id, sealed in erasing.list_landed(connection)
            if place.vault.open_landed(return_id, sealed) is None
        ]
        for return_id in lost:
            erasing.drop_return(connection, return_id)
    return lost


def _withdraw_again(place: Workplace) -> list[str]:
    """Note reports as withdrawn that were withdrawn after the backup; return the months that tell of them."""
    listed = read_withdrawn(place)
    with begin(place.engine, "jawabdehi_intake") as connection:
        withdrawn = [
            report for report in erasing.list_told(connection) if name_withdrawn(place, *report) in listed
        ]
        return erasing.withdraw(connection, withdrawn)
