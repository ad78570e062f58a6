"""A small site with stamps and limits on every kind of view."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import Context, RequestContext, Template
from django.urls import include, path
from django.views import View
from django.views.generic import FormView
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from website import ran

from cattlegrid.django import (
    CaptchaFormMixin,
    StampedFormMixin,
    client_address,
    rate_limit,
    require_captcha,
    require_stamp,
)

AT_ONCE = {"least_age": 0.0}


@require_stamp("contact", **AT_ONCE)
def plain(request: HttpRequest) -> JsonResponse:
    """A function."""
    return JsonResponse(ran("plain", request))


@require_stamp("contact", **AT_ONCE)
async def awaited(request: HttpRequest) -> JsonResponse:
    """A coroutine function."""
    return JsonResponse(ran("awaited", request))


@require_stamp("contact", **AT_ONCE)
class Classed(View):
    """A class."""

    def answer(self, request: HttpRequest) -> JsonResponse:
        """Whatever the method is."""
        return JsonResponse(ran("classed", request))

    get = head = post = put = patch = delete = answer


@require_stamp("contact", **AT_ONCE)
class ClassedAwaited(View):
    """A class of coroutine functions."""

    async def answer(self, request: HttpRequest) -> JsonResponse:
        """Whatever the method is."""
        return JsonResponse(ran("classed_awaited", request))

    get = head = post = put = patch = delete = answer


def resting(request: Request) -> Response:
    """What the API's views do: they read the data as well."""
    return Response({**ran("resting", request), "text": request.data.get("text")})


METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]

outside = require_stamp("contact", **AT_ONCE)(api_view(METHODS)(resting))
inside = api_view(METHODS)(require_stamp("contact", **AT_ONCE)(resting))


@require_stamp("contact", **AT_ONCE)
class Resting(APIView):
    """An API's class."""

    def answer(self, request: Request) -> Response:
        """Whatever the method is."""
        return resting(request)

    get = post = put = patch = delete = answer


@require_stamp("early")
def early(request: HttpRequest) -> JsonResponse:
    """A form that takes somebody two seconds."""
    return JsonResponse(ran("early", request))


@require_stamp("late", least_age=0, greatest_age=0.001)
def late(request: HttpRequest) -> JsonResponse:
    """A form for the quick."""
    return JsonResponse(ran("late", request))


@require_stamp("contact", **AT_ONCE, pretend=lambda _: HttpResponse("Thank you!"))
def pretending(request: HttpRequest) -> HttpResponse:
    """A view that lets nobody notice."""
    ran("pretending", request)
    return HttpResponse("Thank you!")


@require_stamp("contact", **AT_ONCE)
@require_captcha
def both(request: HttpRequest) -> JsonResponse:
    """A form with a CAPTCHA."""
    return JsonResponse(ran("both", request))


CONTACT = '{% load cattlegrid %}<form method="post">{% stamp "contact" %}</form>'


@require_stamp("contact", **AT_ONCE)
def page(request: HttpRequest) -> HttpResponse:
    """A page with the form, which is sent back whatever is in it."""
    return HttpResponse(Template(CONTACT).render(RequestContext(request)))


class Letter(StampedFormMixin, forms.Form):
    """A form with a stamp."""

    least_age = 0.0
    email = forms.EmailField()


class Hasty(Letter):
    """One that nobody fills in as quickly as a test."""

    least_age = 3600.0


class Guarded(StampedFormMixin, CaptchaFormMixin, forms.Form):
    """A form with a stamp and a CAPTCHA."""

    least_age = 0.0
    email = forms.EmailField()


class LogIn(StampedFormMixin, AuthenticationForm):
    """A form that takes the request by itself."""

    least_age = 0.0


class Account(StampedFormMixin, forms.ModelForm):
    """A form of a model."""

    least_age = 0.0

    class Meta:
        """Of Django's own users."""

        model = User
        fields = ("username",)


class Letters(FormView):
    """A page with a form, sent back until it is right."""

    form_class = Letter
    success_url = "/plain"

    def render_to_response(self, context: dict[str, Any], **_: Any) -> HttpResponse:
        """The form alone."""
        return HttpResponse(Template("<form>{{ form.as_div }}</form>").render(Context(context)))


async def letter_awaited(request: HttpRequest) -> JsonResponse:
    """A coroutine function with a form."""
    form = Guarded(request.POST, request=request)
    if not await form.ais_valid():
        return JsonResponse(form.errors.get_json_data(), status=422)
    return JsonResponse(ran("letter_awaited", request))


@rate_limit("letters", "2/1h")
def limited(request: HttpRequest) -> JsonResponse:
    """A function."""
    return JsonResponse(ran("limited", request))


@rate_limit("letters-awaited", "2/1h")
async def limited_awaited(request: HttpRequest) -> JsonResponse:
    """A coroutine function."""
    return JsonResponse(ran("limited_awaited", request))


@rate_limit("letters-classed", "2/1h")
class Limited(View):
    """A class."""

    def answer(self, request: HttpRequest) -> JsonResponse:
        """Whatever the method is."""
        return JsonResponse(ran("limited_classed", request))

    get = head = post = put = patch = delete = answer


@rate_limit("letters-resting", "2/1h")
class LimitedResting(APIView):
    """An API's class."""

    def answer(self, request: Request) -> Response:
        """Whatever the method is."""
        return resting(request)

    get = post = answer


@rate_limit("searches", "2/1h", methods=["get"])
def search(request: HttpRequest) -> JsonResponse:
    """A view that is read, and dear."""
    return JsonResponse(ran("search", request))


@rate_limit("accounts", "2/1h", key=lambda request: request.POST.get("account"))
def by_account(request: HttpRequest) -> JsonResponse:
    """A view that counts by something of its own."""
    return JsonResponse(ran("by_account", request))


async def _account(request: HttpRequest) -> str | None:
    return request.POST.get("account")


@rate_limit("accounts-awaited", "2/1h", key=_account)
async def by_account_awaited(request: HttpRequest) -> JsonResponse:
    """A coroutine function whose key is one too."""
    return JsonResponse(ran("by_account_awaited", request))


@rate_limit("outer", "5/1h")
@rate_limit("inner", "2/1h")
def twice(request: HttpRequest) -> JsonResponse:
    """A view with two limits."""
    return JsonResponse(ran("twice", request))


def whoever(request: HttpRequest) -> JsonResponse:
    """Who asks."""
    return JsonResponse({"client": client_address(request)})


urlpatterns = [
    path("plain", plain),
    path("awaited", awaited),
    path("classed", Classed.as_view()),
    path("classed-awaited", ClassedAwaited.as_view()),
    path("outside", outside),
    path("inside", inside),
    path("resting", Resting.as_view()),
    path("early", early),
    path("late", late),
    path("pretending", pretending),
    path("both", both),
    path("page", page),
    path("letters", Letters.as_view()),
    path("letter-awaited", letter_awaited),
    path("limited", limited),
    path("limited-awaited", limited_awaited),
    path("limited-classed", Limited.as_view()),
    path("limited-resting", LimitedResting.as_view()),
    path("search", search),
    path("by-account", by_account),
    path("by-account-awaited", by_account_awaited),
    path("twice", twice),
    path("whoever", whoever),
    path("captcha/", include("cattlegrid.django.urls")),
]
