"""Thousands of made-up requests to every described address, in every role: nothing breaks, nothing is told.

Requests are made from the desk's own description (OpenAPI) by Schemathesis. Each is sent as it is, and once more
with the parts of addresses and forms that this installation really has, so that what lies behind them is reached.
"""

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.specs.openapi.checks import positive_data_acceptance

from pipeline.desk.forms import FormSeal
from pipeline.desk.gate import Member, Role
from tests.desk.conftest import DRAFTED, PUBLISHED, Furnished
from tests.desk.made_up_gate import KEY, ROLES
from tests.desk.test_refusals import TELLTALE, assert_guarded

pytestmark = pytest.mark.e2e

MORE_RULES = {"rejection": [positive_data_acceptance], "consents": [positive_data_acceptance]}
"""Addresses with rules that no description can hold: a reason that may name somebody, a letter that nobody signed."""

EXAMPLES = 25
"""Requests to each address in each role and manner, beside those at the edges of what it takes."""

PATIENCE = 300
"""Seconds to wait for an answer on a busy machine: how quick the desk is, is not looked at here."""


@dataclass
class Fuzzed:
    """One member at the desk of one installation."""

    furnished: Furnished
    desk: FastAPI
    role: str
    sent: int = 0
    reached: int = 0

    @property
    def headers(self) -> dict[str, str]:
        return {"x-member": f"Ravi:{self.role}"} if self.role else {}

    def fill(self, case: schemathesis.Case) -> None:
        """Put what this installation has into the parts of an address and the fields of a form."""
        turn = self.sent % 4
        values = {
            "month": ("2026-10", "2026-09")[turn % 2],
            "collective": ("UTTHAN", "VIJETA")[turn % 2],
            "return_id": self.furnished.slips[turn % len(self.furnished.slips)],
            "pair": (*self.furnished.pairs, self.furnished.decided)[turn % (1 + len(self.furnished.pairs))],
            "edition_id": (DRAFTED, PUBLISHED)[turn % 2],
            "page": ("IN/report.en.html", "figures.csv", "static/report.css", "manifest.json")[turn],
        }
        case.path_parameters = {
            name: values.get(name, value) for name, value in (case.path_parameters or {}).items()
        }
        if isinstance(case.body, dict) and self.role:
            seal = FormSeal(KEY).make(Member("Ravi", Role[self.role.upper()]))
            case.body |= {"token": seal, "seal": self.furnished.seal}

    def judge(self, answer: Any, planted: set[str]) -> None:
        """See that an answer tells nothing that it should not."""
        where = f"{answer.request.method} {answer.request.url} as {self.role or 'nobody'}"
        text = answer.text
        assert answer.status_code < 500, where
        is_open_pair = answer.status_code == 200 and re.search(
            r"/review/[0-9a-f]{8}(\?|$)", answer.request.url
        )
        assert is_open_pair or not [value for value in self.furnished.sealed_values if value in text], where
        assert not TELLTALE.search(text), where
        assert not [value for value in planted if value in text], where
        assert_guarded(
            httpx.Headers([(name, value) for name, values in answer.headers.items() for value in values]),
            where,
        )
        self.sent += 1
        self.reached += answer.status_code < 400


def list_planted(case: schemathesis.Case) -> set[str]:
    """Return the values of a request that no page says by itself."""
    body = case.body if isinstance(case.body, dict) else {}
    values = [*(case.path_parameters or {}).values(), *(case.query or {}).values(), *body.values()]
    return {
        value
        for value in values
        if isinstance(value, str) and len(value) >= 6 and not re.fullmatch(r"[\w.-]+", value)
    }


def list_cases(operation: Any) -> Iterator[schemathesis.Case]:
    """Make requests to one address: those at the edges of what it takes, then chosen by a seeded chance."""
    modes = list(schemathesis.GenerationMode)
    yield from operation.schema.iter_coverage_cases(
        operation, generation_modes=modes, generation_config=operation.schema.config.generation
    )
    for mode in modes:
        yield from draw_cases(operation, mode)


def draw_cases(operation: Any, mode: schemathesis.GenerationMode) -> list[schemathesis.Case]:
    made: list[schemathesis.Case] = []

    @given(operation.as_strategy(generation_mode=mode))
    @seed(20261129)
    @settings(
        max_examples=EXAMPLES,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def make(case: schemathesis.Case) -> None:
        made.append(case)

    # An address without parts and fields has nothing to get wrong.
    with contextlib.suppress(Unsatisfiable):
        make()
    return made


@pytest.mark.parametrize("role", ["", *ROLES], ids=["nobody", *ROLES])
def test_no_request_breaks_the_desk_or_makes_it_tell(fresh: Furnished, role: str) -> None:
    fuzzed = Fuzzed(fresh, fresh.open_desk(), role)
    described = schemathesis.openapi.from_asgi(
        "/openapi.json", fuzzed.desk, headers={"x-member": "Asha:administrator"}
    )
    operations = [found.ok() for found in described.get_all_operations()]
    assert len(operations) >= 14
    for operation in operations:
        for case in list_cases(operation):
            answer = case.call(headers=fuzzed.headers, timeout=PATIENCE)
            fuzzed.judge(answer, list_planted(case))
            case.validate_response(
                answer, excluded_checks=MORE_RULES.get(operation.path.rpartition("/")[2], [])
            )
            fuzzed.fill(case)
            fuzzed.judge(case.call(headers=fuzzed.headers, timeout=PATIENCE), set())
    assert fuzzed.sent > 500
    assert fuzzed.reached > (0 if not role else 200)
