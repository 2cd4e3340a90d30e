"""What a source that is followed amounts to: whoever keeps what a form server tells, and nothing else."""

import contextlib
import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.collect.sources import open_source, parse_source
from pipeline.collect.submissions import FormServer, Submission
from tests.fakes.kobo import FakeKobo
from tests.fakes.odk import FakeOdk

Fake = FakeKobo | FakeOdk
FAKES = {"kobo": FakeKobo, "odk": FakeOdk}


@contextlib.contextmanager
def opened(
    fake: Fake, waits: list[float] | None = None, *, timeout: float | None = None, **changes: Any
) -> Iterator[FormServer]:
    """Open the source of a fake; `waits` takes the seconds that would have been slept."""
    slept = [] if waits is None else waits
    with open_source(
        parse_source("made_up", fake.define(**changes)), sleep=slept.append, timeout=timeout
    ) as server:
        yield server


class Mirror:
    """Keeps what a source tells, as the job does: by key, until the list of all is without it."""

    def __init__(self) -> None:
        self.kept: dict[str, Submission] = {}
        self.watermark: str | None = None

    def read(self, server: FormServer) -> list[str]:
        """Keep what is new; return the keys in the order in which they came."""
        keys = []
        for batch in server.read_since(self.watermark):
            assert batch.submissions
            self.kept.update((submission.key, submission) for submission in batch.submissions)
            keys += [submission.key for submission in batch.submissions]
            self.watermark = batch.watermark
        return keys

    def compare(self, server: FormServer) -> None:
        """Keep what only the list of all tells."""
        listed = server.list_all()
        self.kept = {key: kept for key, kept in self.kept.items() if key in listed}
        wanted = [key for key, glance in listed.items() if not _is_same(self.kept.get(key), glance)]
        for submission in server.read(wanted):
            self.kept[submission.key] = submission

    def follow(self, server: FormServer) -> None:
        self.read(server)
        self.compare(server)

    def answers(self) -> dict[str, dict[str, str]]:
        return {key: dict(submission.answers) for key, submission in self.kept.items()}


def _is_same(kept: Submission | None, glance: Any) -> bool:
    return kept is not None and (kept.version, kept.standing) == (glance.version, glance.standing)


def report(number: int, **answers: str) -> dict[str, str]:
    """A made-up report, as a row of the contract."""
    return {
        "report_id": f"U-{number}",
        "incident_kinds": "DELAY; BRIBE",
        "visits": str(number % 9),
        "office": "Model Thana No. 3",
        **answers,
    }


def expect(number: int, **answers: str) -> dict[str, str]:
    """The answers of a report as a form server is to tell them."""
    return report(number) | {"incident_kinds": "DELAY BRIBE"} | answers


def show(found: object) -> str:
    """Write all that an object holds, and how it shows itself."""
    if isinstance(found, list | tuple):
        return "".join(map(show, found))
    if isinstance(found, Mapping):
        return "".join(f"{key} {show(value)}" for key, value in found.items())
    held = show(dataclasses.asdict(found)) if dataclasses.is_dataclass(found) else ""
    return f"{found!r} {found} {held}"
