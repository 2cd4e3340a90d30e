"""The desk's pages over HTTP: who may see what, decisions through forms, and nothing that stays behind."""

import re
from dataclasses import replace
from html import unescape

import pytest
from starlette.testclient import TestClient

from pipeline import jobs
from pipeline.desk.app import make_desk
from pipeline.desk.review import router as review_router
from pipeline.link.resolve import name_reports
from pipeline.link.review import name_pair
from pipeline.store.database import connect
from pipeline.store.ledger import check_chain
from tests.desk.made_up_gate import KEY, MadeUpGate

pytestmark = pytest.mark.usefixtures("linker")

CANARY = "Made-up words that only a reviewer may see"
EDITION = "JWB-2026-10-e1"


class Desk:
    """A browser at the desk of one installation."""

    def __init__(self, settings, gate: MadeUpGate) -> None:
        desk = make_desk(settings, gate, key=KEY, login="/auth/login")
        self.gate, self.client = gate, TestClient(desk, raise_server_exceptions=False, follow_redirects=False)

    def get(self, address: str, member: str = "Asha:reviewer"):
        return self.client.get(address, headers={"x-member": member})

    def read(self, address: str, member: str = "Asha:reviewer") -> str:
        answer = self.get(address, member)
        assert answer.status_code == 200, answer.text
        return unescape(answer.text)

    def send(self, page: str, action: str, member: str = "Asha:reviewer", **fields: str):
        """Send a form of a page as a browser would, with its hidden fields."""
        found = self.read(page, member)
        (form,) = (
            form for form in re.findall(r"<form.*?</form>", found, re.DOTALL) if f'action="{action}"' in form
        )
        hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))
        headers = {"x-member": member, "sec-fetch-site": "same-origin"}
        return self.client.post(action, data=hidden | fields, headers=headers)


@pytest.fixture
def gate() -> MadeUpGate:
    return MadeUpGate()


@pytest.fixture
def desk(october, gate) -> Desk:
    jobs.prepare(october.settings)
    return Desk(october.settings, gate)


@pytest.fixture
def doubtful(october, make_report) -> str:
    """The name of a doubtful pair, which tells the same but for the district."""
    october.send_reports(
        "UTTHAN",
        make_report("A", office="doubt 1", narrative=f"{CANARY} A.", resolution="open"),
        make_report("B", office="doubt 1", narrative=f"{CANARY} B.", resolution="resolved"),
    )
    october.collect()
    return name_pair(tuple(sorted(name_reports(["UTTHAN", "UTTHAN"], ["A", "B"]))))


def test_coverage_tells_who_has_filed_and_leads_to_the_slip(desk, october, doubtful) -> None:
    page = desk.read("/coverage?months=3")
    assert "Not filed, or not counted yet" in page
    assert ">late<" in page
    assert ">2 counted<" in page
    assert CANARY not in page
    filing = desk.read("/coverage/2026-10/UTTHAN", "Ravi:viewer")
    (address,) = re.findall(r'href="(/slips/[^"]+)"', filing)
    slip = desk.get(address, "Ravi:viewer")
    assert slip.status_code == 200
    assert slip.headers["content-type"].startswith("text/html")
    assert CANARY not in slip.text
    assert desk.get("/coverage/2026-10/NOBODY").status_code == 404
    assert desk.get("/slips/UTTHAN-2026-10-0000000000000000").status_code == 404


def test_a_pair_is_decided_and_taken_back_through_its_forms(desk, october, doubtful) -> None:
    assert doubtful in desk.read("/review")
    assert CANARY not in desk.read("/review")
    page = desk.read(f"/review/{doubtful}")
    assert f"{CANARY} A." in page
    assert f"{CANARY} B." in page
    differing = re.findall(r'class="differs">\s*<th scope="row">([^<]+)<span class="mark">', page)
    assert differing == ["Resolution", "Case token"]
    done = desk.send(f"/review/{doubtful}", f"/review/{doubtful}/decision", answer="same")
    assert (done.status_code, done.headers["location"]) == (303, f"/review?after={doubtful}")
    after = desk.read(done.headers["location"])
    assert "Both reports tell of one incident; the pair is settled." in after
    assert "No pair waits for a reviewer." in after
    assert october.incidents() == ["A B"]
    undone = desk.send(done.headers["location"], f"/review/{doubtful}/undo")
    assert undone.status_code == 303
    assert len(october.incidents()) == 2
    with connect(october.settings.database_url) as engine, engine.begin() as connection:
        check_chain(connection)


def test_under_double_review_the_second_reviewer_decides_alone(october, gate, doubtful) -> None:
    desk = Desk(replace(october.settings, review_double=True), gate)
    decision = f"/review/{doubtful}/decision"
    desk.send(f"/review/{doubtful}", decision, "Asha:reviewer", answer="same")
    seen = desk.read(f"/review/{doubtful}", "Ravi:reviewer")
    assert "Asha" in seen
    assert "one incident" not in seen.split("<ul>")[1].split("</ul>")[0]
    assert "No decision of yours" in desk.read(f"/review?after={doubtful}", "Ravi:reviewer")
    desk.send(f"/review/{doubtful}", decision, "Ravi:reviewer", answer="same")
    assert "the pair is settled" in desk.read(f"/review?after={doubtful}", "Ravi:reviewer")


def test_a_form_of_another_origin_or_member_or_day_is_refused(desk, october, doubtful) -> None:
    page, address = desk.read(f"/review/{doubtful}"), f"/review/{doubtful}/decision"
    token = re.search(r'name="token" value="([^"]+)"', page)[1]
    for member, site, sent in (
        ("Ravi:reviewer", "same-origin", token),
        ("Asha:reviewer", "cross-site", token),
        ("Asha:reviewer", "same-site", token),
        ("Asha:reviewer", "same-origin", token[:-1]),
        ("Asha:reviewer", "same-origin", ""),
    ):
        headers = {"x-member": member, "sec-fetch-site": site}
        answer = desk.client.post(address, data={"token": sent, "answer": "same"}, headers=headers)
        assert answer.status_code in {403, 422}
    assert len(october.incidents()) == 2


def test_no_address_can_hold_anything_of_a_report() -> None:
    paths = {route.path for route in review_router.routes}
    assert paths == {"/review", "/review/{pair}", "/review/{pair}/decision", "/review/{pair}/undo"}


def test_an_edition_is_approved_by_its_seal_and_rejected_with_a_reason(desk, gate, collected) -> None:
    member = "Meera:approver"
    assert "No month has an edition yet." in desk.read("/editions", member)
    edition, seal = collected.draft(consents=())
    assert edition in desk.read("/editions", member)
    page = desk.read(f"/editions/{edition}", member)
    assert "This draft waits for approval." in page
    assert "small counts were tried, none can be found out." in page
    assert "not published" in page
    assert desk.read(f"/editions/{edition}/pages/IN/report.en.html", "Ravi:viewer")
    assert desk.get(f"/editions/{edition}/pages/static/report.css").status_code == 200
    assert "Your decision" not in desk.read(f"/editions/{edition}", "Asha:reviewer")

    rejection = f"/editions/{edition}/rejection"
    for reason in ("", " ", "Call 98765 43210", "x" * 301):
        refused = desk.send(f"/editions/{edition}", rejection, member, reason=reason)
        assert refused.status_code == 422
    assert gate.answers == []
    done = desk.send(f"/editions/{edition}", rejection, member, reason="The figures of Bihar look wrong.")
    assert done.status_code == 303
    assert desk.send(f"/editions/{edition}", f"/editions/{edition}/approval", member).status_code == 303
    assert gate.answers == [(edition, False), (edition, True)]

    gate.asks = False
    nothing = desk.send(f"/editions/{edition}", f"/editions/{edition}/approval", member)
    assert nothing.status_code == 409
    assert "Airflow does not ask you" in nothing.text
    jobs.publish_edition(collected.settings, edition, seal, "Meera")
    assert "approved by Meera" in desk.read(f"/editions/{edition}", member)
    stale = desk.client.post(
        f"/editions/{edition}/approval",
        data={"token": token_of(page), "seal": seal},
        headers={"x-member": member},
    )
    assert stale.status_code == 409


def token_of(page: str) -> str:
    return re.search(r'name="token" value="([^"]+)"', page)[1]


@pytest.mark.parametrize(
    "path",
    [
        "../../secrets/vault_key",
        "..%2f..%2fsecrets%2fvault_key",
        "%2e%2e/%2e%2e/secrets/vault_key",
        "/etc/passwd",
        "IN",
        "",
        "IN/%00",
    ],
)
def test_nothing_but_the_pages_of_a_draft_is_read_through_it(desk, collected, path: str) -> None:
    edition, _ = collected.draft(())
    answer = desk.get(f"/editions/{edition}/pages/{path}")
    assert answer.status_code in {404, 409, 422}


def test_whoever_alone_reviewed_a_month_may_not_approve_it(october, gate, doubtful) -> None:
    desk = Desk(october.settings, gate)
    approval = f"/editions/{EDITION}/approval"
    desk.send(f"/review/{doubtful}", f"/review/{doubtful}/decision", "Asha:approver", answer="apart")
    _, seal = october.draft()
    page = desk.read(f"/editions/{EDITION}", "Asha:approver")
    assert "another person has to approve it" in page
    refused = desk.client.post(
        approval, data={"token": token_of(page), "seal": seal}, headers={"x-member": "Asha:approver"}
    )
    assert refused.status_code == 409
    with pytest.raises(Exception, match="let another person approve"):
        jobs.publish_edition(october.settings, EDITION, seal, "Asha")
    assert desk.send(f"/editions/{EDITION}", approval, "Meera:approver").status_code == 303
    # One person alone may still work, where a setting says so.
    jobs.publish_edition(replace(october.settings, two_persons=False), EDITION, seal, "Asha")


def test_errors_and_misuse_say_what_to_do_and_repeat_nothing(desk, doubtful) -> None:
    for address in ("/nowhere", "/review/zzzzzzzz", "/coverage?months=none", f"/review?month={CANARY}"):
        answer = desk.get(address)
        assert answer.status_code in {404, 422}
        assert CANARY not in answer.text
        assert "zzzz" not in answer.text
