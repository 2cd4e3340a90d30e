"""No form that identifies a person or a device passes, whoever made it and in whatever it is written."""

import io

import pytest
import xlsxwriter
from pyxform.xls2xform import convert

from pipeline.errors import UsageError
from pipeline.forms.inspection import check_form

KINDS = {
    "geopoint": "geopoint",
    "geotrace": "geotrace",
    "geoshape": "geoshape",
    "start-geopoint": "start-geopoint",
    "audit": "audit",
    "deviceid": "deviceid",
    "imei": "deviceid",
    "phonenumber": "phonenumber",
    "username": "username",
    "email": "email",
    "simserial": "simserial",
    "subscriberid": "subscriberid",
    "image": "image",
    "photo": "image",
    "audio": "audio",
    "background-audio": "background-audio",
    "video": "video",
    "file": "file",
    "barcode": "barcode",
    "start": "start",
    "end": "end",
}
"""Types of XLSForm that must not be there, and what they are called to whoever made the form."""


def write_workbook(*lines: tuple[str, str, str], **columns: str) -> bytes:
    """Return an XLSForm with a harmless question and other lines (type, name, label) and columns of the last one."""
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as book:
        sheet = book.add_worksheet("survey")
        sheet.write_row(0, 0, ["type", "name", "label", *columns])
        sheet.write_row(1, 0, ["text", "harmless", "What?"])
        for number, line in enumerate(lines, 2):
            sheet.write_row(number, 0, line)
        sheet.write_row(len(lines) + 1, 3, [*columns.values()])
    return content.getvalue()


def write_form(*binds: str, body: str = "", instance: str = "") -> bytes:
    """Return an XForm with some binds, elements of the body and further instances."""
    return f"""<?xml version="1.0"?>
<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"
    xmlns:jr="http://openrosa.org/javarosa" xmlns:odk="http://www.opendatakit.org/xforms">
<h:head><h:title>Made up</h:title><model><instance><data id="made_up"><a/></data></instance>{instance}
{"".join(binds)}</model></h:head><h:body>{body}</h:body></h:html>""".encode()


def make_xform(workbook: bytes) -> bytes:
    return convert(workbook, file_type=".xlsx").xform.encode()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("encode", [bytes, make_xform], ids=["XLSForm", "XForm"])
def test_a_form_that_identifies_is_refused_and_its_kind_is_named(kind, encode):
    name = "audit" if kind == "audit" else "what"
    with pytest.raises(UsageError, match=rf"^The form has {KINDS[kind]}: take that out"):
        check_form(encode(write_workbook((kind, name, "Show me"))))


def test_all_kinds_of_a_form_are_named_at_once():
    workbook = write_workbook(("geopoint", "a", "Where?"), ("image", "b", "Who?"), ("deviceid", "c", ""))
    with pytest.raises(UsageError, match="The form has deviceid, geopoint, image: "):
        check_form(workbook)


def test_a_form_without_any_of_them_passes():
    workbook = write_workbook(
        ("note", "a", "Read this"), ("integer", "b", "How many?"), ("date", "c", "When?"), ("today", "d", "")
    )
    check_form(workbook)
    check_form(make_xform(workbook))


def test_our_own_form_passes_in_both_forms(xlsform, xform):
    check_form(xlsform)
    check_form(xform)


@pytest.mark.parametrize(
    "form",
    [
        write_form('<bind nodeset="/data/a" type="string" calculate="property(\'deviceid\')"/>'),
        write_form(
            '<bind nodeset="/data/a" type="string" jr:preload="context" jr:preloadParams="UserName"/>'
        ),
        write_form('<bind nodeset="/data/a" type="string" jr:preload="patient"/>'),
        write_form('<bind nodeset="/data/a" type="binary"/>'),
        write_form('<bind nodeset="/data/a" type="xsd:something_new"/>'),
        write_form(body='<input ref="/data/a" appearance="ex:org.example.who(id=1)"/>'),
        write_form(body='<group ref="/data" intent="org.example.who"/>'),
        write_form(body='<upload ref="/data/a" mediatype="application/*"/>'),
        write_form(instance='<instance id="last" src="jr://instance/last-saved"/>'),
        write_form("<odk:setgeopoint event='odk-instance-first-load' ref='/data/a'/>"),
    ],
    ids=[
        "device property",
        "user of the context",
        "unknown preload",
        "binary",
        "unknown type",
        "other program",
        "other program for a group",
        "file",
        "earlier answers",
        "silent place",
    ],
)
def test_a_form_that_gets_at_it_by_the_back_door_is_refused(form):
    with pytest.raises(UsageError, match=r"^The form has "):
        check_form(form)


def test_a_form_from_a_text_editor_that_asks_nothing_of_the_kind_passes():
    check_form(write_form('<bind nodeset="/data/a" type="string"/>', body='<input ref="/data/a"/>'))


BOMB = b'<?xml version="1.0"?><!DOCTYPE h [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><h>&b;</h>'


@pytest.mark.parametrize(
    "content",
    [b"", b"not a form", b"<h:html>", BOMB, b"PK\x03\x04broken", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1old"],
    ids=["nothing", "text", "cut XML", "entities", "broken workbook", "old workbook"],
)
def test_what_is_no_form_is_refused_in_one_sentence(content):
    with pytest.raises(UsageError, match=r"^The (form|workbook) [^\n]+\.$"):
        check_form(content)


def test_a_workbook_that_is_no_form_is_refused_without_a_word_of_what_is_in_it():
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as book:
        book.add_worksheet("canary").write_row(0, 0, ["canary-9876543210"])
    with pytest.raises(UsageError) as refused:
        check_form(content.getvalue())
    assert "canary" not in str(refused.value)
    assert "XLSForm" in str(refused.value)
