"""The environment and the settings that Airflow runs with."""

import configparser
import os
import re
from pathlib import Path

import pytest
import sqlalchemy as sa

from pipeline.airflow_env import airflow_environment
from pipeline.errors import UsageError
from pipeline.secrets import load_secrets
from pipeline.server import DatabaseUrls
from pipeline.settings import CHECKOUT, Settings, read_settings

SOCKET = DatabaseUrls(
    product="postgresql+psycopg://postgres@/jawabdehi?host=%2Fsrv%2Fpg",
    airflow="postgresql+psycopg://postgres@/jawabdehi_airflow?host=%2Fsrv%2Fpg",
)
NETWORK = DatabaseUrls(
    product="postgresql+psycopg://me:word@db.example/reports?sslmode=require",
    airflow="postgresql+psycopg://me:word@db.example/reports_airflow?sslmode=require&connect_timeout=3",
)


def environment_of(tmp_path: Path, urls: DatabaseUrls = SOCKET, **environ: str) -> dict[str, str]:
    settings = Settings(home=tmp_path, inbox=tmp_path / "in", closing_day=12, settle_seconds=7)
    return airflow_environment(settings, load_secrets(tmp_path / "secrets", {}), urls, environ)


def settings_file() -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(CHECKOUT / "airflow.cfg", encoding="utf-8")
    return parser


def test_no_secret_and_no_place_of_a_machine_stands_in_the_settings_file() -> None:
    parser = settings_file()
    secret = re.compile(r"secret|password|fernet|_key$|sql_alchemy|jwt|token", re.IGNORECASE)
    for section in parser.sections():
        for name, value in parser[section].items():
            assert not secret.search(name), f"[{section}] {name}"
            assert not value.startswith("/"), f"[{section}] {name}"


def test_every_setting_is_one_that_airflow_knows_and_says_why(parsed_dags: dict) -> None:
    known = parsed_dags["known_settings"]
    parser = settings_file()
    unknown = [f"{s}.{n}" for s in parser.sections() for n in parser[s] if n not in known.get(s, [])]
    assert unknown == []
    for section in (CHECKOUT / "airflow.cfg").read_text(encoding="utf-8").split("\n[")[1:]:
        assert section.splitlines()[1].startswith("#"), section.splitlines()[0]


def test_airflow_listens_on_this_machine_only_and_sends_nothing_out(tmp_path: Path) -> None:
    parser = settings_file()
    assert parser["api"]["host"] == environment_of(tmp_path)["AIRFLOW__API__HOST"] == "127.0.0.1"
    assert parser["scheduler"]["scheduler_health_check_server_host"] == "127.0.0.1"
    assert parser["metrics"]["statsd_on"] == parser["metrics"]["otel_on"] == "False"
    assert environment_of(tmp_path)["GX_ANALYTICS_ENABLED"] == "false"


def test_tasks_read_the_same_settings_again_from_the_environment(tmp_path: Path) -> None:
    settings = Settings(
        home=tmp_path / "h", inbox=tmp_path / "i", database_url="postgresql://a/b",
        closing_day=3, settle_seconds=4,
    )  # fmt: skip
    secrets = load_secrets(tmp_path / "secrets", {})
    assert read_settings(airflow_environment(settings, secrets, SOCKET, {})) == settings
    embedded = Settings(home=tmp_path / "h", inbox=tmp_path / "i")
    stale = {"JAWABDEHI_DATABASE_URL": "postgresql://a/b"}
    assert read_settings(airflow_environment(embedded, secrets, SOCKET, stale)) == embedded


@pytest.mark.parametrize(
    ("urls", "query"),
    [(SOCKET, {"host": "/srv/pg"}), (NETWORK, {"ssl": "require"})],
    ids=["socket", "network"],
)
def test_both_drivers_reach_the_same_database(
    tmp_path: Path, urls: DatabaseUrls, query: dict[str, str]
) -> None:
    environment = environment_of(tmp_path, urls)
    plain = sa.make_url(environment["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"])
    asynchronous = sa.make_url(environment["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC"])
    assert asynchronous.drivername == "postgresql+asyncpg"
    assert dict(asynchronous.query) == query
    for part in ("username", "password", "host", "database"):
        assert getattr(plain, part) == getattr(asynchronous, part)


def test_another_port_is_told_to_the_pages_and_to_the_tasks(tmp_path: Path) -> None:
    environment = environment_of(tmp_path, JAWABDEHI_PORT="9123")
    assert environment["AIRFLOW__API__PORT"] == "9123"
    assert environment["AIRFLOW__API__BASE_URL"] == "http://127.0.0.1:9123"
    assert environment["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] == "http://127.0.0.1:9123/execution/"


QUEUE = "redis://:made-up@queue.example:6379/0"


def test_without_a_queue_all_tasks_run_on_this_machine(tmp_path: Path) -> None:
    environment = environment_of(tmp_path)
    assert not [name for name in environment if "CELERY" in name or name == "AIRFLOW__CORE__EXECUTOR"]
    assert settings_file()["core"]["executor"] == "LocalExecutor"


def test_with_a_queue_workers_get_the_tasks_and_need_no_database_of_airflow_for_results(
    tmp_path: Path,
) -> None:
    environment = environment_of(tmp_path, JAWABDEHI_QUEUE_URL=QUEUE, JAWABDEHI_TASKS_AT_ONCE="6")
    assert environment["AIRFLOW__CORE__EXECUTOR"] == "CeleryExecutor"
    assert environment["AIRFLOW__CORE__PARALLELISM"] == "6"
    assert (
        environment["AIRFLOW__CELERY__BROKER_URL"] == environment["AIRFLOW__CELERY__RESULT_BACKEND"] == QUEUE
    )


def test_workers_and_people_reach_the_server_by_addresses_of_their_own(tmp_path: Path) -> None:
    environment = environment_of(
        tmp_path,
        JAWABDEHI_API_URL="http://api.internal:8080/",
        JAWABDEHI_SITE_URL="https://reports.example.org",
        JAWABDEHI_LISTEN="10.0.0.5",
    )
    assert environment["AIRFLOW__API__HOST"] == "10.0.0.5"
    assert environment["AIRFLOW__API__BASE_URL"] == "https://reports.example.org"
    assert environment["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] == "http://api.internal:8080/execution/"
    assert "api.internal" in environment["NO_PROXY"].split(",")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("JAWABDEHI_QUEUE_URL", "queue:6379"),
        ("JAWABDEHI_QUEUE_URL", "https://queue.example"),
        ("JAWABDEHI_API_URL", "api.internal"),
        ("JAWABDEHI_SITE_URL", "ftp://reports.example.org"),
    ],
)
def test_an_address_that_is_none_is_refused(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(UsageError, match=name):
        environment_of(tmp_path, **{name: value})


def test_a_number_of_tasks_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="JAWABDEHI_TASKS_AT_ONCE"):
        environment_of(tmp_path, JAWABDEHI_QUEUE_URL=QUEUE, JAWABDEHI_TASKS_AT_ONCE="many")


@pytest.mark.parametrize("port", ["0", "65536", "-1", "http", "80 80"])
def test_a_port_that_is_none_is_refused(tmp_path: Path, port: str) -> None:
    with pytest.raises(UsageError, match="JAWABDEHI_PORT"):
        environment_of(tmp_path, JAWABDEHI_PORT=port)


def test_the_keys_are_those_of_the_installation_and_differ(tmp_path: Path) -> None:
    environment = environment_of(tmp_path)
    secrets = load_secrets(tmp_path / "secrets", {})
    keys = [
        environment["AIRFLOW__CORE__FERNET_KEY"],
        environment["AIRFLOW__API__SECRET_KEY"],
        environment["AIRFLOW__API_AUTH__JWT_SECRET"],
    ]
    assert keys == [secrets.fernet_key, secrets.api_secret_key, secrets.jwt_secret]
    assert len({*keys, secrets.vault_key}) == 4


def test_own_programs_come_first_and_this_machine_is_reached_without_a_proxy(tmp_path: Path) -> None:
    environment = environment_of(tmp_path, PATH=f"/usr/bin{os.pathsep}/bin", NO_PROXY="intranet")
    first, *others = environment["PATH"].split(os.pathsep)
    assert (Path(first) / "airflow").exists()
    assert others[-2:] == ["/usr/bin", "/bin"]
    assert environment["NO_PROXY"].split(",") == ["intranet", "127.0.0.1", "localhost"]
