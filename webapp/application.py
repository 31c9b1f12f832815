"""Putting the Flask application together."""

from __future__ import annotations

from pathlib import Path

from flask import Flask, Response
from werkzeug.routing import IntegerConverter

from engine.commands.site import Site
from webapp import access, csrf, errors, observing, security_headers, shell, static_files, strangers, translate
from webapp.api import cases as api_cases
from webapp.api import letters as api_letters
from webapp.api import time_limits as api_time_limits
from webapp.api import v1
from webapp.api import verbs as api_verbs
from webapp.incoming import Incoming
from webapp.pages import (
    absences,
    account,
    alerts,
    arrivals,
    attachments,
    audits,
    board,
    books,
    calendars,
    cases,
    choice_lists,
    comments,
    company_settings,
    conditions,
    conformance,
    corrective,
    decisions,
    differences,
    drafts,
    erasures,
    event_logs,
    filings,
    form_builder,
    gallery,
    health,
    hooks,
    inbox,
    interventions,
    letters,
    migrations,
    modeller,
    modelling,
    own_data,
    papers,
    people,
    posters,
    preferences,
    privacy,
    probes,
    public,
    publications,
    registration,
    relations,
    replay,
    reports,
    review,
    sandbox,
    session,
    settings_log,
    setup,
    single_sign_on,
    staff_loads,
    support,
    surveys,
    tasks,
    texts,
    time_limits,
    told,
    tracking,
    trials,
    verbs,
    what_ifs,
    workshop,
)
from webapp.presentation import asset_version

_PAGES = (
    session,
    setup,
    company_settings,
    choice_lists,
    support,
    settings_log,
    single_sign_on,
    account,
    people,
    erasures,
    told,
    preferences,
    inbox,
    surveys,
    tasks,
    registration,
    posters,
    cases,
    papers,
    relations,
    conformance,
    interventions,
    migrations,
    modeller,
    modelling,
    time_limits,
    verbs,
    absences,
    calendars,
    sandbox,
    trials,
    texts,
    form_builder,
    books,
    staff_loads,
    what_ifs,
    workshop,
    differences,
    drafts,
    comments,
    conditions,
    decisions,
    publications,
    board,
    alerts,
    corrective,
    reports,
    review,
    event_logs,
    replay,
    audits,
    attachments,
    arrivals,
    filings,
    health,
    hooks,
    probes,
    public,
    letters,
    privacy,
    own_data,
    tracking,
    gallery,
)


class RowIdConverter(IntegerConverter):
    """``<int:…>`` in a path: an id that a database can hold. Longer ones name nothing and answer 404."""

    regex = "[0-9]{1,18}"


def create_app(site: Site) -> Flask:
    """The WSGI application of *site*."""
    app = Flask(__name__)
    app.request_class = Incoming
    app.secret_key = site.secret
    app.config["MAX_CONTENT_LENGTH"] = site.settings.max_request_bytes
    app.config["MAX_FORM_MEMORY_SIZE"] = 2_000_000
    app.config["MAX_FORM_PARTS"] = 2_000
    app.config["SESSION_COOKIE_SECURE"] = site.settings.secure_cookies
    app.config["SESSION_COOKIE_SAMESITE"] = "Lax"
    app.extensions["site"] = site
    app.url_map.converters["int"] = RowIdConverter
    app.jinja_env.globals["asset_address"] = static_files.addresses(asset_version(Path(app.static_folder or "")))
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    translate.install(app.jinja_env, shell.current_translator)
    observing.install(app)
    access.install(app)
    csrf.install(app)
    shell.install(app)
    errors.install(app)
    strangers.install(app)
    single_sign_on.install(app)
    static_files.install(app)
    for module in _PAGES:
        app.register_blueprint(module.blueprint)
    for api in (v1, api_cases, api_letters, api_time_limits, api_verbs):
        app.register_blueprint(api.blueprint)

    @app.after_request
    def headers(response: Response) -> Response:
        security_headers.apply(response, https=site.settings.secure_cookies)
        return response

    return app
