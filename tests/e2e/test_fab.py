"""The desk under Airflow's auth manager for several users (FAB): real accounts, each in its role and no further."""

import re
import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import expect

from pipeline.settings import CHECKOUT
from tests.browser.chromium import open_browser
from tests.e2e.running import (
    Installation,
    address_of,
    log_in,
    make_environment,
    read_passwords,
    start_up,
)

pytestmark = pytest.mark.e2e

ACCOUNTS = {"vani": "viewer", "ravi": "reviewer", "meera": "approver", "asha": "admin"}
FAB = "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager"
SCRIPT = CHECKOUT / "deploy" / "fab_accounts.py"

EDITION = "/editions/JWB-2026-10-e1"
LEAST = {
    ("GET", "/"): "viewer",
    ("GET", "/coverage"): "viewer",
    ("GET", "/coverage/2026-10/UTTHAN"): "viewer",
    ("GET", "/slips/UTTHAN-2026-10-0123456789abcdef"): "viewer",
    ("GET", "/static/desk.css"): "viewer",
    ("GET", "/openapi.json"): "viewer",
    ("GET", "/editions"): "viewer",
    ("GET", EDITION): "viewer",
    ("GET", f"{EDITION}/pages/IN/report.en.html"): "viewer",
    ("GET", "/review"): "reviewer",
    ("GET", "/review/00000000"): "reviewer",
    ("POST", "/review/00000000/decision"): "reviewer",
    ("POST", "/review/00000000/undo"): "reviewer",
    ("GET", f"{EDITION}/audit"): "approver",
    ("POST", f"{EDITION}/approval"): "approver",
    ("POST", f"{EDITION}/rejection"): "approver",
    ("POST", f"{EDITION}/consents"): "approver",
    ("POST", "/runs/collection"): "approver",
    ("POST", "/runs/draft"): "approver",
}
"""The least role for each address of the desk."""


def make_accounts(environment: dict[str, str], *accounts: str) -> str:
    run = subprocess.run(
        [sys.executable, SCRIPT, *accounts], env=environment, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    pytest.importorskip("airflow.providers.fab")
    return make_environment(tmp_path_factory.mktemp("fab") / "home", AIRFLOW__CORE__AUTH_MANAGER=FAB)


@pytest.fixture(scope="module")
def installation(environment: dict[str, str]) -> Iterator[Installation]:
    with start_up(environment) as (process, told):
        assert read_passwords(told) == {}
        said = make_accounts(environment, *(f"{name}:{role}" for name, role in ACCOUNTS.items()))
        passwords = read_passwords(said)
        address = address_of(environment)
        api = log_in(address, "asha", passwords["asha"])
        yield Installation(environment["JAWABDEHI_HOME"], process, address, passwords, api)


@pytest.mark.parametrize("user", ACCOUNTS)
def test_each_account_reaches_what_its_role_allows_and_gets_403_for_the_rest(installation, user: str) -> None:
    headers = {"Authorization": installation.log_in(user).headers["Authorization"]}
    roles = list(ACCOUNTS.values())
    with httpx.Client(base_url=f"{installation.address}/jawabdehi", headers=headers, timeout=30) as desk:
        described = desk.get("/openapi.json").raise_for_status().json()["paths"]
        assert sum(map(len, described.values())) == len(LEAST) - 1
        for (method, path), role in LEAST.items():
            may = roles.index(ACCOUNTS[user]) >= roles.index(role)
            answer = desk.request(method, path)
            assert (answer.status_code != 403) == may, (user, path, answer.status_code)
            assert answer.status_code < 500, path


def test_only_approvers_may_answer_in_airflow_itself(installation) -> None:
    answer = {"chosen_options": ["Approve"], "params_input": {}}
    for user, may in {"vani": False, "ravi": False, "meera": True, "asha": True}.items():
        api = installation.log_in(user)
        said = api.patch(installation.ask_about("made_up"), json=answer)
        assert said.status_code == (404 if may else 403), (user, said.text)
        # Neither may they give themselves more.
        assert user == "asha" or api.get("/variables").status_code == 403
        assert user == "asha" or api.get("/connections").status_code == 403


def test_fabs_own_roles_do_not_open_the_desk(installation, environment) -> None:
    assert installation.log_in("asha").get("/version").is_success
    made = installation.api.post(
        f"{installation.address}/auth/fab/v1/users",
        json={
            "username": "olga",
            "first_name": "Olga",
            "last_name": "-",
            "email": "olga@localhost.invalid",
            "roles": [{"name": "Op"}],
            "password": "a made-up password",
        },
    )
    assert made.is_success, made.text
    token = log_in(installation.address, "olga", "a made-up password").headers["Authorization"]
    for method, path in LEAST:
        answer = httpx.request(
            method, f"{installation.address}/jawabdehi{path}", headers={"Authorization": token}
        )
        assert answer.status_code == 403, path


def test_a_second_run_of_the_script_changes_nothing(installation, environment) -> None:
    said = make_accounts(environment, "meera:viewer")
    assert "its role and password stay as they are" in said
    assert read_passwords(said) == {}
    log_in(installation.address, "meera", installation.passwords["meera"])
    wrong = subprocess.run(
        [sys.executable, SCRIPT, "meera:owner"], capture_output=True, text=True, check=False
    )
    assert wrong.returncode == 2
    assert "viewer, reviewer, approver, admin" in wrong.stderr


def test_a_person_logs_in_and_comes_to_the_desk(installation) -> None:
    with open_browser() as browser, browser.new_context(base_url=installation.address) as context:
        page = context.new_page()
        page.goto("/jawabdehi/review")
        expect(page.get_by_role("heading", name="Log in first")).to_be_visible()
        page.get_by_role("link", name="Log in").click()
        page.locator("input[name=username]").fill("ravi")
        page.locator("input[name=password]").fill(installation.passwords["ravi"])
        page.get_by_role("button", name=re.compile("sign in|log in", re.IGNORECASE)).or_(
            page.locator("input[type=submit]")
        ).click()
        page.wait_for_url(lambda url: "/auth/login" not in url)
        page.goto("/jawabdehi/review")
        expect(page.get_by_text("No pair waits for a reviewer.")).to_be_visible()
        expect(page.get_by_text("ravi, reviewer")).to_be_visible()
