"""The real thing, as `jawabdehi up` starts it: returns go in, people log in with a browser, review a pair, and let an
edition through."""

import csv
import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import jwt
import psutil
import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, Page, expect

from pipeline.server import ensure_server
from pipeline.settings import read_settings
from tests.browser.chromium import open_browser
from tests.conftest import make_report, spread_reports
from tests.e2e.listening import Heard, listen
from tests.e2e.running import Installation, make_environment, run_up, wait_for
from tests.fakes.mail import Mailbox, run_mail_server, text_of

pytestmark = pytest.mark.e2e

MONTH, EDITION = "2026-10", "JWB-2026-10-e1"
USERS = {"vani": "viewer", "ravi": "user", "meera": "op", "admin": "admin"}
CANARY = "Made-up words that only a reviewer may see"
PURGED = ("office", "case_token", "narrative", "recorder")
PHONE = {"width": 390, "height": 800}


@pytest.fixture(scope="module")
def heard() -> Iterator[Heard]:
    """A program that metrics are sent to."""
    with listen() as heard:
        yield heard


@pytest.fixture(scope="module")
def mailbox() -> Iterator[Mailbox]:
    """A mail server that notices are sent to."""
    with run_mail_server() as box:
        yield box


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory, heard: Heard, mailbox: Mailbox) -> dict[str, str]:
    users = ",".join(f"{name}:{role}" for name, role in USERS.items())
    return make_environment(
        tmp_path_factory.mktemp("desk") / "home",
        JAWABDEHI_USERS=users,
        JAWABDEHI_NOTIFY="team@example.invalid",
        AIRFLOW_CONN_SMTP_DEFAULT=mailbox.address,
        **heard.variables,
    )


@pytest.fixture(scope="module")
def installation(environment: dict[str, str]) -> Iterator[Installation]:
    with run_up(environment) as installation:
        send_returns(installation.home / "inbox")
        yield installation


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as browser:
        yield browser


def send_returns(inbox: Path) -> None:
    """Send a month with one doubtful pair, figures that wait for a consent, and one return that cannot be read."""
    returns = spread_reports("S")
    alike = {"case_token": "", "district": "309", "office": "Model Thana No. 3", "recorder": "recorder-77"}
    returns["UTTHAN"].append(make_report("U-1", narrative=f"{CANARY}, she waited three days.", **alike))
    returns["BIHAAN"].append(make_report("B-1", narrative=f"{CANARY}, no paper was given.", **alike))
    returns["UTTHAN"] += [make_report(f"L-{n}", state="IN-UP", office=f"Thana No. {n}") for n in range(20)]
    for collective, reports in returns.items():
        folder = inbox / collective
        folder.mkdir(parents=True)
        with (folder / f"{MONTH}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(dict.fromkeys(name for report in reports for name in report)))
            writer.writeheader()
            writer.writerows(reports)
    (inbox / "VIJETA").mkdir()
    (inbox / "VIJETA" / f"{MONTH}.xlsx").write_bytes(b"This is no workbook.")


@contextmanager
def at_the_desk(browser: Browser, installation: Installation, user: str, **options: object) -> Iterator[Page]:
    """Log a user in as a person does, and open a page."""
    with browser.new_context(base_url=installation.address, **options) as context:
        page = context.new_page()
        page.goto("/jawabdehi/coverage")
        expect(page.get_by_text("Log in to Airflow first.")).to_be_visible()
        page.get_by_role("link", name="Log in").click()
        page.locator("input[name=username]").fill(user)
        page.locator("input[name=password]").fill(installation.passwords[user])
        page.get_by_role("button", name=re.compile("sign in|log in", re.IGNORECASE)).click()
        page.wait_for_url(lambda url: "/auth/login" not in url)
        yield page


def take_month_in(installation: Installation, page: Page) -> None:
    before = {run["dag_run_id"] for run in installation.runs("collect_returns")}
    page.goto("/jawabdehi/coverage")
    page.get_by_role("button", name="Collect returns now").click()
    expect(page.get_by_text("Returns are being collected.")).to_be_visible()
    (collecting,) = {run["dag_run_id"] for run in installation.runs("collect_returns")} - before
    wait_for("The returns", lambda: installation.run_ended("collect_returns", collecting), seconds=180)
    linking = wait_for("Linking", lambda: installation.runs("link_incidents"), seconds=60)[0]
    assert (linking["run_type"], linking["partition_key"]) == ("asset_triggered", MONTH)
    wait_for(
        "The incidents", lambda: installation.run_ended("link_incidents", linking["dag_run_id"]), seconds=120
    )


def ask_for_first_draft(page: Page) -> None:
    page.get_by_role("link", name="Editions").click()
    page.get_by_label("Month").fill(MONTH)
    page.get_by_role("button", name="Make the draft").click()
    expect(page.get_by_text("The draft is being made.")).to_be_visible()


def record_the_letter_and_ask_for_another_draft(page: Page, letter: Path) -> None:
    page.goto(f"/jawabdehi/editions/{EDITION}")
    page.get_by_label("Collective").select_option("UTTHAN")
    page.get_by_label("The signed letter, as a scan or a photo").set_input_files(letter)
    page.get_by_role("button", name="Record the letter").click()
    expect(page.get_by_label("Collective").locator("option[value=UTTHAN]")).to_have_count(0)
    page.get_by_role("button", name="Make the draft anew").click()
    expect(page.get_by_text("The draft is being made.")).to_be_visible()


def wait_for_draft(installation: Installation, before: set[str]) -> str:
    """Return the run that makes a draft, begun since, once it waits for approval."""
    (issuing,) = {run["dag_run_id"] for run in installation.runs("issue_monthly_report")} - before

    def waits() -> bool:
        states = installation.task_states("issue_monthly_report", issuing)
        assert "failed" not in states.values(), states
        return states["approve"] == "awaiting_input"

    wait_for("The draft", waits, seconds=420)
    question = installation.api.get(installation.ask_about(issuing)).raise_for_status().json()
    assert (question["subject"], question["defaults"]) == (f"Publish edition {EDITION}?", ["Reject"])
    assert (installation.home / "drafts" / EDITION / "manifest.json").is_file()
    assert not (installation.home / "published").exists()
    return issuing


def look_at_coverage(page: Page, pictures: Path) -> None:
    expect(page.get_by_role("heading", name="Coverage")).to_be_visible()
    page.screenshot(path=pictures / "coverage.png", full_page=True)
    page.get_by_role("link", name="waiting (returns of VIJETA for 2026-10)").click()
    expect(page.get_by_text("rejected")).to_be_visible()
    page.get_by_role("link", name=re.compile("VIJETA-2026-10")).click()
    expect(page.get_by_role("heading").first).to_be_visible()
    page.goto("/jawabdehi/review")
    expect(page.get_by_text("Ask an administrator for the role reviewer.")).to_be_visible()


def review_the_pair(page: Page, pictures: Path) -> None:
    page.get_by_role("link", name="Review").click()
    expect(page.get_by_text("1 pair waits")).to_be_visible()
    page.get_by_role("link", name=re.compile("UTTHAN U-1")).click()
    expect(page.get_by_text(f"{CANARY}, she waited three days.")).to_be_visible()
    assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")
    page.screenshot(path=pictures / "pair.png", full_page=True)
    page.get_by_role("button", name="One incident").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Both reports tell of one incident; the pair is settled.")).to_be_visible()
    page.get_by_role("button", name="Take my decision back").click()
    page.get_by_role("link", name=re.compile("UTTHAN U-1")).click()
    page.get_by_role("button", name="One incident").click()
    expect(page.get_by_text("No pair waits for a reviewer.")).to_be_visible()


def reject_the_edition(page: Page, pictures: Path) -> None:
    page.get_by_role("link", name="Editions").click()
    page.get_by_role("link", name=EDITION).click()
    expect(page.get_by_text(re.compile(r"UTTHAN: \d+ figures"))).to_be_visible()
    page.screenshot(path=pictures / "edition.png", full_page=True)
    page.get_by_label("Why it is not to be published").fill("The consent of UTTHAN is missing.")
    page.get_by_role("button", name="Reject").click()


def approve_the_edition(page: Page) -> None:
    page.goto(f"/jawabdehi/editions/{EDITION}")
    expect(page.get_by_text("No figure waits for a consent.")).to_be_visible()
    page.get_by_text(re.compile(r"Pages of \d+ places")).click()
    page.get_by_role("link", name=re.compile("report.en.html of India")).click()
    expect(page.get_by_role("heading").first).to_be_visible()
    page.go_back()
    page.get_by_role("button", name="Approve and publish").click()


def test_a_month_goes_from_returns_to_an_edition_at_the_desk(
    browser: Browser, installation: Installation, mailbox: Mailbox, tmp_path: Path
) -> None:
    with at_the_desk(browser, installation, "meera") as page:
        take_month_in(installation, page)
    with at_the_desk(browser, installation, "vani") as page:
        look_at_coverage(page, tmp_path)
    with at_the_desk(browser, installation, "ravi", viewport=PHONE) as page:
        review_the_pair(page, tmp_path)

    scheduled = {run["dag_run_id"] for run in installation.runs("issue_monthly_report")}
    with at_the_desk(browser, installation, "meera") as page:
        ask_for_first_draft(page)
        first = wait_for_draft(installation, scheduled)
        reject_the_edition(page, tmp_path)
        wait_for("The end", lambda: installation.run_ended("issue_monthly_report", first), seconds=60)
        assert not (installation.home / "published").exists()
        letter = tmp_path / "signed letter.pdf"
        letter.write_bytes(b"A made-up signed letter.")
        record_the_letter_and_ask_for_another_draft(page, letter)
        second = wait_for_draft(installation, {*scheduled, first})

    # A reviewer may not answer, not in Airflow's own interface either.
    answer = {"chosen_options": ["Approve"], "params_input": {}}
    refused = installation.log_in("ravi").patch(installation.ask_about(second), json=answer)
    assert refused.status_code == 403
    look_at_notices(installation, mailbox, second)
    with at_the_desk(browser, installation, "meera") as page:
        approve_the_edition(page)
        wait_for("The edition", lambda: installation.run_ended("issue_monthly_report", second), seconds=120)
        page.reload()
        expect(page.get_by_text("Published; approved by meera")).to_be_visible()
    approval = installation.home / "published" / MONTH / "e1" / "approval.json"
    assert '"meera"' in approval.read_text(encoding="utf-8")


def look_at_notices(installation: Installation, mailbox: Mailbox, waiting: str) -> None:
    """Let the digest come, and the deadline of the run that waits for approval pass."""
    # This morning's digest may have come while the month was carried along.
    before = len(mailbox.mails)
    watching = installation.start_run("watch_coverage", {})
    wait_for("The digest", lambda: installation.run_ended("watch_coverage", watching), seconds=120)
    settings = read_settings({"JAWABDEHI_HOME": str(installation.home)})
    engine = sa.create_engine(ensure_server(settings).airflow, poolclass=sa.NullPool)
    with engine.begin() as connection:
        passed = "UPDATE deadline SET deadline_time = now() - interval '1 minute' WHERE dagrun_id = "
        of_run = "(SELECT id FROM dag_run WHERE run_id = :run)"
        assert connection.execute(sa.text(passed + of_run), {"run": waiting}).rowcount == 1
    wait_for("The notice of the deadline", lambda: len(mailbox.mails) >= before + 2, seconds=120)
    digest, deadline = (text_of(mail) for _, mail in mailbox.mails[before : before + 2])
    assert "The draft of October 2026 waits for approval." in digest
    assert "1 return rejected in the last seven days" in digest
    assert f"The run that issues the report of {MONTH} began" in deadline
    assert [word for word in ("UTTHAN", "VIJETA", CANARY, "U-1") if word in digest + deadline] == []


def test_airflow_keeps_nothing_of_a_report(installation: Installation) -> None:
    values = set()
    for path in (installation.home / "inbox").glob("*/*.csv"):
        with path.open(encoding="utf-8", newline="") as lines:
            values |= {row[name] for row in csv.DictReader(lines) for name in PURGED if len(row[name]) >= 8}
    assert len(values) > 100

    kept = [path.read_text(errors="replace") for path in (installation.home / "airflow").rglob("*.log")]
    settings = read_settings({"JAWABDEHI_HOME": str(installation.home)})
    engine = sa.create_engine(ensure_server(settings).airflow, poolclass=sa.NullPool)
    with engine.connect() as connection:
        for table in sa.inspect(connection).get_table_names():
            rows = connection.execute(sa.select(sa.text("*")).select_from(sa.table(table)))
            kept += [str(tuple(row)) for row in rows]
    assert "take_in" in "".join(kept)
    assert "/jawabdehi/review" in "".join(kept)
    assert [value for value in values if value in "\n".join(kept)] == []


def test_every_address_asks_for_a_login_and_a_role(installation: Installation) -> None:
    viewer, reviewer, approver = (
        installation.log_in(name).headers["Authorization"] for name in USERS if name != "admin"
    )
    nobody = (
        None,
        "Bearer made.up.token",
        forge(viewer, key="x" * 64),
        expire(viewer, installation.home),
        viewer[:-2],
    )
    with httpx.Client(base_url=f"{installation.address}/jawabdehi", timeout=30) as desk:
        described = (
            desk.get("/openapi.json", headers={"Authorization": viewer}).raise_for_status().json()["paths"]
        )
        assert len(described) >= 12
        for path, methods in described.items():
            address = re.sub(r"\{[a-z_]+\}", "00000000", path)
            if path == "/health":
                assert desk.get(address).json() == {"status": "healthy"}
                continue
            for method in methods:
                for token in nobody:
                    answer = ask(desk, method, address, token)
                    assert answer.status_code in {401, 403}, (path, token)
                    assert answer.headers["cache-control"] == "no-store"
                    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
                for token, least in ((viewer, "/review/"), (reviewer, "/editions/{edition_id}/a")):
                    if (method == "post" and token == viewer) or path.startswith(least):
                        assert ask(desk, method, address, token).status_code == 403, path
                assert ask(desk, method, address, approver).status_code not in {401, 403, 500}, path
            assert ask(desk, "delete", address, approver).status_code == 405, path


def ask(desk: httpx.Client, method: str, address: str, token: str | None) -> httpx.Response:
    return desk.request(method, address, headers={"Authorization": token} if token else {})


def expire(token: str, home: Path) -> str:
    """Return a token like this one that the installation itself signed, and that is over."""
    return forge(token, key=(home / "secrets" / "jwt_secret").read_text().strip(), seconds=-60)


def forge(token: str, *, key: str, seconds: int = 600) -> str:
    """Return a token with the claims of this one, signed with another key or for another time."""
    text = token.removeprefix("Bearer ")
    claims = jwt.decode(text, options={"verify_signature": False}) | {"exp": int(time.time()) + seconds}
    return f"Bearer {jwt.encode(claims, key, algorithm=jwt.get_unverified_header(text)['alg'])}"


def test_a_token_of_this_kind_would_be_taken_in_its_time(installation: Installation) -> None:
    viewer = installation.log_in("vani").headers["Authorization"]
    key = (installation.home / "secrets" / "jwt_secret").read_text().strip()
    own = {"Authorization": forge(viewer, key=key)}
    assert httpx.get(f"{installation.address}/jawabdehi/coverage", headers=own).status_code == 200


def test_health_says_to_members_what_was_looked_at(installation: Installation) -> None:
    viewer = {"Authorization": installation.log_in("vani").headers["Authorization"]}
    found = httpx.get(f"{installation.address}/jawabdehi/health", headers=viewer).json()
    assert found["status"] == "healthy"
    assert found["checks"].keys() == {"disk", "keys", "database", "collection"}
    assert "never" not in found["checks"]["collection"]["says"]


def test_logs_are_one_object_a_line(installation: Installation) -> None:
    lines = [
        (path.name, line)
        for path in (installation.home / "airflow").rglob("*.log")
        for line in path.read_text(errors="replace").splitlines()
        if line.strip()
    ]
    assert len(lines) > 100
    assert [(name, line) for name, line in lines if not is_object(line)] == []


def is_object(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


def test_metrics_tell_the_state_of_the_month(installation: Installation, heard: Heard) -> None:
    told = heard.newest
    assert told["jawabdehi.returns.stored"] == 2
    assert told["jawabdehi.returns.rejected"] == 1
    assert told["jawabdehi.rows.counted"] == 175
    assert ("jawabdehi.review.pairs", 1.0, "g") in heard.own
    assert told["jawabdehi.review.pairs"] == 0
    assert told["jawabdehi.hidden.primary"] > told["jawabdehi.hidden.complementary"]
    assert told["jawabdehi.step.take_in_return.done"] > 0
    everything = "\n".join(heard.datagrams)
    assert [name for name in (CANARY, "UTTHAN", "VIJETA", *USERS) if name in everything] == []


@pytest.mark.parametrize("size", [PHONE, {"width": 1280, "height": 800}], ids=["phone", "desktop"])
def test_the_menu_of_airflow_leads_to_the_desk(
    browser: Browser, installation: Installation, tmp_path: Path, size: dict[str, int]
) -> None:
    with at_the_desk(browser, installation, "ravi", viewport=size) as page:
        complaints: list[str] = []
        page.context.on("console", lambda message: complaints.append(message.text))
        page.goto("/")
        page.get_by_text("Plugins").first.click()
        page.get_by_role("menuitem", name="Jawabdehi").click()
        page.screenshot(path=tmp_path / "menu.png")
        # The desk opens in a window of its own, not within Airflow's page.
        with page.expect_popup() as opened:
            page.get_by_role("menuitem", name="Review").click()
        expect(opened.value.get_by_role("heading", name="Review", exact=True)).to_be_visible()
        opened.value.screenshot(path=tmp_path / "opened.png")
        assert [text for text in complaints if "Content Security Policy" in text] == []


def test_the_desk_stands_within_a_page_of_airflow_and_of_nobody_else(
    browser: Browser, installation: Installation
) -> None:
    with at_the_desk(browser, installation, "ravi") as page:
        frame = f"<iframe src='{installation.address}/jawabdehi/coverage'></iframe>"
        for origin, may in ((f"{installation.address}/made_up", True), ("http://127.0.0.1:9/made_up", False)):
            page.route(origin, lambda route: route.fulfill(body=frame, content_type="text/html"))
            page.goto(origin)
            heading = page.frame_locator("iframe").get_by_role("heading", name="Coverage")
            page.wait_for_timeout(2_000)
            assert heading.is_visible() == may, origin


def test_all_of_airflow_ends_with_it(installation: Installation) -> None:
    family = psutil.Process(installation.process.pid).children(recursive=True)
    assert len(family) >= 4
    installation.process.terminate()
    assert installation.process.wait(90) == 0
    assert [member for member in family if member.is_running()] == []
