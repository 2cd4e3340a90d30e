"""Read by Python at its start: lets a worker sleep whose clock is faked.

libfaketime 0.9.10 refuses Python's way of sleeping (until a time of the clock that it is told to leave alone), so a
task would fail for a reason that no worker has outside of tests.
"""

import os
import select
import time

if "FAKETIME_TIMESTAMP_FILE" in os.environ:

    def sleep_beside_faketime(seconds: float) -> None:
        """Wait so many seconds."""
        select.select([], [], [], max(0.0, seconds))

    time.sleep = sleep_beside_faketime
