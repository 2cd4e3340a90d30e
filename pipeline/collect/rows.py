"""Rows as servers of forms give them: texts that must be there, and times, which are in UTC."""

from datetime import UTC, datetime


def read_text(value: object) -> str:
    """Return a text that is not empty; raise TypeError for everything else."""
    if not isinstance(value, str) or not value:
        raise TypeError("This is no text, or an empty one.")
    return value


def read_moment(text: str) -> datetime:
    """Read an ISO 8601 time, in UTC where it names no zone; raise ValueError where it is none."""
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def write_moment(moment: datetime) -> str:
    """Write an aware time as servers do, in UTC and to the millisecond, rounded down."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def read_uuid(value: object) -> str:
    """Return an id without the `uuid:` that OpenRosa puts before it; raise TypeError where it is none."""
    return read_text(read_text(value).removeprefix("uuid:"))
