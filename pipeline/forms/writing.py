"""All that a collective fills in or works with, as files of one folder.

Names of files tell nothing of what the forms are about, as their titles do not.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from pipeline.contract import Contract
from pipeline.files import write_atomically
from pipeline.forms.paper import print_districts, print_form
from pipeline.forms.safety import NAME
from pipeline.forms.xlsform import write_xform, write_xlsform
from pipeline.language import list_languages, load_language


def write_forms(out: Path, contract: Contract, languages: Sequence[str] = ()) -> Iterator[Path]:
    """Write all forms into a folder and yield each file once it is there; a second run changes nothing.

    The form for phones (XLSForm and XForm) has every language in one file, and so has the page for case tokens. The
    data template, the form on paper and its list of districts come in each of `languages`, by default in all.
    Raises UsageError for a language without a catalog, PrinterMissingError where paper cannot be printed; what was
    written before stays.
    """
    for path, content in _make_files(out, contract, languages or list_languages()):
        write_atomically(path, content)
        yield path


def _make_files(out: Path, contract: Contract, languages: Sequence[str]) -> Iterator[tuple[Path, bytes]]:
    from pipeline.forms.case_token import write_case_token_page
    from pipeline.forms.template import write_template

    spoken = [load_language(code) for code in languages]
    xlsform = write_xlsform(contract)
    yield out / f"{NAME}.xlsx", xlsform
    yield out / f"{NAME}.xml", write_xform(xlsform)
    yield out / "tokens.html", write_case_token_page()
    for language in spoken:
        yield out / f"{NAME}.table.{language.code}.xlsx", write_template(contract, language)
    for language in spoken:
        yield out / f"{NAME}.paper.{language.code}.pdf", print_form(contract, language)
        yield out / f"{NAME}.districts.{language.code}.pdf", print_districts(contract, language)
