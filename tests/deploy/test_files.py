"""The files of deploy: they start components that exist, with variables that are read, and no secret too many."""

import json
import re
from pathlib import Path

import pytest
import yaml

from pipeline.components import COMPONENTS, MIGRATION
from pipeline.settings import CHECKOUT

DEPLOY = CHECKOUT / "deploy"
SERVERS = {"postgres", "redis"}
VARIABLE = re.compile(r"\$\{([A-Z_]+)")
OF_AIRFLOW = "JAWABDEHI_AIRFLOW_DATABASE_URL"
OF_THE_PRODUCT = "JAWABDEHI_DATABASE_URL"
HELM = {
    "migrateDatabaseJob": MIGRATION,
    "apiServer": "api-server",
    "scheduler": "scheduler",
    "dagProcessor": "dag-processor",
    "triggerer": "triggerer",
    "workers": "worker",
}


def read(name: str) -> str:
    return (DEPLOY / name).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def services() -> dict:
    return yaml.safe_load(read("compose.yaml"))["services"]


@pytest.fixture(scope="module")
def values() -> dict:
    return yaml.safe_load(read("helm/values.yaml"))


def read_by_the_program() -> set[str]:
    texts = [
        path.read_text(encoding="utf-8")
        for folder in ("pipeline", "dags")
        for path in (CHECKOUT / folder).rglob("*.py")
    ]
    # Keys are named by what they are.
    keys = {f"JAWABDEHI_{name}" for name in ("VAULT_KEY", "FERNET_KEY", "JWT_SECRET", "API_SECRET_KEY")}
    return set(re.findall(r"\"(JAWABDEHI_[A-Z_]+)\"", "\n".join(texts))) | keys


def test_compose_starts_every_component_and_nothing_that_does_not_exist(services: dict) -> None:
    started = {name: service["command"] for name, service in services.items() if name not in SERVERS}
    assert started == {name: ["jawabdehi", "component", name] for name in COMPONENTS}


def test_helm_starts_every_component(values: dict) -> None:
    started = {HELM[part]: values[part]["args"] for part in HELM}
    assert started == {name: ["jawabdehi", "component", name] for name in COMPONENTS}


def test_every_variable_is_read(services: dict, values: dict) -> None:
    given = {name for service in services.values() for name in service.get("environment", {})}
    parts = [values["env"], *(values[part]["env"] for part in HELM)]
    given |= {each["name"] for part in parts for each in part}
    assert {name for name in given if name.startswith("JAWABDEHI")} <= read_by_the_program()


def test_the_example_of_settings_is_what_compose_asks_for() -> None:
    offered = re.findall(r"^([A-Z_]+)=", read(".env.example"), re.MULTILINE)
    assert len(offered) == len(set(offered))
    assert set(offered) == set(VARIABLE.findall(read("compose.yaml")))


def test_the_example_of_settings_holds_no_secret() -> None:
    filled = dict(re.findall(r"^([A-Z_]+)=(.+)$", read(".env.example"), re.MULTILINE))
    assert not [name for name in filled if "PASSWORD" in name or "KEY" in name or "SECRET" in name]
    ignored = (CHECKOUT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert {"/deploy/.env", "/deploy/sources.env"} <= set(ignored)


def test_the_variables_of_more_than_one_machine_are_explained() -> None:
    explained = set(re.findall(r"^\| `(JAWABDEHI_[A-Z_]+)`", read("README.md"), re.MULTILINE))
    explained |= set(
        re.findall(r"`(JAWABDEHI_[A-Z_]+)`", (CHECKOUT / "README.md").read_text(encoding="utf-8"))
    )
    offered = set(re.findall(r"JAWABDEHI_[A-Z_]+(?==)", read(".env.example")))
    given = set(re.findall(r"^\s+(JAWABDEHI_[A-Z_]+):", read("compose.yaml"), re.MULTILINE))
    # How many containers there are is compose's own business.
    assert (offered | given) - explained == {"JAWABDEHI_WORKERS"}


@pytest.mark.parametrize("name", ["scheduler", "dag-processor", "triggerer"])
def test_what_opens_no_report_is_not_told_where_reports_are(services: dict, values: dict, name: str) -> None:
    assert OF_THE_PRODUCT not in services[name]["environment"]
    (part,) = [part for part, component in HELM.items() if component == name]
    assert OF_THE_PRODUCT not in {each["name"] for each in values[part]["env"]}


def test_workers_are_not_told_where_airflows_data_is(services: dict, values: dict) -> None:
    assert OF_THE_PRODUCT in services["worker"]["environment"]
    assert OF_AIRFLOW not in services["worker"]["environment"]
    names = {each["name"] for part in (values["env"], values["workers"]["env"]) for each in part}
    assert OF_THE_PRODUCT in names
    assert not [
        name for name in names if name in {OF_AIRFLOW, "JAWABDEHI_FERNET_KEY", "JAWABDEHI_JWT_SECRET"}
    ]


def test_only_the_pages_listen_outside_and_on_this_machine_only(services: dict) -> None:
    ports = {name: service["ports"] for name, service in services.items() if "ports" in service}
    assert ports == {"api-server": ["127.0.0.1:${JAWABDEHI_PORT:-8080}:8080"]}
    listening = [name for name, each in services.items() if "JAWABDEHI_LISTEN" in each.get("environment", {})]
    assert listening == ["api-server"]


def test_every_component_shares_the_home_and_none_gains_rights(services: dict) -> None:
    for name in COMPONENTS:
        assert services[name]["volumes"] == ["home:/var/lib/jawabdehi"], name
        assert services[name]["cap_drop"] == ["ALL"], name
    assert "JAWABDEHI_HOME=/var/lib/jawabdehi" in read("Dockerfile")


def test_the_database_logs_no_value_as_the_embedded_one_does_not(services: dict) -> None:
    from pipeline.server import _CONFIGURATION

    wanted = dict(re.findall(r"^(log_\w+) = (\S+)$", _CONFIGURATION, re.MULTILINE))
    given = dict(re.findall(r"-c (log_\w+)=(\S+)", services["postgres"]["command"]))
    assert len(given) > 4
    assert given == wanted


def test_the_image_installs_by_hash_and_runs_as_nobody_special() -> None:
    text = read("Dockerfile")
    assert "--require-hashes --no-deps -r requirements.lock" in text
    assert re.search(r"^USER (?!root|0)\w+$", text, re.MULTILINE)
    assert not re.search(r"^(ENV|ARG).*(KEY|SECRET|PASSWORD)", text, re.MULTILINE)


@pytest.mark.parametrize("path", ["README.md", "pipeline/report/printing.py", "pipeline/doctor.py"])
def test_the_image_brings_what_readme_and_doctor_ask_for(path: str) -> None:
    asked = re.findall(r"Debian: `?apt-get install ([\w .-]+)", (CHECKOUT / path).read_text(encoding="utf-8"))
    # The first line of the README is for everybody, the next for those who run the tests.
    packages = asked[0].split()
    assert packages
    assert set(packages) <= set(read("Dockerfile").split())


def test_the_image_is_given_all_that_the_program_reads_and_no_home() -> None:
    copied = {Path(source).parts[0] for source in re.findall(r"^COPY (.+) \S+$", read("Dockerfile"), re.MULTILINE)
              for source in source.split()}  # fmt: skip
    assert {"pipeline", "dags", "schemas", "reports", "airflow.cfg"} <= copied
    allowed = [line for line in read("Dockerfile.dockerignore").splitlines() if line.startswith("!")]
    assert read("Dockerfile.dockerignore").splitlines()[1] == "*"
    sources = {
        source
        for line in re.findall(r"^COPY (.+) \S+$", read("Dockerfile"), re.MULTILINE)
        for source in line.split()
    }
    assert {line.removeprefix("!") for line in allowed} == sources


def test_the_lock_of_the_image_is_that_of_the_program() -> None:
    def versions(text: str) -> dict[str, str]:
        return dict(re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^ ;]+)", text, re.MULTILINE))

    whole = versions((CHECKOUT / "requirements.lock").read_text(encoding="utf-8"))
    image = versions(read("requirements.lock"))
    assert {"celery", "apache-airflow", "setuptools"} <= set(image)
    assert {name: version for name, version in image.items() if whole.get(name) != version} == {}
    assert "pytest" not in image


def test_heavy_tasks_have_a_pool_of_their_own_on_several_machines() -> None:
    from pipeline.airflow_env import HEAVY_POOL_VARIABLE, _queue_variables

    pools = json.loads(read("pools.json"))
    chosen = _queue_variables({"JAWABDEHI_QUEUE_URL": "redis://:made-up@queue:6379/0"})
    assert chosen[HEAVY_POOL_VARIABLE] in pools
    assert HEAVY_POOL_VARIABLE not in _queue_variables({})
