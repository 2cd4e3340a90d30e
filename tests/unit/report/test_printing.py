"""A printed page is whole, readable, tagged, the same each time, and made of its edition's files alone."""

import io
import logging
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pikepdf
import pytest
from fontTools.ttLib import TTFont

from pipeline.report.printing import PageNotPrintableError, PrinterMissingError, print_page
from pipeline.settings import CHECKOUT

STATIC = CHECKOUT / "reports" / "static"

SENTENCES = {
    "en": "The police refused an FIR: “no case” – it’s said… 1,00,000 · ₹ 5,00,000 ▲ → ≥ 3 ✓",
    "hi": "पुलिस ने प्राथमिकी दर्ज नहीं की। धारा 370 FIR ₹ 5,00,000 “क्षतिपूर्ति”, स्त्री, ट्रैफ़िकिंग",
    "bn": "পুলিশ এফআইআর নিতে অস্বীকার করেছে। ধারা 370 FIR ₹ 5,00,000 “ক্ষতিপূরণ”, স্ত্রী, র‍্যাব",
    "or": "ପୋଲିସ ଏଫ୍ଆଇଆର୍ ନେବାକୁ ମନା କଲା। ଧାରା 370 FIR ₹ 5,00,000 “କ୍ଷତିପୂରଣ”, ସ୍ତ୍ରୀ, ଜ୍ଞାନ",
    "ta": "காவல்துறை முதல் தகவல் அறிக்கையைப் பதிவு செய்ய மறுத்தது. பிரிவு 370 FIR ₹ 5,00,000 “இழப்பீடு”, ஸ்ரீ, கொ",
    "te": "పోలీసులు ఎఫ్‌ఐఆర్ నమోదు చేయడానికి నిరాకరించారు. సెక్షన్ 370 FIR ₹ 5,00,000 “పరిహారం”, స్త్రీ, క్ష్మ",
}
FAMILIES = {"Latin", "Symbols", "Devanagari", "Bengali", "Odia", "Tamil", "Telugu"}
# One letter to the eye, or two, of which each is written with more characters.
JOINED = {"hi": "क्षस्त्र", "bn": "ক্ষস্ত্র", "or": "କ୍ଷସ୍ତ୍ର", "ta": "க்ஷஸ்ரீ", "te": "క్షస్త్ర"}

PRINT_IN_A_PROCESS = """
import sys
from pathlib import Path
from pipeline.report.printing import print_page
folder = Path(sys.argv[1])
sys.stdout.buffer.write(print_page((folder / "page.html").read_bytes(), folder))
"""


def write_page(body: str, *, head: str = "", language: str = "en") -> bytes:
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>Report, जवाबदेही</title>'
        f'<link rel="stylesheet" href="../static/fonts.css">{head}</head><body>{body}</body></html>'
    ).encode()


SIX_SCRIPTS = write_page(
    "<h1>Report</h1>"
    + "".join(
        f'<section lang="{language}"><h2>Part {language}</h2><p>{text}</p><p><strong>{text}</strong></p></section>'
        for language, text in SENTENCES.items()
    )
)


@pytest.fixture(scope="module")
def edition(tmp_path_factory) -> Path:
    """An edition's folder with the styles, as drafts have them."""
    folder = tmp_path_factory.mktemp("drafts") / "e1"
    shutil.copytree(STATIC, folder / "static")
    (folder / "IN-WB").mkdir()
    return folder


@pytest.fixture(scope="module")
def folder(edition) -> Path:
    return edition / "IN-WB"


@pytest.fixture(scope="module")
def six_scripts(folder) -> bytes:
    return print_page(SIX_SCRIPTS, folder)


def open_pdf(content: bytes) -> pikepdf.Pdf:
    return pikepdf.open(io.BytesIO(content))


def read_font(font: pikepdf.Object) -> TTFont:
    """Return the font file that is embedded for a font of a PDF."""
    return TTFont(io.BytesIO(font.DescendantFonts[0].FontDescriptor.FontFile2.read_bytes()))


def read_characters(font: pikepdf.Object) -> dict[int, str]:
    """Return which characters each glyph of a font is said to stand for."""
    pairs = re.findall(rb"<([0-9a-f]{4})> <([0-9a-f]*)>", font.ToUnicode.read_bytes())
    return {int(glyph, 16): bytes.fromhex(text.decode()).decode("utf-16-be") for glyph, text in pairs}


def list_shown(page: pikepdf.Page) -> Iterator[tuple[pikepdf.Dictionary | None, str, list[int]]]:
    """Yield what a page shows: the mark it stands under, its font and its glyphs; None marks what is no text."""
    marks: list[pikepdf.Dictionary | None] = []
    font = ""
    for operands, operator in pikepdf.parse_content_stream(page):
        match str(operator):
            case "BMC":
                marks.append(None)
            case "BDC":
                marks.append(operands[1] if str(operands[0]) == "/Span" else None)
            case "EMC":
                marks.pop()
            case "Tf":
                font = str(operands[0])
            case "Tj" | "TJ":
                parts = operands[0] if str(operator) == "TJ" else operands
                codes = b"".join(bytes(part) for part in parts if isinstance(part, pikepdf.String))
                yield marks[-1], font, [a << 8 | b for a, b in zip(codes[::2], codes[1::2], strict=True)]


def read_text(pdf: pikepdf.Pdf) -> str:
    """Return the text of a PDF as a screen reader gets it, without what stands in margins."""
    pieces: list[str] = []
    for page in pdf.pages:
        fonts = {name: read_characters(font) for name, font in page.Resources.Font.items()}
        last = None
        for mark, font, glyphs in list_shown(page):
            if mark is None:
                continue
            if last != mark.MCID:
                pieces.append(" " + str(mark.get("/ActualText", "")))
            if "/ActualText" not in mark:
                pieces[-1] += "".join(fonts[font][glyph] for glyph in glyphs)
            last = mark.MCID
    return " ".join("".join(pieces).split())


def list_marks(page: pikepdf.Page) -> list[str]:
    return [
        str(operands[0])
        for operands, operator in pikepdf.parse_content_stream(page)
        if str(operator) in ("BMC", "BDC")
    ]


def list_tags(element: pikepdf.Object) -> Iterator[str]:
    if isinstance(element, pikepdf.Array):
        for child in element:
            yield from list_tags(child)
    elif isinstance(element, pikepdf.Dictionary) and "/S" in element:
        yield str(element.S)
        yield from list_tags(element.get("/K", pikepdf.Array()))


def list_links(pdf: pikepdf.Pdf) -> list[pikepdf.Object]:
    return [one for page in pdf.pages for one in page.get("/Annots", []) if one.Subtype == "/Link"]


def test_a_page_becomes_a_tagged_pdf_with_title_and_language(six_scripts):
    pdf = open_pdf(six_scripts)
    assert pdf.Root.MarkInfo.Marked
    assert {"/Document", "/Sect", "/H1", "/H2", "/P", "/Span"} <= set(list_tags(pdf.Root.StructTreeRoot.K))
    assert pdf.Root.Lang == "en"
    assert pdf.Root.ViewerPreferences.DisplayDocTitle
    assert str(pdf.docinfo.Title) == "Report, जवाबदेही"
    with pdf.open_metadata() as metadata:
        assert metadata["pdfuaid:part"] == "1"
        assert metadata["dc:title"] == "Report, जवाबदेही"


def test_headings_become_bookmarks(six_scripts):
    with open_pdf(six_scripts).open_outline() as outline:
        (report,) = outline.root
        assert report.title == "Report"
        assert [part.title for part in report.children] == [f"Part {language}" for language in SENTENCES]


def test_the_text_of_six_scripts_can_be_read_from_the_pdf(six_scripts):
    parts = " ".join(f"Part {language} {text} {text}" for language, text in SENTENCES.items())
    assert read_text(open_pdf(six_scripts)) == f"Report {parts}"


def test_text_in_another_language_says_so(six_scripts):
    pdf = open_pdf(six_scripts)
    languages = {
        str(mark.Lang)
        for page in pdf.pages
        for mark, _, _ in list_shown(page)
        if mark is not None and "/Lang" in mark
    }
    assert languages == SENTENCES.keys() - {"en"}


def test_every_glyph_is_of_a_font_that_comes_along_and_none_is_an_empty_box(six_scripts):
    pdf = open_pdf(six_scripts)
    (page,) = pdf.pages
    shown = [(font, glyph) for _, font, glyphs in list_shown(page) for glyph in glyphs]
    families = set()
    for name, font in page.Resources.Font.items():
        # Identity: a code is the number of its glyph; glyph 0 is the box for what a font lacks.
        assert font.Encoding == "/Identity-H"
        embedded = read_font(font)
        assert {0 < glyph < embedded["maxp"].numGlyphs for shown_in, glyph in shown if shown_in == name} == {
            True
        }
        families.add(re.fullmatch(r"/[A-Z]{6}\+Jawabdehi-(\w+)(-Bold)?", str(font.BaseFont))[1])
    assert families == FAMILIES


@pytest.mark.parametrize("language", JOINED)
def test_letters_join(language, folder):
    text = JOINED[language]
    pdf = open_pdf(print_page(write_page(f"<p>{text}</p>", language=language), folder))
    glyphs = [glyph for _, _, glyphs in list_shown(pdf.pages[0]) for glyph in glyphs]
    assert len(glyphs) < len(text) - 1


def test_the_same_page_gives_the_same_bytes_in_every_process(edition, six_scripts, tmp_path):
    for number in (1, 2):
        elsewhere = tmp_path / str(number) / "other name" / "IN-WB"
        shutil.copytree(edition, elsewhere.parent)
        (elsewhere / "page.html").write_bytes(SIX_SCRIPTS)
        environment = os.environ | {
            "PYTHONHASHSEED": str(number),
            "SOURCE_DATE_EPOCH": str(number),
            "TMPDIR": str(tmp_path / str(number)),
            "TZ": ("Asia/Kolkata", "UTC")[number - 1],
        }
        printed = subprocess.run(
            [sys.executable, "-c", PRINT_IN_A_PROCESS, str(elsewhere)],
            env=environment,
            cwd=elsewhere,
            capture_output=True,
            check=True,
        )
        assert printed.stdout == six_scripts
        assert printed.stderr == b""


def test_pages_printed_before_do_not_change_a_page(folder, six_scripts):
    print_page(write_page("<p>ଅନ୍ୟ ପୃଷ୍ଠା</p>", language="or"), folder)
    assert print_page(SIX_SCRIPTS, folder) == six_scripts


def test_no_path_of_the_machine_is_in_the_pdf(edition, folder):
    page = write_page(
        '<p><a href="../figures.csv">Figures</a> <a href="#here">Here</a></p><p id="here">It.</p>'
    )
    pdf = open_pdf(print_page(page, folder))
    plain = io.BytesIO()
    pdf.save(plain, compress_streams=False, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    for trace in (b"file:", b"e1", str(edition.parent).encode(), b"/tmp"):
        assert trace not in plain.getvalue()


def test_links_stay_relative_and_have_the_words_of_the_page(folder):
    page = write_page(
        '<p><a href="../figures.csv">Figures of all</a> <a href="report.en.html#t-1">Table</a>'
        ' <a href="../../../index.html">Editions</a> <a href="https://example.org/a?b#c">Licence</a>'
        ' <a href="#here">Below</a></p><p id="here">It.</p>'
    )
    pdf = open_pdf(print_page(page, folder))
    links = list_links(pdf)
    assert [str(link.Contents) for link in links] == [
        "Figures of all",
        "Table",
        "Editions",
        "Licence",
        "Below",
    ]
    assert [str(link.A.URI) for link in links[:-1]] == [
        "../figures.csv",
        "report.en.html#t-1",
        "../../../index.html",
        "https://example.org/a?b#c",
    ]
    assert links[-1].Dest == "here"


def test_what_is_folded_on_the_screen_is_printed(folder):
    page = write_page("<details><summary>Not published</summary><p>Police station</p></details>")
    assert read_text(open_pdf(print_page(page, folder))) == "Not published Police station"


def test_page_numbers_are_printed_but_are_no_part_of_the_text(folder):
    head = '<style>@page { @bottom-right { content: counter(page) " / " counter(pages) } }</style>'
    pdf = open_pdf(print_page(write_page("<p>Text</p>", head=head), folder))
    fonts = {name: read_characters(font) for name, font in pdf.pages[0].Resources.Font.items()}
    shown = list(list_shown(pdf.pages[0]))
    margin = "".join(fonts[font][glyph] for mark, font, glyphs in shown if mark is None for glyph in glyphs)
    assert margin == "1 / 1"
    assert read_text(pdf) == "Text"


OUTSIDE = {
    "an address in the net": '<img src="https://example.org/a.png" alt="a">',
    "a style in the net": '<link rel="stylesheet" href="http://example.org/a.css">',
    "an import": '<style>@import url("https://example.org/a.css");</style>',
    "a background": '<style>p { background: url("//example.org/a.png") }</style><p>a</p>',
    "a font of the machine": '<style>@font-face { font-family: a; src: url("file:///etc/hostname") }</style>',
    "a file of the machine": '<img src="file:///etc/hostname" alt="a">',
    "a path of the machine": '<img src="/etc/hostname" alt="a">',
    "a way out": '<img src="../../outside.css" alt="a">',
    "a hidden way out": '<img src="file:///an/edition/..%2foutside.css" alt="a">',
    "a link out": '<link rel="stylesheet" href="../static/linked.css">',
    "a folder": '<img src="../static/" alt="a">',
    "nothing": '<img src="../static/%00" alt="a">',
    "data": '<img src="data:image/png;base64,AAAA" alt="a">',
    "an attachment": '<link rel="attachment" href="file:///etc/hostname">',
    "an attachment in a line": '<p><a rel="attachment" href="file:///etc/hostname">a</a></p>',
    "a picture in a picture": '<svg width="9" height="9"><title>a</title><image href="https://example.org/a.png"/></svg>',
    "a profile of colours": '<style>@color-profile --a { src: url("https://example.org/a.icc") }</style>',
    "another base": '<base href="https://example.org/"><link rel="stylesheet" href="a.css">',
}


@pytest.mark.parametrize("content", OUTSIDE.values(), ids=OUTSIDE)
def test_nothing_outside_the_edition_is_read(content, edition, folder):
    (edition.parent / "outside.css").write_text("p { color: red }")
    link = edition / "static" / "linked.css"
    link.unlink(missing_ok=True)
    link.symlink_to(edition.parent / "outside.css")
    page = f'<!doctype html><html lang="en"><title>a</title>{content}</html>'.encode()
    with pytest.raises(PageNotPrintableError):
        print_page(page, folder)


@pytest.mark.parametrize("is_damaged", [True, False], ids=["damaged", "missing"])
def test_a_font_that_cannot_be_used_is_an_error(is_damaged, edition, tmp_path):
    shutil.copytree(edition, tmp_path / "e1", symlinks=True)
    font = tmp_path / "e1" / "static" / "fonts" / "NotoSansOriya-Bold.woff2"
    font.unlink()
    if is_damaged:
        font.write_bytes(b"wOF2 and no more")
    with pytest.raises(PageNotPrintableError, match="cannot be read" if is_damaged else font.name):
        print_page(SIX_SCRIPTS, tmp_path / "e1" / "IN-WB")


@pytest.mark.parametrize(
    ("body", "head"),
    [
        ("<p>鬼</p>", ""),
        ("<p>a\U0010fffe</p>", ""),
        ("<p>a</p>", "<style>p { font-family: serif }</style>"),
    ],
    ids=["another script", "no character", "a font of the machine"],
)
def test_a_character_that_no_font_of_the_edition_would_print_is_an_error(body, head, folder):
    with pytest.raises(PageNotPrintableError, match=r"U\+[0-9A-F]{4}"):
        print_page(write_page(body, head=head), folder)


def test_what_weasyprint_cannot_do_is_an_error_and_what_is_for_browsers_is_passed_over(folder, caplog):
    caplog.set_level(logging.DEBUG)
    styles = (
        "p { text-wrap: balance } p::details-content { color: red } @media (max-width: 9rem) { p { top: 0 } }"
    )
    assert print_page(write_page("<p>a</p>", head=f"<style>{styles}</style>"), folder)
    with pytest.raises(PageNotPrintableError, match="nowhere"):
        print_page(write_page('<p><a href="#nowhere">a</a></p>'), folder)
    assert [record for record in caplog.records if record.name.startswith("weasyprint")] == []


def test_a_page_without_title_or_language_is_an_error(folder):
    for page in (write_page("<p>a</p>", language=""), write_page("<p>a</p>").replace(b"title>", b"b>")):
        with pytest.raises(PageNotPrintableError):
            print_page(page, folder)


def test_a_picture_has_words_or_is_hidden_from_speech(folder):
    drawing = '<p>Rising <svg width="60" height="20" {}>{}<polyline points="0,10 20,5 60,18"/></svg></p>'
    spoken = open_pdf(print_page(write_page(drawing.format("", "<title>Rising</title>")), folder))
    assert "/Figure" in list_tags(spoken.Root.StructTreeRoot.K)
    hidden = open_pdf(print_page(write_page(drawing.format('aria-hidden="true"', "")), folder))
    assert "/Figure" not in list_tags(hidden.Root.StructTreeRoot.K)
    assert len(list_marks(hidden.pages[0])) == len(list_marks(spoken.pages[0])) == 2
    assert "/Artifact" in list_marks(hidden.pages[0])
    with pytest.raises(PageNotPrintableError, match="words"):
        print_page(write_page(drawing.format("", "")), folder)


@pytest.mark.parametrize("library", ["pango", "harfbuzz-subset"])
def test_a_missing_library_is_named_with_its_package(library, folder):
    script = f"""
import cffi
found = cffi.FFI.dlopen
def dlopen(self, name, flags=0):
    if {library!r} in str(name):
        raise OSError("not here")
    return found(self, name, flags)
cffi.FFI.dlopen = dlopen
from pathlib import Path
from pipeline.report.printing import PrinterMissingError, print_page
try:
    print_page(b"", Path({str(folder)!r}))
except {PrinterMissingError.__name__} as error:
    print(error)
"""
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert "apt-get install libpango-1.0-0" in told
    assert told.count("\n") == 1


def test_every_font_file_is_used_and_every_family_goes_by_our_name():
    styles = (STATIC / "fonts.css").read_text(encoding="utf-8")
    files = re.findall(r'src: url\("fonts/([^"]+)"\)', styles)
    assert sorted(files) == sorted(path.name for path in (STATIC / "fonts").glob("*.woff2"))
    families = re.findall(r'"([^"]+)"', " ".join(re.findall("font-family: (.*);", styles)))
    assert set(families) == {f"Jawabdehi {family}" for family in FAMILIES}


def test_browsers_are_told_of_no_character_that_a_font_lacks_beyond_its_script():
    for face in re.findall(r"@font-face \{(.*?)\}", (STATIC / "fonts.css").read_text(), flags=re.DOTALL):
        name = re.search(r"fonts/([^\"]+)", face)[1]
        has = TTFont(STATIC / "fonts" / name).getBestCmap().keys()
        for first, last in re.findall(r"U\+([0-9A-F]+)(?:-([0-9A-F]+))?", face):
            told = range(int(first, 16), int(last or first, 16) + 1)
            assert any(character in has for character in told), (name, first)


def test_the_pieces_of_a_range_do_not_overlap():
    for face in re.findall(r"unicode-range: ([^;]+);", (STATIC / "fonts.css").read_text()):
        ends = sorted(
            (int(first, 16), int(last or first, 16))
            for first, last in re.findall(r"U\+([0-9A-F]+)(?:-([0-9A-F]+))?", face)
        )
        assert all(before[1] < after[0] for before, after in pairwise(ends))
