"""A program that metrics are sent to, as StatsD does it."""

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

_LINE = re.compile(r"airflow\.(jawabdehi\.[^:|]+):([^|]+)\|(\w+)")


@dataclass
class Heard:
    """What came, as datagrams; `port` is where it is sent to."""

    port: int
    datagrams: list[str] = field(default_factory=list)

    @property
    def variables(self) -> dict[str, str]:
        """What switches Airflow's metrics on."""
        return {
            "AIRFLOW__METRICS__STATSD_ON": "True",
            "AIRFLOW__METRICS__STATSD_HOST": "127.0.0.1",
            "AIRFLOW__METRICS__STATSD_PORT": str(self.port),
        }

    @property
    def own(self) -> list[tuple[str, float, str]]:
        """Our own metrics in the order in which they came: name, value and kind."""
        found = (match for text in list(self.datagrams) for match in _LINE.finditer(text))
        return [(match[1], float(match[2]), match[3]) for match in found]

    @property
    def newest(self) -> dict[str, float]:
        """The newest value of each of our own metrics."""
        return {name: value for name, value, _ in self.own}


@contextmanager
def listen() -> Iterator[Heard]:
    """Hear what is sent to a free port of this machine within this block."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(0.2)
        heard, is_over = Heard(receiver.getsockname()[1]), threading.Event()

        def receive() -> None:
            while not is_over.is_set():
                try:
                    heard.datagrams.append(receiver.recv(65_535).decode())
                except TimeoutError:
                    continue

        thread = threading.Thread(target=receive)
        thread.start()
        try:
            yield heard
        finally:
            is_over.set()
            thread.join()
