"""The DAG files as Airflow's DAG processor finds them."""

import ast
import re
from pathlib import Path

from pipeline.contract import Contract
from pipeline.settings import CHECKOUT

IDS_ONLY = {"str", "str | None", "list[str]", "bool", "None"}


def test_every_dag_file_is_read_without_an_error(parsed_dags: dict) -> None:
    assert parsed_dags["import_errors"] == {}
    files = {path.stem for path in (CHECKOUT / "dags").glob("*.py")}
    assert set(parsed_dags["dags"]) == {
        *("collect_returns", "link_incidents", "issue_monthly_report"),
        *("watch_coverage", "erase_expired", "back_up"),
    }
    assert set(parsed_dags["dags"]) < files


def test_reading_the_dag_files_is_quick_and_imports_nothing_heavy(parsed_dags: dict) -> None:
    assert parsed_dags["heavy"] == []
    assert parsed_dags["seconds"] < 3


def test_every_dag_carries_a_runbook_that_says_what_when_and_what_to_do(parsed_dags: dict) -> None:
    for dag in parsed_dags["dags"].values():
        for question in ("**What it does.**", "**When.**", "**When a task fails"):
            assert question in dag["doc_md"]


def test_tasks_pass_nothing_but_ids_and_keep_them_out_of_logs(parsed_dags: dict) -> None:
    for dag_id, dag in parsed_dags["dags"].items():
        for task_id, task in dag["tasks"].items():
            if task_id in {"approve", "wait_for_returns"}:
                continue
            assert task["returns"] in IDS_ONLY, f"{dag_id}.{task_id}"
            assert task["shows_return_value"] is False, f"{dag_id}.{task_id}"


def test_mapped_tasks_are_named_by_what_they_work_on(parsed_dags: dict) -> None:
    dags = parsed_dags["dags"]
    assert "name" in dags["collect_returns"]["tasks"]["pull"]["name_of_mapped"]
    assert "return_id" in dags["collect_returns"]["tasks"]["take_in"]["name_of_mapped"]
    assert "geography" in dags["issue_monthly_report"]["tasks"]["render"]["name_of_mapped"]


def test_months_and_assets_chain_the_dags(parsed_dags: dict) -> None:
    dags = parsed_dags["dags"]
    collect, link = dags["collect_returns"], dags["link_incidents"]
    assert collect["tasks"]["announce"]["outlets"] == ["reports"]
    assert collect["max_active_runs"] == link["max_active_runs"] == 1
    timetable = link["timetable"]["__var"]
    assert timetable["asset_condition"]["name"] == "reports"
    assert timetable["default_partition_mapper"]["__type"] == "partition_mapping.MonthOfReturnMapper"
    assert link["tasks"]["link"]["outlets"] == ["incidents"]

    monthly = dags["issue_monthly_report"]["timetable"]["__var"]
    assert (monthly["expression"], monthly["timezone"]) == ("0 0 1 * *", "Asia/Kolkata")
    assert (monthly["run_offset"], monthly["key_format"]) == (-1, "%Y-%m")


def test_only_approval_opens_the_way_to_publication(parsed_dags: dict) -> None:
    tasks = parsed_dags["dags"]["issue_monthly_report"]["tasks"]
    assert [name for name, task in tasks.items() if not task["downstream"]] == ["publish"]
    assert "publish" in tasks["approve"]["downstream"]
    # With another rule a skipped or failed approval would not stop the publication.
    assert tasks["publish"]["trigger_rule"].lower().endswith("all_success")


def test_no_page_is_rendered_before_the_audit_of_its_figures(parsed_dags: dict) -> None:
    tasks = parsed_dags["dags"]["issue_monthly_report"]["tasks"]
    assert "audit" in tasks["protect"]["downstream"]
    before_pages = {name for name, task in tasks.items() if "render" in task["downstream"]}
    assert before_pages == {"list_geographies", "open_draft"}
    # The draft's figures are there for pages only once they are audited.
    assert "list_geographies" in tasks["audit"]["downstream"]
    assert all(task["trigger_rule"].lower().endswith("all_success") for task in tasks.values())


def test_whoever_approves_reads_what_the_audit_found(parsed_dags: dict) -> None:
    body = parsed_dags["dags"]["issue_monthly_report"]["tasks"]["approve"]["body"]
    asked = set(re.findall(r"task_ids='(\w+)'", body))
    # Nothing but what these two say is put into the question, and neither says a count of incidents.
    assert asked == {"audit", "seal"}
    assert "`audits/`" in body


def test_a_correction_takes_one_of_the_listed_reasons_or_none(parsed_dags: dict, contract: Contract) -> None:
    offered = parsed_dags["dags"]["issue_monthly_report"]["params"]["correction"]["enum"]
    assert offered == [None, *contract.code_lists["correction_reasons"].codes]


def imported_by(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{name.name}" for name in node.names)}
    return found


def imports_of(*folders: str) -> dict[str, set[str]]:
    paths = [path for folder in folders for path in (CHECKOUT / folder).rglob("*.py")]
    return {path.relative_to(CHECKOUT).as_posix(): imported_by(path) for path in sorted(paths)}


def is_within(module: str, *packages: str) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in packages)


def test_no_module_of_the_pipeline_imports_airflow() -> None:
    for path, modules in imports_of("pipeline").items():
        assert not [module for module in modules if is_within(module, "airflow")], path


def test_dag_files_reach_the_steps_through_jobs_only() -> None:
    for path, modules in imports_of("dags").items():
        allowed = ("pipeline.jobs", "pipeline.settings", "pipeline.errors")
        if path == "dags/plugins/desk.py":
            allowed = ("pipeline.desk", "pipeline.settings", "pipeline.secrets")
        own = {module for module in modules if is_within(module, "pipeline")} - {"pipeline"}
        assert not [module for module in own if not is_within(module, *allowed)], path


def test_every_job_that_a_dag_names_exists() -> None:
    from pipeline import jobs

    named = {
        node.attr
        for path in (CHECKOUT / "dags").glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "jobs"
    }
    assert len(named) > 5
    assert [name for name in sorted(named) if not callable(getattr(jobs, name, None))] == []


def test_steps_do_not_reach_for_store_or_jobs_and_the_store_reaches_for_no_step() -> None:
    around = {
        "jobs",
        "store",
        "cli",
        "doctor",
        "server",
        "up",
        "components",
        "airflow_env",
        "sealing",
        "secrets",
        "files",
        "keeping",
    }
    shared = (
        "pipeline.contract",
        "pipeline.errors",
        "pipeline.settings",
        "pipeline.store",
        "pipeline.sealing",
    )
    for path, modules in imports_of("pipeline").items():
        part = Path(path).parts[1].removesuffix(".py")
        # Commands stand in several files.
        part = "cli" if part.startswith("cli_") else part
        own = {module for module in modules if is_within(module, "pipeline")} - {"pipeline"}
        if part == "store":
            assert not [module for module in own if not is_within(module, *shared)], path
        elif part not in around | {"__init__"}:
            outside = ("pipeline.store", "pipeline.jobs", "pipeline.cli", "pipeline.server")
            # The desk calls jobs, as commands do.
            outside = tuple(set(outside) - {"pipeline.jobs"}) if part == "desk" else outside
            assert not [module for module in own if is_within(module, *outside)], path
