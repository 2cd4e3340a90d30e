"""Calls what the DAG files share, one case after the other, and prints what came of each as one line of JSON."""

import errno
import json
import sys
from collections.abc import Callable
from types import SimpleNamespace
from unittest.mock import patch

import psycopg
from airflow.providers.standard.operators.hitl import ApprovalOperator
from approval import ApprovePublication, answer_in_this_process, name_of_approver
from issue_monthly_report import wait_for_returns
from partition_mapping import MonthOfReturnMapper, PartitionMappingPlugin
from sqlalchemy.exc import OperationalError
from task_wiring import reporting_month, run_job

import pipeline
from pipeline.errors import JawabdehiError, RetryableError

CANARY = "canary-9876543210"


def outcome(function: Callable, *arguments: object) -> object:
    try:
        return function(*arguments)
    except Exception as error:  # noqa: BLE001 (whatever it is, it is described)
        frames, traceback = [], error.__traceback__
        while traceback is not None:
            frames.append(repr(traceback.tb_frame.f_locals))
            traceback = traceback.tb_next
        return {
            "error": type(error).__name__,
            "text": str(error),
            "chain": [repr(error.__cause__), repr(error.__context__)],
            # The first frame is this function's own, which holds the failing function.
            "holds_canary": CANARY in "".join(frames[1:]),
        }


def failing_with(error: Exception) -> Callable:
    def job(_settings: object) -> None:
        narrative = CANARY
        raise error from ValueError(narrative)

    return job


def ask(answer: tuple[str | None] | None) -> object:
    operator = ApprovePublication(task_id="approve", subject="?", defaults="Reject")
    with patch.object(ApprovalOperator, "execute", lambda *_: "a person is asked"):
        if answer is None:
            return operator.execute({})
        with answer_in_this_process(*answer):
            return operator.execute({})


def in_run(function: Callable, run_type: str, partition: str | None, month: str | None) -> object:
    """Call a function as if in a task of a run; the month's returns are not complete."""
    run = SimpleNamespace(run_type=run_type, partition_key=partition)
    context = {"dag_run": run, "params": {"month": month}}
    jobs = SimpleNamespace(month_is_due=lambda _settings, asked: asked == "2026-09")
    with (
        patch("task_wiring.get_current_context", lambda: context),
        patch("issue_monthly_report.get_current_context", lambda: context),
        patch.object(pipeline, "jobs", jobs, create=True),
    ):
        return function()


mapper = MonthOfReturnMapper.deserialize(MonthOfReturnMapper().serialize())
approved = {"chosen_options": ["Approve"], "responded_by_user": {"id": "1", "name": " Asha "}}
results = {
    "month": outcome(mapper.to_downstream, "BIHAAN|2026-10"),
    "no collective": outcome(mapper.to_downstream, "|2026-10"),
    "no month": outcome(mapper.to_downstream, "BIHAAN"),
    "registered": MonthOfReturnMapper in PartitionMappingPlugin.partition_mappers,
    "answered with a name": outcome(ask, ("Asha",)),
    "answered without a name": outcome(ask, (None,)),
    "not answered": outcome(ask, None),
    "approved": outcome(name_of_approver, approved),
    "marked by hand": outcome(name_of_approver, None),
    "rejected": outcome(name_of_approver, approved | {"chosen_options": ["Reject"]}),
    "no name": outcome(name_of_approver, approved | {"responded_by_user": None}),
    "month of a partition": outcome(in_run, reporting_month, "asset_triggered", "2026-10", None),
    "month of a parameter": outcome(in_run, reporting_month, "manual", None, "2026-11"),
    "without a month": outcome(in_run, reporting_month, "manual", None, None),
    "with a strange month": outcome(in_run, reporting_month, "manual", "2026-13", None),
    "scheduled, not due": outcome(in_run, wait_for_returns.function, "scheduled", "2026-10", None),
    "scheduled, due": outcome(in_run, wait_for_returns.function, "scheduled", "2026-09", None),
    "on demand": outcome(in_run, wait_for_returns.function, "manual", None, "2026-10"),
    "permanent": outcome(run_job, failing_with(JawabdehiError("Do this."))),
    "retryable": outcome(run_job, failing_with(RetryableError("Wait."))),
    "unexpected": outcome(run_job, failing_with(ValueError(CANARY))),
    "connection lost": outcome(run_job, failing_with(OperationalError(CANARY, {}, Exception(CANARY)))),
    "connection lost in the middle of copying": outcome(
        run_job, failing_with(psycopg.OperationalError(CANARY))
    ),
    "disk full": outcome(run_job, failing_with(OSError(errno.ENOSPC, CANARY))),
    "not allowed": outcome(run_job, failing_with(PermissionError(errno.EACCES, CANARY))),
    "ids": outcome(run_job, lambda _settings, *ids: ids, "a", "b"),
}
sys.stdout.write("\n" + json.dumps(results))
