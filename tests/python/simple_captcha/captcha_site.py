"""The addresses of a small site with captchas."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from rest_framework.response import Response
from rest_framework.views import APIView

from cattlegrid.simple_captcha.fields import CaptchaField
from cattlegrid.simple_captcha.serializers import CaptchaSerializer


class SignUp(forms.Form):
    """A form with a captcha."""

    name = forms.CharField(required=False)
    captcha = CaptchaField()


class API(APIView):
    """An endpoint with a captcha."""

    authentication_classes = ()
    permission_classes = ()

    def post(self, request: Any) -> Response:
        """Says that it has passed."""
        CaptchaSerializer(data=request.data).is_valid(raise_exception=True)
        return Response("passed")


def sign_up(request: HttpRequest) -> HttpResponse:
    """Says whether it has passed, or shows the form."""
    if request.method != "POST":
        return HttpResponse(f"{SignUp.base_fields['captcha'].widget.media}<form>{SignUp()}</form>")
    return HttpResponse("passed" if SignUp(request.POST).is_valid() else "refused")


def mishap(request: HttpRequest) -> HttpResponse:
    """Checks, and then fails."""
    SignUp(request.POST).is_valid()
    raise RuntimeError("a mishap of the site")


urlpatterns = [
    path("captcha/", include("cattlegrid.simple_captcha.urls")),
    path("sign-up/", sign_up),
    path("mishap/", mishap),
    path("api/", API.as_view()),
]
