"""One function a DAG task: the only place where store, files and pure steps meet.

Every job takes the settings first, returns ids only, does its database work in one transaction, writes files
whole or not at all, and changes nothing when it is called again.
"""

from pipeline.jobs.consents import give_consent, list_consents, withdraw_consent, write_consent_form
from pipeline.jobs.editions import open_edition, publish_edition, seal_edition, tabulate_edition
from pipeline.jobs.explanation import explain_report
from pipeline.jobs.holding import list_held_returns, refuse_return, release_return
from pipeline.jobs.intake import take_in_return
from pipeline.jobs.landing import describe_inbox, land_returns
from pipeline.jobs.linkage import link_month, list_news
from pipeline.jobs.overview import describe_status, export_links, find_pages, month_is_due
from pipeline.jobs.pages import list_geographies, render_edition
from pipeline.jobs.protection import audit_edition, protect_edition
from pipeline.jobs.pulling import pull_source
from pipeline.jobs.review import decide_pair, list_doubtful, show_pair, undo_decision
from pipeline.jobs.workplace import prepare

__all__ = [
    "audit_edition",
    "decide_pair",
    "describe_inbox",
    "describe_status",
    "explain_report",
    "export_links",
    "find_pages",
    "give_consent",
    "land_returns",
    "link_month",
    "list_consents",
    "list_doubtful",
    "list_geographies",
    "list_held_returns",
    "list_news",
    "month_is_due",
    "open_edition",
    "prepare",
    "protect_edition",
    "publish_edition",
    "pull_source",
    "refuse_return",
    "release_return",
    "render_edition",
    "seal_edition",
    "show_pair",
    "tabulate_edition",
    "take_in_return",
    "undo_decision",
    "withdraw_consent",
    "write_consent_form",
]
