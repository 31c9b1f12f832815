"""Known attacks by the list: links that lead elsewhere, templates that reach out, cells that calculate."""

from __future__ import annotations

import io
import zipfile

import pytest
from lxml import etree

from engine.procedures.letters import LetterRefused, render_letter
from engine.procedures.package import Letter
from webapp.access import local_path
from webapp.spreadsheet import spreadsheet

EVIL = "evil.example"
#: Fifty ways to be sent elsewhere after sign-in.
ELSEWHERE = [
    *(f"{scheme}//{EVIL}" for scheme in ("https:", "http:", "ftp:", "ws:", "file:", "HTTPS:", "hTTp:", "")),
    *(f"{slashes}{EVIL}" for slashes in ("///", "////", "/////", "\\\\", "/\\", "\\/", "/\\/", "\\", "//\\", "/\\\\")),
    *(f"/{between}/{EVIL}" for between in ("\t", "\n", "\r", "\0", "\v", "\f", "\x1f", "\x7f", "\xa0", "\u2028")),
    *(f"/{between}/{EVIL}" for between in ("\u200b", "\u202e", "\ufeff", "\u3000", "\x85", "\ud800")),
    *(f"{before}//{EVIL}" for before in (" ", "\t", "\n", "\0", "\u200b", "\ufeff")),
    *("javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\nscript:alert(1)", "vbscript:x", "data:text/html,x"),
    *(EVIL, f"@{EVIL}", f"./{EVIL}", f"../{EVIL}", f"?next={EVIL}"),
]


@pytest.mark.parametrize("target", ELSEWHERE, ids=ascii)
def test_a_link_leads_nowhere_else(target: str) -> None:
    assert local_path(target) == ""


def test_fifty_of_them_are_tried() -> None:
    assert len(set(ELSEWHERE)) == 50


#: What templates of other languages and of ours do to see more than their values; "" would be what they show.
REACHING = [
    *("{{ 7*7 }}", "{{ 7 | times: 7 }}{{ ''.__class__ }}", "${7*7}", "#{7*7}", "<%= 7*7 %>", "{{= 7*7 }}", "*{7*7}", "@(7*7)"),
    *("{{ self }}", "{{ config }}", "{{ request }}", "{{ settings }}", "{{ environment }}", "{{ globals }}", "{{ context }}"),
    *("{{ data.__class__ }}", "{{ data.__class__.__mro__ }}", "{{ data['__class__'] }}", "{{ data.__init__.__globals__ }}"),
    *("{{ data.keys }}", "{{ data.items }}", "{{ data.pop }}", "{{ data.clear }}", "{{ data.name.format }}"),
    *("{{ data.name.__class__.__base__.__subclasses__ }}", "{{ data.name.encode }}", "{{ data.name | attr: '__class__' }}"),
    *("{{ data | map: '__class__' | join }}", "{{ data.name | map: '__class__' | join }}", "{{ ''.__class__.__mro__[1] }}"),
    *("{{ cycler.__init__.__globals__.os }}", "{{ lipsum.__globals__ }}", "{{ url_for.__globals__ }}", "{{ namespace }}"),
    *("{% import os %}", "{% include '/etc/passwd' %}", "{% render '/etc/passwd' %}", "{% extends '/etc/passwd' %}"),
    *("{% load x %}", "{% debug %}", "{% python %}import os{% endpython %}", "{% raw %}{{ 7*7 }}{% endraw %}"),
    *("{% assign x = data.__class__ %}{{ x }}", "{% capture x %}{{ data.__dict__ }}{% endcapture %}{{ x }}"),
    *("{{ data.name | eval }}", "{{ data.name | safe }}"),
]  # fmt: skip


@pytest.mark.parametrize("body", REACHING)
def test_a_template_of_a_letter_sees_its_values_and_calculates_nothing(body: str) -> None:
    template = Letter(id="done", subject={"zh-Hans": "x"}, body={"zh-Hans": body})
    try:
        shown = str(render_letter(template, "zh-Hans", {"data": {"name": "Chen"}}))
    except LetterRefused:
        return
    assert not any(
        sign in shown.replace(body, "") for sign in ("class '", "built-in", "function", "bound method", "root:")
    )
    assert "49" not in shown.replace("times", "") or "| times" in body


def test_forty_six_of_them_are_tried() -> None:
    assert len(set(REACHING)) == 46


#: Twenty texts that a spreadsheet would calculate, open or call.
CALCULATING = [
    *("=1+1", "+1+1", "-1+1", "@SUM(1)", "=cmd|' /C calc'!A0", '=HYPERLINK("http://evil")', '=WEBSERVICE("http://evil")'),
    *('=IMPORTXML("http://evil","//a")', '=DDE("cmd","/C calc","x")', "\t=1+1", "\r=1+1", "\n=1+1", " =1+1", "{=1+1}"),
    *("＝1+1", "http://evil.example", "mailto:x@evil.example", "internal:Sheet1!A1", "external:c:\\x.xlsx", "%0A=1+1"),
]  # fmt: skip


def test_no_cell_of_a_register_calculates_or_leads_anywhere() -> None:
    assert len(set(CALCULATING)) == 20

    book, _ = spreadsheet(CALCULATING[0], CALCULATING[0], CALCULATING, [CALCULATING])

    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        sheet = etree.fromstring(archive.read("xl/worksheets/sheet1.xml"))
        names = archive.namelist()
    assert not list(sheet.iter("{*}f"))
    assert not list(sheet.iter("{*}hyperlink"))
    assert not [name for name in names if "externalLink" in name or "_rels/sheet" in name]
