"""What a month costs through Airflow: `jawabdehi run` on example reports, against the same with empty tasks.

Both are whole processes, timed from start to exit, on one home whose server runs and whose Airflow database is
set up. Before each run the product's database and everything that was made from it are thrown away, and the
tables made again outside the clock, so that the work is really done. Real and empty runs take turns, and which
one is first changes. The first run of all on a new home, which makes server and databases, is told as `cold`.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from pipeline import jobs
from pipeline.contract import load_contract
from pipeline.example import write_example
from pipeline.server import PRODUCT_DATABASE, ensure_server, stop_server
from pipeline.settings import Settings

RUNS = 3
_PROGRAM = Path(sys.executable).with_name("jawabdehi")
_EMPTY = (sys.executable, "-m", "bench.empty_run")
_CHECKOUT = Path(__file__).resolve().parent.parent


def measure_month(folder: Path, month: str, reports: int) -> dict[str, Any]:
    """Return seconds of the real and of the empty run on `reports` example reports, and their ratio.

    `folder` is empty and is filled. Raises subprocess.CalledProcessError where a run fails.
    """
    home, recorded = folder / "home", folder / "recorded.json"
    inbox = home / "inbox"
    write_example(inbox, month=month, reports=reports, seed=1, contract=load_contract())
    settings = Settings(home=home, inbox=inbox, prints=False)
    run = ("run", "--month", month, "--approve-as", "Bench")
    try:
        cold = _time([_PROGRAM, *run], home)
        recorded.write_text(_call([*_EMPTY, "record", month], home), encoding="utf-8")
        commands = {"real": [_PROGRAM, *run], "empty": [*_EMPTY, recorded, *run]}
        seconds: dict[str, list[float]] = {name: [] for name in commands}
        for turn in range(RUNS):
            for name in sorted(commands, reverse=turn % 2 == 0):
                _start_afresh(settings)
                seconds[name].append(_time(commands[name], home))
    finally:
        stop_server(home)
    return _sum_up(reports, cold, seconds, json.loads(recorded.read_text(encoding="utf-8")))


def _sum_up(
    reports: int, cold: float, seconds: dict[str, list[float]], ids: dict[str, Any]
) -> dict[str, Any]:
    real, empty = (statistics.median(seconds[name]) for name in ("real", "empty"))
    return {
        "reports": reports,
        "returns": len(ids["partitions"]),
        "geographies": len(ids["geographies"]),
        "cold_seconds": round(cold, 1),
        "real_seconds": round(real, 1),
        "empty_seconds": round(empty, 1),
        "ratio": round(real / empty, 2),
        "each_real": [round(value, 1) for value in seconds["real"]],
        "each_empty": [round(value, 1) for value in seconds["empty"]],
    }


def _start_afresh(settings: Settings) -> None:
    address = sa.make_url(ensure_server(settings).product).set(database="postgres")
    engine = sa.create_engine(address, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.execute(sa.text(f"DROP DATABASE {PRODUCT_DATABASE} WITH (FORCE)"))
    for made in (settings.returns, settings.drafts, settings.published):
        shutil.rmtree(made, ignore_errors=True)
    jobs.prepare(settings)


def _time(command: list[Any], home: Path) -> float:
    start = time.perf_counter()
    _call(command, home)
    return time.perf_counter() - start


def _call(command: list[Any], home: Path) -> str:
    kept = {name: text for name, text in os.environ.items() if not name.startswith(("JAWABDEHI", "AIRFLOW"))}
    done = subprocess.run(
        command,
        # Printing is measured by itself: it takes minutes, whatever the number of reports.
        env={**kept, "JAWABDEHI_HOME": str(home), "JAWABDEHI_PRINT": "0"},
        cwd=_CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        sys.stderr.write(done.stdout + done.stderr)
        done.check_returncode()
    return done.stdout
