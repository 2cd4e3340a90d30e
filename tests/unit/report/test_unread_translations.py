"""Pages in a language whose catalog no speaker has signed say so."""

from pipeline import language as languages
from pipeline.language import load_language
from pipeline.report.edition import Edition
from pipeline.settings import CHECKOUT
from pipeline.templates import environment_of


def test_a_page_says_that_nobody_has_read_its_translation_until_somebody_signs(
    contract, make_frame, make_figures, render, tmp_path, monkeypatch
):
    figures = make_figures(make_frame(contract, share_shown=0.3))
    edition = Edition("2026-10", 1, {})
    # The notice comes from the catalog of the language itself.
    notice = load_language("hi").say(
        "This translation was made by a machine, and no speaker has read it yet. Where it differs from the English "
        "page, the English page holds."
    )
    assert notice in render(figures, contract, edition, "IN", language="hi").decode()
    assert notice not in render(figures, contract, edition, "IN").decode()
    readme = (languages.LOCALES / "README.md").read_text(encoding="utf-8")
    signed = readme.replace("| hi |  |  |", "| hi | A made-up reader | 2026-11-29 |")
    assert signed != readme
    (tmp_path / "README.md").write_text(signed, encoding="utf-8")
    monkeypatch.setattr(languages, "LOCALES", tmp_path)
    (tmp_path / "hi").symlink_to(CHECKOUT / "reports" / "locale" / "hi")
    for cached in (load_language, environment_of):
        cached.cache_clear()
    assert notice not in render(figures, contract, edition, "IN", language="hi").decode()
    monkeypatch.undo()
    for cached in (load_language, environment_of):
        cached.cache_clear()
