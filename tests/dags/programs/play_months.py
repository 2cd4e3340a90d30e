"""Plays months through the DAGs in this process, with made-up jobs, and writes down what the jobs were asked.

`play_months.py RESULT [NAME…]`: plays the plays of these names one after the other; RESULT gets them as JSON.
"""

import json
import sys
import time
import types
from collections.abc import Callable
from pathlib import Path

from run_in_process import run_month

import pipeline
from pipeline.errors import JawabdehiError, RetryableError

CANARY = "canary-9876543210"
RETURNS = ["r-1", "r-2", "r-3"]


class MadeUpJobs:
    """Stands in for `pipeline.jobs`: answers at once, and remembers every call."""

    def __init__(self, **answers: Callable) -> None:
        self.calls: list[list[object]] = []
        self.answers = {
            "land_returns": lambda: RETURNS,
            "take_in_return": lambda return_id: "BIHAAN|2026-10",
            "list_news": lambda: ["BIHAAN|2026-10"],
            "link_month": lambda month: month,
            "open_edition": lambda month, reason: f"JWB-{month}-e{2 if reason else 1}",
            "tabulate_edition": lambda edition: edition,
            "protect_edition": lambda edition: edition,
            "audit_edition": lambda edition: "Nothing can be found out.",
            "list_geographies": lambda edition: ["IN", "IN-WB"],
            "render_edition": lambda edition, geography: geography,
            "seal_edition": lambda edition: "a1b2",
            "publish_edition": lambda edition, manifest, approved_by: edition,
        } | answers

    def as_module(self) -> types.ModuleType:
        module = types.ModuleType("pipeline.jobs")
        for name in self.answers:
            setattr(module, name, self._make(name))
        return module

    def _make(self, name: str) -> Callable:
        def job(_settings, *ids):
            self.calls.append([name, *ids])
            return self.answers[name](*ids)

        return job


def fail_on_second(return_id: str) -> str:
    narrative = f"{CANARY} in a local name"
    if return_id == "r-2":
        raise ValueError(f"{CANARY} in the text of an error, {len(narrative)}")
    return "BIHAAN|2026-10"


def refuse(_edition: str) -> str:
    raise JawabdehiError("Do this and that.")


def pull(name: str, definition: str) -> str:
    if name == "away":
        raise RetryableError(f"The server of the source {name} does not answer: try again later.")
    assert CANARY in definition
    return name


def sleep(_edition: str) -> str:
    Path(sys.argv[1]).write_text("asleep")
    time.sleep(120)
    return _edition


PLAYS = {
    "nobody approves": ({}, None),
    "Asha approves": ({}, "Asha"),
    "published already": ({"open_edition": lambda month, reason: None}, "Asha"),
    "a return breaks": ({"take_in_return": fail_on_second}, "Asha"),
    "Asha approves a correction": ({}, "Asha", "wrong_codes"),
    "a step refuses": ({"tabulate_edition": refuse}, "Asha"),
    "the audit refuses": ({"audit_edition": refuse}, "Asha"),
    "nothing in the inbox": ({"land_returns": list, "list_news": list}, None),
    "only rejected returns": ({"take_in_return": lambda return_id: None, "list_news": list}, None),
    "news of two months": ({"list_news": lambda: ["BIHAAN|2026-01", "OMBLA|2026-02", "OMBLA|2026-03"]}, None),
    "news of an earlier, killed run": ({"land_returns": list, "list_news": lambda: ["OMBLA|2026-08"]}, None),
    "sources are read": ({"pull_source": pull}, None),
    "tabulate sleeps": ({"tabulate_edition": sleep}, "Asha"),
}


def play(name: str) -> dict:
    answers, approve_as, *correction = PLAYS[name]
    jobs = MadeUpJobs(**answers)
    sys.modules["pipeline.jobs"] = pipeline.jobs = jobs.as_module()
    lines: list[str] = []
    wanted = {"correction": correction[0]} if correction else {}
    succeeded = run_month("2026-10", approve_as, **wanted, tell=lines.append)
    return {"succeeded": succeeded, "calls": jobs.calls, "lines": lines}


if __name__ == "__main__":
    result = Path(sys.argv[1])
    result.write_text(json.dumps({name: play(name) for name in sys.argv[2:]}))
