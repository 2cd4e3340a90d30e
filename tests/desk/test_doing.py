"""What members set going at the desk: returns are collected, drafts made anew, letters of consent recorded."""

import hashlib
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Request
from starlette.testclient import TestClient

from pipeline import jobs
from pipeline.desk.forms import FormSeal
from pipeline.desk.gate import Member, Role
from tests.desk.conftest import DRAFTED, Furnished, serve
from tests.desk.made_up_gate import KEY, MadeUpGate

MEERA = {"x-member": "Meera:approver"}
TOKEN = FormSeal(KEY).make(Member("Meera", Role.APPROVER))
LETTER = b"A made-up signed letter of the Made-up Canary."


def at_the_desk(furnished: Furnished, gate: MadeUpGate) -> TestClient:
    return TestClient(furnished.open_desk(gate), headers=MEERA, follow_redirects=False)


@pytest.mark.parametrize(
    ("path", "fields", "started", "page"),
    [
        ("/runs/collection", {}, ("collect_returns", {}), "/coverage"),
        ("/runs/draft", {"month": "2026-10"}, ("issue_monthly_report", {"month": "2026-10"}), "/editions"),
    ],
)
def test_a_run_is_started_in_the_name_of_the_member_and_the_page_says_so(
    furnished, path, fields, started, page
) -> None:
    gate = MadeUpGate()
    desk = at_the_desk(furnished, gate)
    answer = desk.post(path, data=fields | {"token": TOKEN})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{page}?begun=1")
    assert gate.started == [started]
    assert 'role="status"' in desk.get(answer.headers["location"]).text
    assert 'role="status"' not in desk.get(page).text


def test_a_run_that_airflow_does_not_start_is_told_of(furnished) -> None:
    gate = MadeUpGate()
    gate.starts = False
    answer = at_the_desk(furnished, gate).post("/runs/collection", data={"token": TOKEN})
    assert answer.status_code == 409
    assert "Airflow did not start it" in answer.text


def consents_of(furnished: Furnished) -> list[str]:
    return [line for line in jobs.list_consents(furnished.settings, "2026-10") if line.startswith("UTTHAN")]


def test_a_letter_is_fingerprinted_in_the_browser_and_never_sent(
    fresh: Furnished, browser: Browser, tmp_path: Path
) -> None:
    assert consents_of(fresh)[0].endswith("not given")
    scan = tmp_path / "signed by the Made-up Canary.pdf"
    scan.write_bytes(LETTER)
    sent: list[Request] = []
    with serve(fresh.open_desk()) as origin, browser.new_context(extra_http_headers=MEERA) as context:
        page = context.new_page()
        page.on("request", lambda request: sent.append(request))  # noqa: PLW0108 (its handler has to take marks)
        page.goto(f"{origin}/editions/{DRAFTED}")
        page.get_by_label("Collective").select_option("UTTHAN")
        page.get_by_label("The signed letter, as a scan or a photo").set_input_files(scan)
        page.get_by_role("button", name="Record the letter").click()
        page.wait_for_url(f"{origin}/editions/{DRAFTED}")
        page.get_by_role("heading", name="Consents").wait_for()
    (posted,) = [request for request in sent if request.method == "POST"]
    assert hashlib.sha256(LETTER).hexdigest() in str(posted.post_data)
    assert "Canary" not in str(posted.post_data)
    assert "recorded by Meera" in consents_of(fresh)[0]


def test_a_letter_that_is_the_form_itself_or_empty_is_refused(fresh: Furnished, tmp_path: Path) -> None:
    form = tmp_path / "form.txt"
    jobs.write_consent_form(fresh.settings, "UTTHAN", "2026-10", form)
    for content, sentence in ((form.read_bytes(), "without a signature"), (b"", "is empty")):
        fields = {"collective": "UTTHAN", "letter": hashlib.sha256(content).hexdigest(), "token": TOKEN}
        answer = at_the_desk(fresh, MadeUpGate()).post(f"/editions/{DRAFTED}/consents", data=fields)
        assert (answer.status_code, sentence in answer.text) == (422, True)
    assert consents_of(fresh)[0].endswith("not given")


def test_without_scripts_the_page_says_how_a_letter_is_recorded(furnished, browser: Browser) -> None:
    options = {"extra_http_headers": MEERA, "java_script_enabled": False}
    with serve(furnished.open_desk()) as origin, browser.new_context(**options) as context:
        page = context.new_page()
        page.goto(f"{origin}/editions/{DRAFTED}")
        assert page.get_by_text("jawabdehi consent give").is_visible()
        assert not page.get_by_label("The signed letter, as a scan or a photo").is_visible()
