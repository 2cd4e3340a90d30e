"""The data team's desk inside Airflow: its pages in the API server, behind Airflow's login, linked in the menu.

Every process of Airflow imports this file, and only the API server asks for the application: what is heavy waits for
that.
"""

import functools
import os
from typing import TYPE_CHECKING, Any

from airflow.plugins_manager import AirflowPlugin

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    import httpx
    from fastapi import FastAPI, Request

    from pipeline.desk.gate import Member, Role

ROLES = {"viewer": "VIEWER", "user": "REVIEWER", "op": "APPROVER", "admin": "ADMINISTRATOR"}
"""What the roles of Airflow's simple auth manager are called at the desk."""

APPROVING = frozenset({"APPROVER", "ADMINISTRATOR"})
"""Roles of the desk that may let an edition through."""

PREFIX = "/jawabdehi"
_QUESTIONS = "/api/v2/dags/issue_monthly_report/dagRuns/~/hitlDetails"
_ANSWER = "/api/v2/dags/issue_monthly_report/dagRuns/{run}/taskInstances/approve/{map_index}/hitlDetails"
_RESOURCES = {
    "VIEWER": "Jawabdehi Viewer",
    "REVIEWER": "Jawabdehi Reviewer",
    "APPROVER": "Jawabdehi Approver",
    "ADMINISTRATOR": "Jawabdehi Administrator",
}
"""Resources of Airflow's auth manager that stand for a role of the desk: who may read one has that role."""


class AirflowGate:
    """Lets the desk know who is logged in to Airflow, and answers its questions in their name."""

    async def identify(self, request: "Request") -> "Member | None":
        """Return the member of Airflow's login that the request carries."""
        from airflow.api_fastapi.core_api.security import bearer_scheme, get_user

        from pipeline.desk.gate import Member

        user = await get_user(request, None, await bearer_scheme(request))
        role = find_role(user)
        return None if role is None else Member(user.get_name(), role)

    async def answer(self, request: "Request", edition_id: str, *, approves: bool) -> None:
        """Answer the question of publication through Airflow's own interface, under its own rules."""
        from pipeline.desk.gate import NoQuestionError

        async with _ask_airflow(request) as client:
            wanted = {"subject_search": f"Publish edition {edition_id}?", "response_received": False}
            asked = await client.get(_QUESTIONS, params=wanted)
            questions = asked.json()["hitl_details"] if asked.is_success else []
            if not questions:
                raise NoQuestionError
            task = questions[-1]["task_instance"]
            answered = await client.patch(
                _ANSWER.format(run=task["dag_run_id"], map_index=task["map_index"]),
                json={"chosen_options": ["Approve" if approves else "Reject"], "params_input": {}},
            )
            if not answered.is_success:
                raise NoQuestionError

    async def start(self, request: "Request", dag: str, conf: "Mapping[str, str]") -> None:
        """Start a run through Airflow's own interface, under its own rules."""
        from pipeline.desk.gate import NotStartedError

        async with _ask_airflow(request) as client:
            begun = await client.post(
                f"/api/v2/dags/{dag}/dagRuns", json={"logical_date": None, "conf": dict(conf)}
            )
        if not begun.is_success:
            raise NotStartedError

    async def find_last_collection(self) -> "datetime | None":
        """Return the end of the newest run that collected returns and did not fail."""
        import sqlalchemy as sa
        from airflow.models.dagrun import DagRun
        from airflow.utils.session import create_session_async

        ended = sa.select(sa.func.max(DagRun.end_date)).where(
            DagRun.dag_id == "collect_returns", DagRun.state == "success"
        )
        async with create_session_async() as session:
            found: datetime | None = await session.scalar(ended)
        return found


def _ask_airflow(request: "Request") -> "httpx.AsyncClient":
    """Return a client of Airflow's interface in this process, in the name of whoever sent a request."""
    import httpx
    from airflow.api_fastapi.main import app

    carried = {name: request.headers[name] for name in ("cookie", "authorization") if name in request.headers}
    # Under the address that Airflow is known by, so that it takes the request as one of its own pages.
    transport = httpx.ASGITransport(app=app, root_path=app.root_path)
    base = str(request.base_url.replace(path="/"))
    return httpx.AsyncClient(transport=transport, base_url=base, headers=carried)


def find_role(user: Any) -> "Role | None":  # noqa: ANN401 (each auth manager has users of its own)
    """Return the role of a user of Airflow at the desk, None where they have none."""
    from airflow.api_fastapi.app import get_auth_manager
    from airflow.api_fastapi.auth.managers.simple.simple_auth_manager import SimpleAuthManager

    from pipeline.desk.gate import Role

    manager = get_auth_manager()
    if isinstance(manager, SimpleAuthManager):
        name = ROLES.get((user.role or "").lower())
        return None if name is None else Role[name]
    held = [
        Role[name]
        for name, resource in _RESOURCES.items()
        if manager.is_authorized_custom_view(method="GET", resource_name=resource, user=user)
    ]
    return max(held, default=None)


@functools.cache
def make_application() -> "FastAPI":
    """Return the desk of this installation."""
    from airflow.api_fastapi.app import API_ROOT_PATH, create_auth_manager

    from pipeline.desk.app import make_desk
    from pipeline.secrets import load_secrets
    from pipeline.settings import read_settings

    settings = read_settings(os.environ)
    secrets = load_secrets(settings.secrets, os.environ)
    login = create_auth_manager().get_url_login(next_url=f"{API_ROOT_PATH.rstrip('/')}{PREFIX}/")
    return make_desk(settings, AirflowGate(), key=secrets.api_secret_key, login=login)


class DeskPlugin(AirflowPlugin):
    """Tells Airflow about the desk."""

    name = "jawabdehi_desk"
    external_views = [  # noqa: RUF012 (Airflow's own form)
        {"name": name, "href": f"{PREFIX}/{page}", "destination": "nav", "category": "Jawabdehi"}
        for name, page in (("Coverage", "coverage"), ("Review", "review"), ("Editions", "editions"))
    ]

    @property
    def fastapi_apps(self) -> list[dict[str, Any]]:
        """The application and where it is found."""
        return [{"app": make_application(), "url_prefix": PREFIX, "name": "Jawabdehi desk"}]
