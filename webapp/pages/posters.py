"""Codes to hang up in shops: whoever scans one files a complaint about that shop."""

from __future__ import annotations

import segno
from flask import Blueprint, abort, render_template, request, url_for

from engine.commands.cases import may_start
from engine.complaints import shop_code
from engine.deployments import Deployment
from engine.errors import NotPermitted
from engine.procedures.card import card_of
from webapp.access import actor, for_staff, site
from webapp.intake import has_poster, procedure_card

blueprint = Blueprint("posters", __name__, url_prefix="/register")


@blueprint.get("/<company>/<procedure>/poster")
@for_staff
def show(company: str, procedure: str) -> str:
    deployment = _deployment(company, procedure)
    shop = request.args.get("shop", "").strip()[:100]
    address = _address(deployment, shop) if shop else ""
    picture = segno.make(address, error="m").svg_data_uri(scale=8, border=2, dark="#000", light="#fff") if shop else ""
    return render_template(
        "poster.html",
        procedure=procedure_card(card_of(deployment.package, deployment.version)),
        shop=shop,
        address=address,
        picture=picture,
    )


def _deployment(company_id: str, procedure: str) -> Deployment:
    if company_id != actor().company_id:
        abort(404)
    with site().database.reading(company_id) as connection:
        deployment = site().deployments.current(connection, company_id, procedure)
    if not may_start(actor(), deployment.package.start.groups):
        raise NotPermitted("start_case", "not-in-group")
    return deployment if has_poster(deployment) else abort(404)


def _address(deployment: Deployment, shop: str) -> str:
    package = deployment.package
    code = shop_code(site().secret, package.company.id, package.id, shop)
    path = url_for("public.new", company=package.company.id, procedure=package.id, shop=shop, code=code)
    return f"{site().settings.base_url}{path}"
