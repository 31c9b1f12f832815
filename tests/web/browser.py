"""A reader without script: opens pages, fills in their forms with everything hidden in them, follows redirects."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from flask import Flask
from lxml import html
from werkzeug.test import TestResponse

from tests.support.site import PASSWORD


@dataclass(frozen=True)
class Page:
    """What came back, after redirects."""

    response: TestResponse

    @property
    def status(self) -> int:
        return self.response.status_code

    @property
    def path(self) -> str:
        return self.response.request.path

    @property
    def text(self) -> str:
        """The source, as it came."""
        return self.response.text

    @property
    def tree(self) -> html.HtmlElement:
        return html.fromstring(self.text)

    @property
    def words(self) -> str:
        """What a person reads in the main part of the page."""
        main = self.tree.find(".//main")
        for hidden in main.xpath(".//script|.//template"):
            hidden.drop_tree()
        return re.sub(r"\s+", " ", main.text_content()).strip()

    def value(self, name: str) -> str:
        """What the field *name* shows."""
        found = self.tree.xpath("//*[@name=$name]", name=name)
        assert found, f"expected a field {name} on {self.path}, found none"
        marked = [one for one in found if one.get("type") in {"radio", "checkbox"}]
        if marked:
            return next((one.get("value") for one in marked if "checked" in one.attrib), "")
        return found[0].text_content().removeprefix("\n") if found[0].tag == "textarea" else found[0].get("value", "")

    def value_of_id(self, element: str) -> str:
        """What the field with that id shows."""
        return str(self.tree.get_element_by_id(element).get("value"))

    def errors(self) -> list[str]:
        """The list of what is to be corrected."""
        return [" ".join(one.text_content().split()) for one in self.tree.xpath("//*[@role='alert']//li")]

    def hidden(self, action: str) -> dict[str, str]:
        """What the form that can be sent to *action* carries along."""
        forms = self.tree.xpath("//form[@action=$to or .//button[@formaction=$to]]", to=action)
        assert forms, f"expected a form for {action} on {self.path}, found none"
        inputs = forms[0].xpath(".//input[@type='hidden']")
        return {one.get("name"): one.get("value", "") for one in inputs if not one.get("name").startswith("f-")}


class Browser:
    """One cookie jar that reads English."""

    def __init__(self, app: Flask) -> None:
        self.client = app.test_client()
        self.page: Page

    def open(self, url: str) -> Page:
        self.page = Page(self.client.get(url, headers={"Accept-Language": "en"}, follow_redirects=True))
        return self.page

    def submit(self, action: str, *, page: Page | None = None, **fields: Any) -> Page:
        """Send the form of *page* (the current one) to *action*. Fields of the procedure's form start with ``f_``."""
        named = {re.sub("^f_", "f-", name): value for name, value in fields.items()}
        return self.send(action, {**(page or self.page).hidden(action), **named})

    def send(self, action: str, data: dict[str, Any]) -> Page:
        """POST *data* as it is."""
        self.page = Page(self.client.post(action, data=data, headers={"Accept-Language": "en"}, follow_redirects=True))
        for response in (*self.page.response.history, self.page.response):
            response.request.environ["wsgi.input"].close()  # the test client keeps large ones in a file
        return self.page

    def sign_in(self, name: str, password: str = PASSWORD) -> Page:
        self.open("/session/new")
        return self.submit("/session", name=name, password=password)

    def csrf(self) -> str:
        """The token that pages of this browser carry."""
        return str(self.page.tree.xpath("//input[@name='csrf_token']/@value")[0])


def staff(app: Flask, login: str) -> Browser:
    browser = Browser(app)
    assert browser.sign_in(login).path == "/"
    return browser
