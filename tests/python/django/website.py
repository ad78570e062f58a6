"""A small site with every kind of view."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm, BaseUserCreationForm
from django.contrib.auth.models import User
from django.contrib.staticfiles.views import serve
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import Context, Engine
from django.urls import include, path
from django.views import View
from rest_framework import serializers
from rest_framework.generics import CreateAPIView, ListCreateAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from cattlegrid.django import CaptchaField, CaptchaFormMixin, require_captcha
from cattlegrid.drf import CaptchaRequired, CaptchaSerializerMixin

RAN: list[str] = []
"""The views that ran, in order, each with its request's method."""


def ran(name: str, request: Any) -> dict[str, Any]:
    """Notes that a view runs, and what it says of the check."""
    RAN.append(f"{name} {request.method}")
    found = getattr(request, "captcha", None)
    return {"ran": name, "captcha": found and {"hostname": found.hostname, "decided": found.decided}}


@require_captcha
def plain(request: HttpRequest) -> JsonResponse:
    """A function."""
    return JsonResponse(ran("plain", request))


@require_captcha(action="sign-up")
def acting(request: HttpRequest) -> JsonResponse:
    """A function with an action."""
    return JsonResponse(ran("acting", request))


@require_captcha
async def awaited(request: HttpRequest) -> JsonResponse:
    """A coroutine function."""
    return JsonResponse(ran("awaited", request))


@require_captcha
class Classed(View):
    """A class."""

    def answer(self, request: HttpRequest) -> JsonResponse:
        """Whatever the method is."""
        return JsonResponse(ran("classed", request))

    get = head = post = put = patch = delete = answer


@require_captcha
class ClassedAwaited(View):
    """A class of coroutine functions."""

    async def answer(self, request: HttpRequest) -> JsonResponse:
        """Whatever the method is."""
        return JsonResponse(ran("classed_awaited", request))

    get = head = post = put = patch = delete = answer


class Contact(CaptchaFormMixin, forms.Form):
    """A form that says nothing of the CAPTCHA."""

    email = forms.EmailField()


class SignUp(CaptchaFormMixin, BaseUserCreationForm):
    """A form of a model, which asks the database whether the name is taken."""

    captcha = CaptchaField(action="sign-up")

    class Meta:
        """Of Django's own users."""

        model = User
        fields = ("username",)


class LogIn(CaptchaFormMixin, AuthenticationForm):
    """A form that takes the request by itself."""


class Bare(forms.Form):
    """A form with the field alone."""

    email = forms.EmailField()
    captcha = CaptchaField()


PAGE = """<!DOCTYPE html><html lang="en"><title>Contact</title>{{ form.media }}
<form method="post">{{ form.as_p }}
<button name="by" value="post">By post</button> <button name="by" value="phone">By phone</button></form>"""


def page(request: HttpRequest) -> HttpResponse:
    """A page with a form, under a strict content security policy."""
    form = Contact(request.POST or None, request=request)
    if form.is_valid():
        return HttpResponse(f"Thank you! {request.POST['by']}")
    response = HttpResponse(Engine().from_string(PAGE).render(Context({"form": form})))
    response["Content-Security-Policy"] = (
        "default-src 'self'; script-src 'self' https://www.google.com/recaptcha/"
    )
    return response


def contact(request: HttpRequest) -> JsonResponse:
    """A view with a form."""
    form = Contact(request.POST, request=request)
    if not form.is_valid():
        return JsonResponse(form.errors.get_json_data(), status=422)
    return JsonResponse(ran("contact", request))


async def contact_awaited(request: HttpRequest) -> JsonResponse:
    """A coroutine function with a form."""
    form = Contact(request.POST, request=request)
    if not await form.ais_valid():
        return JsonResponse(form.errors.get_json_data(), status=422)
    return JsonResponse(ran("contact_awaited", request))


class Permitted(APIView):
    """An API view with the permission."""

    permission_classes = (CaptchaRequired,)

    def answer(self, request: Request) -> Response:
        """Whatever the method is."""
        return Response(ran("permitted", request))

    get = post = put = patch = delete = answer


class Message(CaptchaSerializerMixin, serializers.Serializer):
    """What an API takes."""

    text = serializers.CharField(max_length=100)

    def create(self, validated_data: dict[str, Any]) -> dict[str, Any]:
        """Keeps nothing."""
        return validated_data


class Messages(CreateAPIView):
    """An API view with the serializer."""

    serializer_class = Message

    def perform_create(self, serializer: Any) -> None:
        """Notes what would be kept."""
        RAN.append(f"messages {dict(serializer.validated_data)}")
        serializer.save()


class Account(CaptchaSerializerMixin, serializers.ModelSerializer):
    """What an API takes of a model."""

    class Meta:
        """Of Django's own users."""

        model = User
        fields = ("username",)


class Accounts(ListCreateAPIView):
    """Lists and makes accounts."""

    serializer_class = Account
    queryset = User.objects.order_by("pk")


urlpatterns = [
    path("page", page),
    path("static/<path:path>", serve, {"insecure": True}),
    path("plain", plain),
    path("acting", acting),
    path("awaited", awaited),
    path("classed", Classed.as_view()),
    path("classed-awaited", ClassedAwaited.as_view()),
    path("contact", contact),
    path("contact-awaited", contact_awaited),
    path("permitted", Permitted.as_view()),
    path("messages", Messages.as_view()),
    path("accounts", Accounts.as_view()),
    path("captcha/", include("cattlegrid.django.urls")),
]
