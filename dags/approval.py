"""The approval of an edition: a person decides, in Airflow's pages or on the command line.

Under the scheduler nothing but an answer to the question opens the way: no parameter, variable or setting is
looked at. The command line answers through a variable of this module in its own process. It is not part of a
run, not stored and not inherited by the scheduler's workers, so a run that a killed command left behind waits
for a person like any other.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from airflow.configuration import conf
from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
from airflow.sdk.execution_time.hitl import HITLUser
from desk import APPROVING, ROLES


@dataclass(frozen=True)
class Answer:
    """The answer given at the command line: the name to approve under, or None to stop at the draft."""

    approve_as: str | None


_answer_of_this_process: ContextVar[Answer | None] = ContextVar("answer_of_this_process", default=None)


@contextmanager
def answer_in_this_process(approve_as: str | None) -> Iterator[None]:
    """Answer the question of publication for runs inside this block."""
    token = _answer_of_this_process.set(Answer(approve_as))
    try:
        yield
    finally:
        _answer_of_this_process.reset(token)


class ApprovePublication(ApprovalOperator):
    """Ask a person whether the edition is published; skip the publication on a rejection or no answer."""

    def execute(self, context: Context) -> Any:  # noqa: ANN401 (the base class's own type)
        """Ask under the scheduler; take the answer of the command line where this process is one."""
        answer = _answer_of_this_process.get()
        if answer is None:
            return super().execute(context)
        if answer.approve_as is None:
            raise AirflowSkipException("The draft waits for approval.")
        return {
            "chosen_options": [self.APPROVE],
            "responded_by_user": {"id": answer.approve_as, "name": answer.approve_as},
        }


def list_approvers() -> list[HITLUser] | None:
    """Return who may answer the question of publication; None where Airflow's auth manager decides by itself.

    The simple auth manager would let every user answer who may run a task, reviewers among them. Where nobody has
    the role, nobody may answer.
    """
    if not conf.get("core", "auth_manager").endswith(".SimpleAuthManager"):
        return None
    users = [user.split(":") for user in conf.getlist("core", "simple_auth_manager_users")]
    approvers = [name for name, role, *_ in users if ROLES.get(role.lower()) in APPROVING]
    return [HITLUser(id=name, name=name) for name in approvers or ["nobody has the role of an approver"]]


def name_of_approver(approval: Mapping[str, Any] | None) -> str:
    """Return the name of the person who approved.

    `approval` is the result of the approval task. Raises AirflowFailException where it holds no approval by a
    named person, as after marking the task successful by hand.
    """
    answer = approval or {}
    name = str((answer.get("responded_by_user") or {}).get("name") or "").strip()
    if list(answer.get("chosen_options") or []) != [ApprovalOperator.APPROVE] or not name:
        raise AirflowFailException("Nobody approved this edition: clear the task approve and answer it.")
    return name
