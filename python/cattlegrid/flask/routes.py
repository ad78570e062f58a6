"""What the site serves to the widget by itself: its scripts, and the challenges of a gate in this process."""

from __future__ import annotations

from flask import Blueprint, Response, abort, request, url_for

from cattlegrid._site.assets import asset
from cattlegrid._site.gate_api import MOST_BYTES, GateApi, Reply, page_host
from cattlegrid.flask import site

blueprint = Blueprint(site.NAME, __name__, template_folder="templates")
"""Registered by the extension. Protection against forged requests leaves it out: the widget sends no form."""


def address_of(name: str) -> str:
    """Where the site serves the file of this name, from the root of its host."""
    return url_for(f"{site.NAME}.file", name=name)


@blueprint.get("/<path:name>")
def file(name: str) -> Response:
    """A file of the browser side."""
    found = asset(name)
    if found is None:
        abort(404)
    headers = found.headers
    if found.known(request.headers.get("If-None-Match", "")):
        return Response(status=304, headers=headers)
    return Response(found.body, headers=headers, content_type=found.content_type)


@blueprint.post("/api/v1/challenges")
def create() -> Response:
    """Issues a challenge."""
    return _response(_api().create(request.content_type or "", _body()))


@blueprint.get("/api/v1/challenges/<key>/image")
def image(key: str) -> Response:
    """Shows a challenge."""
    return _response(_api().image(key, request.args.get("scale")))


@blueprint.post("/api/v1/challenges/<key>/answer")
def answer(key: str) -> Response:
    """Judges an answer, and spends the key."""
    page = page_host(request.headers.get("Origin", ""), request.headers.get("Referer", ""))
    return _response(
        _api().answer(key, request.content_type or "", _body(), page=page, remote_ip=site.client_address())
    )


def _api() -> GateApi:
    captcha = site.current()
    gate = captcha.settings.gate
    if gate is None:
        abort(404)
    return GateApi(captcha, gate, url_for(f"{site.NAME}.create"))


def _body() -> bytes:
    return request.stream.read(MOST_BYTES + 1)


def _response(reply: Reply) -> Response:
    return Response(reply.body, reply.status, reply.headers, content_type=reply.content_type)
