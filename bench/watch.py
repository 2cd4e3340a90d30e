"""A stopwatch that knows which step runs, and the most memory held while it did.

Steps may lie within each other: an inner step stops the clock of the outer one, so that the seconds of all steps
add up to the time that passed.
"""

import contextlib
import functools
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import ParamSpec, TypeVar

import psutil

OWN_EVERY = 0.01
"""Seconds between two looks at this process's resident memory."""

SERVER_EVERY = 0.1
"""Seconds between two looks at the database server's memory; a look costs a millisecond a process."""

_MEBIBYTE = 1024 * 1024

Given = ParamSpec("Given")
Result = TypeVar("Result")


class Watch:
    """Seconds and peak memory (MiB) by step, of this process and of the PostgreSQL server of `data`.

    This process counts with its resident memory. The server's processes count with their proportional share,
    so that the buffers that they share count once; where the system does not know it, with what is theirs alone.
    """

    def __init__(self, data: Path) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self.own_mib: dict[str, float] = defaultdict(float)
        self.server_mib: dict[str, float] = defaultdict(float)
        self._data = data
        self._steps = [""]
        self._since = time.perf_counter()
        self._process = psutil.Process()
        self._ended = threading.Event()

    @contextlib.contextmanager
    def sampling(self) -> Iterator[None]:
        """Look at memory, from threads beside the work, for as long as this block lasts."""
        looks = ((self._look_at_self, OWN_EVERY), (self._look_at_server, SERVER_EVERY))
        threads = [threading.Thread(target=self._repeat, args=look) for look in looks]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._ended.set()
            for thread in threads:
                thread.join()

    @contextlib.contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Book what happens inside this block to the step `name`."""
        self._book()
        self._steps.append(name)
        self._look_at_self()
        try:
            yield
        finally:
            self._look_at_self()
            self._book()
            if name not in self.server_mib:
                # A short step may lie between two looks; this one is on nobody's clock.
                self._look_at_server()
                self._since = time.perf_counter()
            self._steps.pop()

    def watched(self, name: str, function: Callable[Given, Result]) -> Callable[Given, Result]:
        """Return `function` as a step of its own."""

        @functools.wraps(function)
        def call(*args: Given.args, **kwargs: Given.kwargs) -> Result:
            with self.step(name):
                return function(*args, **kwargs)

        return call

    def _book(self) -> None:
        now = time.perf_counter()
        self.seconds[self._steps[-1]] += now - self._since
        self._since = now

    def _repeat(self, look: Callable[[], None], every: float) -> None:
        while not self._ended.wait(every):
            look()

    def _look_at_self(self) -> None:
        step = self._steps[-1]
        held = self._process.memory_info().rss / _MEBIBYTE
        self.own_mib[step] = max(self.own_mib[step], held)

    def _look_at_server(self) -> None:
        step = self._steps[-1]
        self.server_mib[step] = max(self.server_mib[step], _memory_of_server(self._data))


def _memory_of_server(data: Path) -> float:
    try:
        first = psutil.Process(int((data / "postmaster.pid").read_text(encoding="utf-8").split()[0]))
        processes = [first, *first.children(recursive=True)]
    except (FileNotFoundError, psutil.Error):
        return 0.0
    held = 0.0
    for process in processes:
        # Its processes come and go with connections.
        with contextlib.suppress(psutil.Error):
            memory = process.memory_full_info()
            held += getattr(memory, "pss", memory.uss)
    return held / _MEBIBYTE
