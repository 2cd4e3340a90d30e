"""What every job needs at hand: settings, database, keys and contract."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import sqlalchemy as sa

from pipeline.contract import Contract, load_contract
from pipeline.errors import JawabdehiError
from pipeline.key_files import MonthKeyFiles
from pipeline.sealing import Hasher
from pipeline.secrets import MONTHS, Secrets, load_secrets
from pipeline.server import DatabaseUrls, answers, ensure_server, find_databases
from pipeline.settings import Settings
from pipeline.store.database import begin, connect, migrate
from pipeline.store.marks import knows_key
from pipeline.vault import Vault


@dataclass(frozen=True)
class Workplace:
    """One job's tools; the engine lives as long as the job."""

    settings: Settings
    engine: sa.Engine
    hasher: Hasher
    vault: Vault
    contract: Contract


def prepare(settings: Settings) -> tuple[Secrets, DatabaseUrls]:
    """Make the home ready: folders, keys, server, tables; a second call changes nothing."""
    settings.home.mkdir(parents=True, exist_ok=True)
    # Only what is published is for everybody who has an account on the machine.
    for folder in (
        settings.secrets,
        settings.returns,
        settings.drafts,
        settings.audits,
        settings.airflow_home,
    ):
        folder.mkdir(exist_ok=True, mode=0o700)
    own_inbox = settings.home / "inbox"
    if settings.inbox == own_inbox:
        own_inbox.mkdir(exist_ok=True, mode=0o700)
    secrets = load_secrets(settings.secrets, os.environ)
    urls = ensure_server(settings)
    migrate(urls.product)
    _check_hash_key(urls.product, Hasher(secrets.hash_key_bytes))
    return secrets, urls


def _check_hash_key(url: str, hasher: Hasher) -> None:
    """Raise where hashes would not be those that the database knows: one person would count as two."""
    with connect(url) as engine, begin(engine, "jawabdehi_intake") as connection:
        if not knows_key(connection, "hash_key", hasher.hash("mark", "hash_key")):
            raise JawabdehiError(
                "This database was filled with another hash key: put back hash_key from the key safe."
            )


@contextmanager
def open_workplace(settings: Settings) -> Iterator[Workplace]:
    """Yield a job's tools for a home that `prepare` has made ready."""
    secrets = load_secrets(settings.secrets, os.environ)
    urls = find_databases(settings) or ensure_server(settings)
    with connect(urls.product) as engine:
        if not answers(engine):
            ensure_server(settings)
        hasher, vault = Hasher(secrets.hash_key_bytes), open_vault(settings, secrets)
        yield Workplace(settings, engine, hasher, vault, load_contract())


def open_vault(settings: Settings, secrets: Secrets) -> Vault:
    """Return the vault of an installation."""
    return Vault(MonthKeyFiles(settings.secrets / MONTHS, secrets.vault_keys), secrets.hash_key_bytes)
