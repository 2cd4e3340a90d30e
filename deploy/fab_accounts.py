"""Roles and accounts in Airflow's Flask-AppBuilder auth manager (FAB), for teams larger than two or three people.

    AIRFLOW__CORE__AUTH_MANAGER=airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager

stands in the environment of every part of Airflow, and `apache-airflow-providers-fab` is installed. Start Airflow
once, so that its database is migrated. Then, with the environment that Airflow or `jawabdehi up` is started with:

    python deploy/fab_accounts.py                                      makes the roles
    python deploy/fab_accounts.py meera:approver ravi:reviewer         makes them, and these accounts

Roles are viewer, reviewer, approver and admin. The password of a new account is told once. A second run changes
nothing, but gives back to the roles what was taken from them by hand.

FAB's own roles `User` and `Op` do not open the desk, and must not be given to anybody: they may answer the question
of publication in Airflow itself, past the desk. Each person has exactly one of the roles made here.
"""

import os
import secrets
import sys
from typing import Any

READ, EDIT, CREATE, MENU = "can_read", "can_edit", "can_create", "menu_access"

SEES = (
    # Airflow's window: what runs and what failed. Plugins, since the menu of the desk is one.
    *(
        (READ, name)
        for name in ("Website", "DAGs", "DAG Runs", "DAG Versions", "Task Instances", "Task Logs")
    ),
    *(
        (READ, name)
        for name in ("DAG Warnings", "ImportError", "Plugins", "Assets", "My Profile", "My Password")
    ),
    (EDIT, "My Password"),
    (MENU, "DAGs"),
    (READ, "Jawabdehi Viewer"),
)

REVIEWS = (*SEES, (READ, "Jawabdehi Reviewer"))

APPROVES = (
    *REVIEWS,
    (READ, "Jawabdehi Approver"),
    # Answers whether an edition is published, and starts or repeats the runs that make its draft.
    *((action, "HITL Detail") for action in (READ, EDIT, MENU)),
    (EDIT, "DAGs"),
    *((action, "DAG Runs") for action in (CREATE, EDIT)),
    (EDIT, "Task Instances"),
)

# Beside all that FAB gives to its administrators.
ADMINISTERS = tuple(
    (READ, f"Jawabdehi {role}") for role in ("Viewer", "Reviewer", "Approver", "Administrator")
)

ROLES = {
    "viewer": ("Jawabdehi Viewer", SEES),
    "reviewer": ("Jawabdehi Reviewer", REVIEWS),
    "approver": ("Jawabdehi Approver", APPROVES),
    "admin": ("Admin", ADMINISTERS),
}
"""What FAB calls each role, and what it may do, as FAB writes it: an action and a resource."""


def main(wanted: list[str]) -> int:
    """Make the roles, and accounts given as `name:role`; return the exit code."""
    accounts = [each.partition(":")[::2] for each in wanted]
    if any(not name or role not in ROLES for name, role in accounts):
        sys.stderr.write(f"Give each account as name:role, with one of the roles {', '.join(ROLES)}.\n")
        return 2
    _take_environment()
    try:
        from airflow.providers.fab.auth_manager.cli_commands.utils import get_application_builder
    except ModuleNotFoundError:
        sys.stderr.write("FAB is missing: install apache-airflow-providers-fab and run this again.\n")
        return 1
    with get_application_builder() as builder:
        for name, permissions in ROLES.values():
            _make_role(builder.sm, name, permissions)
        for name, role in accounts:
            _make_account(builder.sm, name, ROLES[role][0])
    return 0


def _take_environment() -> None:
    """Take the environment of `jawabdehi up`, unless Airflow's own is there, as in a container."""
    if "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN" in os.environ:
        return
    from pipeline import jobs
    from pipeline.airflow_env import airflow_environment
    from pipeline.settings import read_settings

    settings = read_settings(os.environ)
    os.environ.update(airflow_environment(settings, *jobs.prepare(settings), os.environ))


def _make_role(manager: Any, name: str, permissions: tuple[tuple[str, str], ...]) -> None:  # noqa: ANN401
    role = manager.find_role(name) or manager.add_role(name)
    for action, resource in permissions:
        manager.add_permission_to_role(role, manager.create_permission(action, resource))
    sys.stdout.write(f"The role {name} is there.\n")


def _make_account(manager: Any, name: str, role: str) -> None:  # noqa: ANN401
    if manager.find_user(username=name):
        sys.stdout.write(f"The account {name} is there; its role and password stay as they are.\n")
        return
    password = secrets.token_urlsafe(12)
    # FAB asks for a mail address, which nothing is sent to.
    address = f"{name}@localhost.invalid"
    if not manager.add_user(name, name, "-", address, manager.find_role(role), password=password):
        raise SystemExit(f"FAB did not make the account {name}: see its message above.")
    sys.stdout.write(f"Log in as {name} with the password {password}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
