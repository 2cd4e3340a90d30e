"""One function a DAG task: the only place where store, files and pure steps meet.

Every job takes the settings first, returns ids only, does its database work in one transaction, writes files
whole or not at all, and changes nothing when it is called again.
"""

from pipeline.jobs.approval import (
    check_approver,
    find_edition_folder,
    is_lone_reviewer,
    list_edition_records,
    reject_edition,
    view_edition,
)
from pipeline.jobs.backup import back_up, save_keys_apart
from pipeline.jobs.consents import (
    give_consent,
    list_consents,
    record_letters,
    withdraw_consent,
    write_consent_form,
)
from pipeline.jobs.coverage import find_slip, list_missing, load_coverage, load_filing
from pipeline.jobs.editions import open_edition, publish_edition, seal_edition, tabulate_edition
from pipeline.jobs.erasure import erase_spent_keys, purge_months, remove_files, rewrite_database
from pipeline.jobs.explanation import explain_report
from pipeline.jobs.health import check_health
from pipeline.jobs.holding import list_held_returns, refuse_return, release_return
from pipeline.jobs.intake import take_in_return
from pipeline.jobs.landing import describe_inbox, land_returns
from pipeline.jobs.linkage import link_month, list_news
from pipeline.jobs.measuring import measure
from pipeline.jobs.overview import describe_status, export_links, find_pages, month_is_due
from pipeline.jobs.pages import list_geographies, render_edition
from pipeline.jobs.protection import AUDIT_REPORT, audit_edition, protect_edition
from pipeline.jobs.pulling import pull_source
from pipeline.jobs.renewal import renew_vault_key, seal_anew
from pipeline.jobs.restoring import restore_backup
from pipeline.jobs.review import (
    decide_pair,
    describe_agreement,
    list_doubtful,
    load_queue,
    open_pair,
    say_outcome,
    show_pair,
    undo_decision,
)
from pipeline.jobs.watching import watch
from pipeline.jobs.workplace import prepare

__all__ = [
    "AUDIT_REPORT",
    "audit_edition",
    "back_up",
    "check_approver",
    "check_health",
    "decide_pair",
    "describe_agreement",
    "describe_inbox",
    "describe_status",
    "erase_spent_keys",
    "explain_report",
    "export_links",
    "find_edition_folder",
    "find_pages",
    "find_slip",
    "give_consent",
    "is_lone_reviewer",
    "land_returns",
    "link_month",
    "list_consents",
    "list_doubtful",
    "list_edition_records",
    "list_geographies",
    "list_held_returns",
    "list_missing",
    "list_news",
    "load_coverage",
    "load_filing",
    "load_queue",
    "measure",
    "month_is_due",
    "open_edition",
    "open_pair",
    "prepare",
    "protect_edition",
    "publish_edition",
    "pull_source",
    "purge_months",
    "record_letters",
    "refuse_return",
    "reject_edition",
    "release_return",
    "remove_files",
    "render_edition",
    "renew_vault_key",
    "restore_backup",
    "rewrite_database",
    "save_keys_apart",
    "say_outcome",
    "seal_anew",
    "seal_edition",
    "show_pair",
    "tabulate_edition",
    "take_in_return",
    "undo_decision",
    "view_edition",
    "watch",
    "withdraw_consent",
    "write_consent_form",
]
