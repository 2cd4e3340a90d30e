"""`jawabdehi run` with empty tasks: the command, its DAGs and as many tasks, but every job returns at once.

What the command does around the tasks stays: starting Python, looking after server and tables, importing and
setting up Airflow. The jobs return the ids that a real run of the same inbox left behind; find them with
`record_ids`, and give them to this module's main function as a JSON file.
"""

import json
import os
import sys
from contextlib import ExitStack
from pathlib import Path
from unittest import mock

import sqlalchemy as sa

from pipeline import jobs
from pipeline.cli import main
from pipeline.jobs.overview import Pages
from pipeline.report.edition import Edition
from pipeline.server import ensure_server
from pipeline.settings import Settings, read_settings
from pipeline.store import tables
from pipeline.store.database import connect


def record_ids(settings: Settings, month: str) -> dict[str, object]:
    """Return the ids that a real run passed from task to task: returns with their partitions, geographies."""
    edition_id = Edition(month=month, number=1, versions={}).edition_id
    returns = tables.returns
    with connect(ensure_server(settings).product) as engine, engine.connect() as connection:
        found = connection.execute(sa.select(returns).order_by(returns.c.return_id)).all()
    partitions = {
        row.return_id: f"{row.collective}|{row.month}" if row.state == "stored" else None for row in found
    }
    return {
        "edition": edition_id,
        "partitions": partitions,
        "geographies": jobs.list_geographies(settings, edition_id),
    }


def run_with_empty_tasks(recorded: Path, arguments: list[str]) -> None:
    """Run the command with `arguments`, its jobs replaced by ones that return the recorded ids."""
    ids = json.loads(recorded.read_text(encoding="utf-8"))
    empty = {
        "land_returns": lambda _settings: list(ids["partitions"]),
        "take_in_return": lambda _settings, return_id: ids["partitions"][return_id],
        "list_news": lambda _settings: sorted(set(filter(None, ids["partitions"].values()))),
        "link_month": lambda _settings, month: month,
        "month_is_due": lambda _settings, _month: True,
        "open_edition": lambda _settings, _month: ids["edition"],
        "tabulate_edition": lambda _settings, edition: edition,
        "protect_edition": lambda _settings, edition: edition,
        "list_geographies": lambda _settings, _edition: ids["geographies"],
        "render_edition": lambda _settings, _edition, geography: geography,
        "seal_edition": lambda _settings, _edition: "0" * 64,
        "publish_edition": lambda _settings, edition, _manifest, _name: edition,
        "describe_inbox": lambda _settings: [],
        "find_pages": lambda _settings, _month: Pages(published=True, paths={}),
    }
    with ExitStack() as stack:
        for name, job in empty.items():
            stack.enter_context(mock.patch.object(jobs, name, job))
        main(arguments)


if __name__ == "__main__":
    if sys.argv[1] == "record":
        sys.stdout.write(json.dumps(record_ids(read_settings(os.environ), sys.argv[2])))
    else:
        run_with_empty_tasks(Path(sys.argv[1]), sys.argv[2:])
