"""Shared fixtures: one real PostgreSQL server for the whole run, a fresh database and home for each test."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa

from pipeline.contract import Contract, load_contract
from pipeline.server import ensure_server, stop_server
from pipeline.settings import Settings
from pipeline.store.database import connect, migrate

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Server:
    """The server of this run; `template` is a migrated database that others are copied from."""

    administration: sa.URL
    template: str

    def make_database(self) -> str:
        """Make a database that is migrated and empty; return its address."""
        name = f"test_{next(_numbers)}"
        engine = sa.create_engine(self.administration, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        with engine.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE {self.template}")
        return self.administration.set(database=name).render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home = tmp_path_factory.mktemp("server")
    urls = ensure_server(Settings(home=home, inbox=home / "inbox"))
    migrate(urls.product)
    product = sa.make_url(urls.product)
    yield Server(administration=product.set(database="postgres"), template=str(product.database))
    stop_server(home)


@pytest.fixture
def database_url(server: Server) -> str:
    return server.make_database()


@pytest.fixture
def engine(database_url: str) -> Iterator[sa.Engine]:
    with connect(database_url) as engine:
        yield engine


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Settings:
    """A fresh home whose database is on the run's server."""
    home = tmp_path / "home"
    return Settings(home=home, inbox=home / "inbox", database_url=database_url, settle_seconds=0)


@pytest.fixture(scope="session")
def contract() -> Contract:
    return load_contract()
