"""Upgrades: a published month in the tables of any earlier version is the same month in those of this one."""

import itertools

import alembic.command
import alembic.script
import pytest
import sqlalchemy as sa

from pipeline import jobs
from pipeline.jobs.workplace import open_workplace
from pipeline.sealing import derive_key, seal
from pipeline.secrets import load_secrets
from pipeline.store import erasing, tables
from pipeline.store.database import MIGRATIONS, alembic_config, begin, connect

OFFICE = "Thana of the Made-up Canary"


def list_earlier() -> list[str]:
    """Return the versions that a month can be brought back to; those before are filled by hand elsewhere."""
    script = alembic.script.ScriptDirectory(str(MIGRATIONS))
    reversible = itertools.takewhile(lambda each: hasattr(each.module, "downgrade"), script.walk_revisions())
    return [str(each.down_revision) for each in reversible]


def seal_as_before(settings) -> None:
    """Seal the vault as it was before months had keys."""
    key = derive_key(load_secrets(settings.secrets, {}).hash_key_bytes, "seal")
    with open_workplace(settings) as place, begin(place.engine, "jawabdehi_intake") as connection:
        for table in erasing.SEALED:
            for row in connection.execute(sa.select(table)).all():
                (text,) = place.vault.open_rows([row.return_id], [row.row], [row.content])
                sealed = b"\0\0" + seal(key, str(text).encode(), f"{row.return_id}/{row.row}")
                erasing.put_sealed(connection, table, row.return_id, {row.row: sealed})


def read_offices(settings) -> list[str | None]:
    with open_workplace(settings) as place, connect(str(settings.database_url)) as engine:
        with engine.connect() as connection:
            rows = connection.execute(sa.select(tables.sealed_reports)).all()
        texts = place.vault.open_rows(
            [row.return_id for row in rows], [row.row for row in rows], [row.content for row in rows]
        )
    return sorted(OFFICE if OFFICE in str(text) else str(text) for text in texts)


def read_figures(settings) -> list[tuple]:
    with connect(str(settings.database_url)) as engine, engine.connect() as connection:
        return sorted(map(repr, connection.execute(sa.select(tables.figures))))


@pytest.mark.parametrize("revision", list_earlier())
def test_a_month_of_an_earlier_version_is_the_same_month_and_goes_on(
    published, make_report, revision
) -> None:
    settings = published.settings
    published.send_reports("UTTHAN", make_report("U-901", office=OFFICE), name="2026-10-late.csv")
    published.collect()
    seal_as_before(settings)
    links, offices, figures = published.export(), read_offices(settings), read_figures(settings)
    assert OFFICE in offices
    with connect(str(settings.database_url)) as engine, engine.begin() as connection:
        alembic.command.downgrade(alembic_config(connection), revision)
    jobs.prepare(settings)
    assert published.export() == links
    assert read_offices(settings) == offices
    assert read_figures(settings) == figures
    # A survivor takes a report back, and the next month is counted.
    published.send("UTTHAN", "2026-10-w.csv", b"report_id,action\nU-901,withdraw\n")
    november = published.at("2026-11")
    november.send_reports("UTTHAN", make_report("U-902", office=OFFICE))
    november.collect()
    assert read_offices(settings).count(OFFICE) == 1
    assert november.verdicts()["U-902"] == ["counted"]
