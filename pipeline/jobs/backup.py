"""Backups: all of both databases and all files, encrypted, and the keys in a safe apart."""

import io
import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from pipeline import __version__
from pipeline.errors import JawabdehiError, UsageError
from pipeline.jobs.landing import SYSTEM
from pipeline.jobs.workplace import Workplace, open_workplace, prepare
from pipeline.keeping.dumps import dump
from pipeline.keeping.key_safe import read_recipient, save_keys
from pipeline.keeping.parts import (
    ENDING,
    check_parts,
    list_backups,
    name_backup,
    pack,
    write_checksums,
    write_part,
)
from pipeline.settings import Settings
from pipeline.store.database import begin, connect
from pipeline.store.ledger import append_entry
from pipeline.store.snapshot import describe_rows, export_snapshot

MANIFEST, PRODUCT, AIRFLOW, FILES = (
    f"{name}{ENDING}" for name in ("manifest", "product", "airflow", "files")
)
FOLDERS = ("returns", "drafts", "audits", "published")
"""What a backup holds of the home, beside the databases; the inbox is left out, since it holds reports in clear."""

BACKUP_MADE = "backup made"


def save_keys_apart(settings: Settings, safe: Path | None = None, *, backups: Path | None = None) -> int:
    """Make a key safe hold the keys as they are now and no others; return how many files that are.

    Raises UsageError where there is no safe, or it does not lie apart from the home and from the backups.
    """
    folder = safe or settings.key_safe
    if folder is None:
        raise UsageError("Give a folder on another disk for the keys: --key-safe, or JAWABDEHI_KEY_SAFE.")
    others = (settings.home, *([backups] if backups else []))
    return save_keys(settings.secrets, folder.absolute(), apart_from=others)


def back_up(settings: Settings, out: Path | None = None, safe: Path | None = None, *, keep: int = 14) -> Path:
    """Write a backup into a new folder below `out`, or that of the settings; save the keys; return the folder.

    Of the backups in `out`, the newest `keep` stay. Nothing is there under its final name before all of it is
    written and was read again. Raises JawabdehiError where a part cannot be written, UsageError where no folder is
    given.
    """
    moment, folder_of_all = datetime.now(UTC), out or settings.backups
    if folder_of_all is None:
        raise UsageError("Give a folder for backups: --out, or JAWABDEHI_BACKUPS.")
    out = folder_of_all.absolute()
    out.mkdir(parents=True, exist_ok=True)
    save_keys_apart(settings, safe, backups=out)
    for leftover in out.glob(".*.part"):
        shutil.rmtree(leftover)
    aside, folder = out / f".{name_backup(moment)}.part", out / name_backup(moment)
    aside.mkdir(mode=0o700)
    _, urls = prepare(settings)
    with open_workplace(settings) as place:
        manifest = _write_parts(place, urls.product, urls.airflow, aside, moment)
        write_checksums(aside)
        check_parts(aside)
        aside.rename(folder)
        # Months may have got keys while the databases were read.
        save_keys_apart(settings, safe, backups=out)
        with begin(place.engine, "jawabdehi_intake") as connection:
            facts = {"tables": len(manifest["rows"]), "files": len(manifest["files"])}
            # As of when it holds everything.
            append_entry(connection, BACKUP_MADE, folder.name, facts, actor=SYSTEM, at=moment)
    for old in list_backups(out)[:-keep]:
        shutil.rmtree(old)
    return folder


def _write_parts(
    place: Workplace, product: str, airflow: str, folder: Path, moment: datetime
) -> dict[str, dict[str, object]]:
    recipient = read_recipient(place.settings.secrets)
    # The databases come first: of a file that is newer than its database nothing is lost.
    with place.engine.connect() as connection, connection.begin():
        snapshot = export_snapshot(connection)
        rows = describe_rows(connection)
        with dump(product, snapshot=snapshot) as stream:
            write_part(stream, folder / PRODUCT, recipient)
    if has_tables(airflow):
        with dump(airflow) as stream:
            write_part(stream, folder / AIRFLOW, recipient)
    with pack(place.settings.home, FOLDERS) as (stream, files):
        write_part(stream, folder / FILES, recipient)
    manifest: dict[str, dict[str, object]] = {
        "made": {"at": moment.isoformat(), "with": __version__},
        "rows": dict(rows),
        "files": dict(files),
    }
    text = json.dumps(manifest, sort_keys=True, indent=1).encode()
    write_part(io.BytesIO(text), folder / MANIFEST, recipient)
    return manifest


def has_tables(url: str) -> bool:
    """Tell whether a database was ever filled; Airflow's is empty where it never ran."""
    try:
        with connect(url) as engine, engine.connect() as connection:
            return bool(sa.inspect(connection).get_table_names())
    except sa.exc.OperationalError:
        raise JawabdehiError(
            "Airflow's database does not answer: start the server, then back up again."
        ) from None
