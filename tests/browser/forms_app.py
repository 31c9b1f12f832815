"""A small application around one form: the page does with it what the product's pages do, and answers with the data."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, Self

from flask import Flask, render_template_string, request
from werkzeug.serving import make_server

from engine.forms import Form, Option, StoredFile, initial_values, load_form, load_lists, validate
from webapp.form_pages import form_context, press, read_answers, uploads
from webapp.security_headers import apply
from webapp.static_files import addresses

ROOT = Path(__file__).parents[2]
FORMS = ROOT / "tests" / "forms"
TODAY = date(2026, 11, 22)
GIVEN = {"vip": False, "facts": "电话中已说明"}
DEPARTMENTS = {
    "departments": (
        Option(value="after_sales", label={"zh-Hans": "售后服务部", "zh-Hant": "售後服務部", "en": "After-sales"}),
        Option(value="workshop", label={"zh-Hans": "维修车间", "zh-Hant": "維修車間", "en": "Workshop"}),
    )
}

PAGE = """
{%- from "_form.html" import render, draft_status -%}{%- from "_ui.html" import asset -%}
<!doctype html>
<html lang="{{ language }}"{% if theme %} data-theme="{{ theme }}"{% endif %}>
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Form</title>
<link rel="icon" href="{{ asset('logo.svg') }}">
<link rel="stylesheet" href="{{ asset('app.css') }}"><link rel="stylesheet" href="{{ asset('forms.css') }}">
<script type="module" src="{{ asset('forms.js') }}"></script></head>
<body><div class="shell plain"><main id="main"><h1>{{ title }}</h1>
{% for ctx in contexts %}
<form class="card" method="post" enctype="multipart/form-data" data-form data-draft-url="/draft" data-draft-delay="50">
<div class="body">{{ render(ctx.form, values, errors, ctx) }}</div>
<div class="actions"><button class="btn primary" data-submit>OK</button>{{ draft_status() }}</div></form>
{% endfor %}</main></div></body></html>
"""


def sample_form() -> Form:
    lists = load_lists((FORMS / "lists.yaml").read_bytes(), "lists.yaml")
    return load_form((FORMS / "complaint-intake.yaml").read_bytes(), "complaint-intake.yaml", lists=lists)


def make_app(form: Form, *, gettext: Callable[[str], str] = str, language: str = "en", copies: int = 1) -> Flask:
    """Serves *form* at ``/``; with two *copies* it stands on the page twice. ``app.drafts`` records what was saved."""
    app = Flask(__name__, root_path=str(ROOT / "webapp"), static_folder="static", template_folder="templates")
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(gettext, lambda one, many, n: one if n == 1 else many, newstyle=True)
    app.jinja_env.globals["asset_address"] = addresses("0")
    app.after_request(apply)
    app.config["MAX_CONTENT_LENGTH"] = 16_000_000
    app.drafts = []
    stored: dict[str, StoredFile] = {}

    def page(values: dict[str, Any], errors: Any = (), focus: str = "") -> str:
        contexts = [
            form_context(
                form,
                values,
                language=language,
                gettext=gettext,
                given=GIVEN,
                today=TODAY,
                lists=DEPARTMENTS,
                files=stored,
                focus=focus,
                prefix=prefix,
            )
            for prefix in ("f-", "g-")[:copies]
        ]
        title = contexts[0].words(form.title)
        theme = request.args.get("theme")
        return render_template_string(
            PAGE, contexts=contexts, values=values, errors=errors, language=language, title=title, theme=theme
        )

    @app.get("/")
    def show() -> str:
        return page(initial_values(form, {"customer_name": "王建国"} if "proposed" in request.args else {}))

    @app.post("/")
    def submit() -> Any:
        raw = read_answers(form, request.form)
        for field, upload in uploads(form, request.files):
            content = upload.read()
            key = f"u{len(stored) + 1}"
            stored[key] = StoredFile(key, upload.filename or "", len(content), upload.mimetype)
            raw.setdefault(field, []).append(key)
        if pressed := press(form, request.form, raw):
            return page(pressed.raw, focus=pressed.focus)
        answers = validate(form, raw, given=GIVEN, today=TODAY, lists=DEPARTMENTS, files=stored)
        return (
            page(raw, answers.errors)
            if answers.errors
            else render_template_string("<!doctype html><pre>{{ data }}</pre>", data=json.dumps(answers.data))
        )

    @app.post("/draft")
    def draft() -> Any:
        app.drafts.append(read_answers(form, request.form))
        return {}

    return app


class Server:
    """*app* on a free port until the end of the ``with`` block."""

    def __init__(self, app: Flask) -> None:
        self._server = make_server("127.0.0.1", 0, app, threaded=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}/"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
