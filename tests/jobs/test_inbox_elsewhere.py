"""An inbox in an object store is taken in as one on this machine is."""

from dataclasses import replace

import fsspec

from pipeline import jobs


def test_returns_in_a_bucket_are_counted_once_and_told_of_while_they_wait(october, make_report, s3) -> None:
    store = fsspec.filesystem("s3", skip_instance_cache=True)
    store.mkdir("made-up")
    local = october.send_reports("UTTHAN", make_report("U-1"), make_report("U-2", service="LEGAL_AID"))
    store.pipe("made-up/inbox/UTTHAN/2026-10.csv", local.read_bytes())
    elsewhere = replace(october, settings=replace(october.settings, inbox="s3://made-up/inbox"))
    jobs.prepare(elsewhere.settings)
    assert jobs.describe_inbox(elsewhere.settings) == ["Files in the inbox that are not taken in yet: 1."]
    elsewhere.collect()
    elsewhere.collect()
    assert jobs.describe_inbox(elsewhere.settings) == []
    assert elsewhere.verdicts() == {"U-1": ["counted"], "U-2": ["counted"]}
    # Put there anew, it is the same return.
    store.pipe("made-up/inbox/UTTHAN/2026-10-again.csv", local.read_bytes())
    elsewhere.collect()
    assert sorted(elsewhere.verdicts()["U-1"]) == ["counted", "duplicate"]


def test_an_inbox_that_is_not_there_holds_up_nothing_and_is_told_of(october, s3) -> None:
    away = replace(october.settings, inbox="s3://no-such-bucket/inbox")
    jobs.prepare(away)
    assert jobs.land_returns(away) == []
    (line,) = jobs.describe_inbox(away)
    assert "inbox" in line
