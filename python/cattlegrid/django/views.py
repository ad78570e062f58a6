"""What a site with the provider `gate` serves to the widget on its pages."""

from __future__ import annotations

import functools
from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from cattlegrid._site import assets
from cattlegrid._site.gate_api import MOST_BYTES, GateApi, Reply, page_host
from cattlegrid._site.widget import WIDGET
from cattlegrid.django.conf import captcha
from cattlegrid.django.requests import client_address


def _public(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    # Why: whoever cannot sign up without a CAPTCHA cannot be signed in; and the widget sends no cookies, so a
    # request that another page forges has nothing of the visitor's and gets nothing that the page could not
    # ask for by itself.
    view.login_required = False  # type: ignore[attr-defined]
    return csrf_exempt(view)


def _gate(view: Callable[..., Reply]) -> Callable[..., HttpResponse]:
    @functools.wraps(view)
    def answer(request: HttpRequest, **kwargs: str) -> HttpResponse:
        site = captcha()
        gate = site.settings.gate
        if gate is None:
            raise Http404
        reply = view(GateApi(site, gate, reverse("cattlegrid:challenges")), request, **kwargs)
        return HttpResponse(reply.body, reply.content_type, status=reply.status, headers=dict(reply.headers))

    return answer


@_public
@require_POST
@_gate
def create(api: GateApi, request: HttpRequest) -> Reply:
    """Issues a challenge."""
    return api.create(request.content_type or "", _body(request))


@_public
@require_GET
@_gate
def image(api: GateApi, request: HttpRequest, key: str) -> Reply:
    """Shows a challenge."""
    return api.image(key, request.GET.get("scale"))


@_public
@require_POST
@_gate
def answer(api: GateApi, request: HttpRequest, key: str) -> Reply:
    """Judges an answer."""
    page = page_host(request.headers.get("Origin", ""), request.headers.get("Referer", ""))
    return api.answer(
        key, request.content_type or "", _body(request), page=page, remote_ip=client_address(request)
    )


@_public
@require_GET
def widget(request: HttpRequest, module: str | None = None) -> HttpResponse:
    """Serves the widget's files."""
    found = assets.asset(WIDGET if module is None else f"widget/{module}")
    if found is None:
        raise Http404
    if found.known(request.headers.get("If-None-Match", "")):
        return HttpResponse(status=304, headers=found.headers)
    return HttpResponse(found.body, found.content_type, headers=found.headers)


def _body(request: HttpRequest) -> bytes:
    return request.read(MOST_BYTES + 1)
