"""Notices to the data team: by e-mail and by any notifier of Airflow, without content. Not a DAG file.

What is sent are sentences of numbers and months, and the address of the desk.
"""

import html
import json
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowFailException

if TYPE_CHECKING:
    from airflow.sdk import BaseNotifier

_ADDRESSES = "JAWABDEHI_NOTIFY"
_NOTIFIERS = "JAWABDEHI_NOTIFIERS"
_WRONG = (
    f"Set {_NOTIFIERS} to a JSON list of objects with the class of a notifier and its arguments, such as "
    '[{"class": "module.Notifier", "arguments": {"text": "{{ text }}"}}].'
)


def is_anybody_told() -> bool:
    """Tell whether this installation names anybody for notices."""
    return bool(os.environ.get(_ADDRESSES) or os.environ.get(_NOTIFIERS))


def send_notice(subject: str, lines: list[str]) -> None:
    """Send one notice to everybody who is named; its lines are sentences without content.

    Raises AirflowFailException where a notifier is not described rightly, and what a notifier raises where it
    cannot send.
    """
    address = desk_address()
    context: dict[str, Any] = {
        "subject": subject,
        "text": "\n".join([*lines, "", f"The desk: {address}"]),
        "html": _write_page(lines, address),
        "address": address,
    }
    for notifier in _list_notifiers():
        # Called by its parts: as a whole it would only log that it could not send.
        notifier.render_template_fields(context)
        notifier.notify(context)


def desk_address() -> str:
    """Return where the desk is, as Airflow's own pages are reached."""
    from airflow.sdk.configuration import conf

    return f"{conf.get('api', 'base_url', fallback='http://127.0.0.1:8080').rstrip('/')}/jawabdehi/"


def tell_missed_deadline(context: dict[str, Any], days: int) -> None:
    """Say that a month's report is not done so many days after its run began; Airflow calls this."""
    run = context["dag_run"]
    month = run.get("partition_key") or (run.get("conf") or {}).get("month") or "a month"
    if is_anybody_told():
        send_notice(
            f"Jawabdehi: the report of {month} is not published",
            [f"The run that issues the report of {month} began {days} days ago and has not ended."],
        )


def _write_page(lines: list[str], address: str) -> str:
    items = "".join(f"<li>{html.escape(line)}</li>" for line in lines)
    link = html.escape(address, quote=True)
    return f'<ul>{items}</ul><p>The desk: <a href="{link}">{link}</a></p>'


def _list_notifiers() -> Iterator["BaseNotifier"]:
    addresses = [each.strip() for each in os.environ.get(_ADDRESSES, "").split(",") if each.strip()]
    if addresses:
        from airflow.providers.smtp.notifications.smtp import SmtpNotifier

        # One mail each: nobody sees who else is told.
        for each in addresses:
            yield SmtpNotifier(to=each, subject="{{ subject }}", html_content="{{ html }}")
    for described in _read_notifiers():
        yield _make_notifier(described)


def _read_notifiers() -> list[dict[str, Any]]:
    try:
        described = json.loads(os.environ.get(_NOTIFIERS) or "[]")
    except ValueError:
        raise AirflowFailException(_WRONG) from None
    if not isinstance(described, list) or not all(isinstance(each, dict) for each in described):
        raise AirflowFailException(_WRONG)
    return described


def _make_notifier(described: dict[str, Any]) -> "BaseNotifier":
    from airflow.sdk import BaseNotifier
    from airflow.sdk.module_loading import import_string

    try:
        kind = import_string(described["class"])
        notifier = kind(**described.get("arguments", {}))
    except (KeyError, ImportError, TypeError):
        raise AirflowFailException(_WRONG) from None
    if not isinstance(notifier, BaseNotifier):
        raise AirflowFailException(_WRONG)
    return notifier
