"""What is done with WeasyPrint: where it may read, what it is told, and what it leaves for us to add.

It leaves two things that readers of Indic scripts need. It says of each glyph which characters it stands for, which
cannot be said where vowels stand before their consonants or letters merge; so the text of a line is written beside
its glyphs, with its language. And it tells of a link by its address; its words are put there.
"""

import functools
import hashlib
import io
import posixpath
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import pydyf
import weasyprint
from fontTools.ttLib import woff2
from weasyprint.formatting_structure.boxes import MarginBox, TextBox
from weasyprint.pdf.stream import Stream
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from pipeline.report.printing import PageNotPrintableError

_EDITION = "file:///an/edition/"
"""Where the edition seems to lie for WeasyPrint, wherever it does: no path of this machine gets into the PDF."""

_OUR_FONTS = "Jawabdehi "
"""How the families of `reports/static/fonts.css` begin; no font of the machine is called so."""

_UNSPOKEN = pydyf.Dictionary({"Type": "/Layout"})

_INDIC = range(0x0900, 0x0D80)


def print_on_paper(page: bytes, folder: Path) -> bytes:
    """Return a page as PDF; `folder` is where it lies, below its edition."""
    folder = folder.resolve()
    address = f"{_EDITION}{quote(folder.name)}/"
    html = weasyprint.HTML(
        string=page, encoding="utf-8", base_url=address, url_fetcher=_EditionFetcher(folder.parent)
    )
    try:
        document = html.render(pdf_variant="pdf/ua-1")
        if not document.metadata.title:
            raise PageNotPrintableError(
                "The page has no title; give it one, by which readers tell documents apart."
            )
        document = document.copy([_ReadablePage(one, document.metadata.lang) for one in document.pages])
        printed: bytes = document.write_pdf(
            finisher=functools.partial(_finish, address=address),
            pdf_variant="pdf/ua-1",
            # Without one, each reader would have to make it up.
            pdf_identifier=hashlib.sha256(page).hexdigest()[:32].encode(),
        )
    except FatalURLFetchingError as error:
        if isinstance(error.__cause__, PageNotPrintableError):
            raise error.__cause__ from None
        raise PageNotPrintableError(
            "A file that the page asks for cannot be read; put the files of the edition in place again."
        ) from error
    return printed


class _EditionFetcher(URLFetcher):  # type: ignore[misc]
    """Reads files of one edition, and ends the printing where a page asks for anything else."""

    def __init__(self, edition: Path) -> None:
        super().__init__(allowed_protocols=(), allow_redirects=False, fail_on_errors=True)
        self._edition = edition

    def fetch(self, url: str, headers: object = None) -> URLFetcherResponse:  # noqa: ARG002
        path = self._find(url)
        content = path.read_bytes()
        if path.suffix == ".woff2":
            content = _unpack_font(content)
        kind = "text/css" if path.suffix == ".css" else "application/octet-stream"
        return URLFetcherResponse(url, content, {"Content-Type": kind})

    def _find(self, url: str) -> Path:
        name = unquote(urlsplit(url).path.removeprefix(urlsplit(_EDITION).path))
        # Links are followed before the comparison, so that none leads out.
        path = (self._edition / name).resolve()
        if not url.startswith(_EDITION) or not path.is_relative_to(self._edition):
            raise PageNotPrintableError(
                f"The page asks for {url[:99]}, which is outside its edition; let it ask for files of the edition."
            )
        if not path.is_file():
            raise PageNotPrintableError(f"The page asks for {name}, which its edition lacks; put it there.")
        return path


@functools.lru_cache(maxsize=32)
def _unpack_font(packed: bytes) -> bytes:
    """Unpack a font, which takes a tenth of a second, once for all pages that use it."""
    unpacked = io.BytesIO()
    woff2.decompress(io.BytesIO(packed), unpacked)
    return unpacked.getvalue()


class _ReadablePage:
    """A page of a document that says, beside its glyphs, which text they are.

    `hidden` are the marks of pictures that are not to be spoken of, since the text beside them says it all.
    """

    def __init__(self, page: weasyprint.Page, language: str | None) -> None:
        self._page = page
        self._language = language
        self.hidden: set[int] = set()

    def __getattr__(self, name: str) -> object:
        return getattr(self._page, name)

    def paint(self, stream: Stream, scale: float = 1) -> None:
        self._page.paint(stream, scale)
        boxes = {mark["mcid"]: box for box, mark in stream._tags.items()}
        margins = {
            box
            for margin in self._page._page_box.children
            if isinstance(margin, MarginBox)
            for box in margin.descendants()
        }
        for place, entry in enumerate(stream.stream):
            if not isinstance(entry, pydyf.Dictionary) or "MCID" not in entry:
                continue
            box = boxes[entry["MCID"]]
            is_hidden = not isinstance(box, TextBox) and box.element.get("aria-hidden") == "true"
            if is_hidden:
                self.hidden.add(entry["MCID"])
            if is_hidden or box in margins:
                # Page numbers, too, are no part of the text, else they would be read aloud in its midst.
                stream.stream[place - 1 : place + 1] = ["/Artifact", _UNSPOKEN]
            elif isinstance(box, TextBox):
                entry.update(self._describe(box))

    def _describe(self, box: TextBox) -> dict[str, pydyf.String]:
        facts = {}
        if box.style["lang"] != self._language:
            facts["Lang"] = pydyf.String(box.style["lang"] or "")
        if any(ord(letter) in _INDIC for letter in box.text):
            facts["ActualText"] = pydyf.String(box.text)
        return facts


def _finish(document: weasyprint.Document, pdf: pydyf.PDF, *, address: str) -> None:
    """Give links their words and relative addresses; refuse what a reader could not read."""
    for page in document.pages:
        for _kind, _target, _place, box in page.links:
            if annotation := box.link_annotation:
                _finish_link(annotation, " ".join("".join(box.element.itertext()).split()), address)
    _finish_pictures(document, pdf)
    _check_fonts(document)


def _finish_pictures(document: weasyprint.Document, pdf: pydyf.PDF) -> None:
    """Take pictures that are not to be spoken of out of the tags; refuse others that have no words."""
    hidden = {
        (reference, mark)
        for page, reference in zip(document.pages, pdf.page_references, strict=True)
        for mark in page.hidden
    }
    for entry in pdf.objects:
        if isinstance(entry, pydyf.Dictionary) and entry.get("S") == "/Figure" and "Alt" not in entry:
            if (entry["Pg"], entry["K"][0]) not in hidden:
                raise PageNotPrintableError(
                    "A picture of the page has no words; give an svg a title, an img an alt, or hide it from speech."
                )
            del entry["A"]
            entry.update(S="/NonStruct", K=pydyf.Array())


def _check_fonts(document: weasyprint.Document) -> None:
    """Refuse fonts that are not the edition's: another machine would have others, or none."""
    for font in document.fonts.values():
        if font.missing or not font.family.startswith(_OUR_FONTS):
            characters = sorted(font.missing) or sorted(map(ord, "".join(font.to_unicode.values())))
            raise PageNotPrintableError(
                "No font that comes with the edition would print "
                + ", ".join(f"U+{character:04X}" for character in characters[:5])
                + "; name only families of static/fonts.css in the styles, and add one there where none has it."
            )


def _finish_link(annotation: pydyf.Dictionary, words: str, address: str) -> None:
    if words:
        annotation["Contents"] = pydyf.String(words)
    if "A" in annotation:
        target = urlsplit(annotation["A"]["URI"].string)
        if target.scheme == "file":
            relative = posixpath.relpath(target.path, urlsplit(address).path)
            annotation["A"]["URI"] = pydyf.String(
                urlunsplit(("", "", relative, target.query, target.fragment))
            )
