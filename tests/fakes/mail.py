"""A mail server on this machine that keeps what it is given."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from typing import Any

from aiosmtpd.controller import Controller


@dataclass
class Mailbox:
    """The mails that came, with whom they were for; `address` leads Airflow to the server."""

    address: str = ""
    mails: list[tuple[str, Message]] = field(default_factory=list)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        self.mails.append((",".join(envelope.rcpt_tos), message_from_bytes(envelope.content)))
        return "250 taken"


@contextmanager
def run_mail_server() -> Iterator[Mailbox]:
    """Run a mail server within this block."""
    box = Mailbox()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    options = "from_email=desk%40jawabdehi.invalid&disable_ssl=true&disable_tls=true"
    box.address = f"smtp://127.0.0.1:{port}/?{options}"
    try:
        yield box
    finally:
        controller.stop()


def text_of(mail: Message) -> str:
    """Return all text of a mail."""
    parts = [part.get_payload(decode=True) for part in mail.walk() if part.get_content_maintype() == "text"]
    return b"".join(parts).decode()
