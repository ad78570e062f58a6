"""A site in Django whose one form, or one API view, has the field of a package.

The variable `WEBSITE` says which, and the package's settings.
"""

from __future__ import annotations

import json
import os
from typing import Any, Callable

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.urls import path

website = json.loads(os.environ["WEBSITE"])
settings.configure(
    ALLOWED_HOSTS=["*"],
    INSTALLED_APPS=[website["app"]],
    # Why: it would be one of Django's users, and there are none.
    REST_FRAMEWORK={"UNAUTHENTICATED_USER": None},
    ROOT_URLCONF=__name__,
    SECRET_KEY="a secret of the tests",
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
    USE_TZ=True,
    **website["settings"],
)
django.setup()

from django.forms import Field, Form  # noqa: E402
from django.http import HttpRequest, HttpResponse  # noqa: E402

View = Callable[[HttpRequest], HttpResponse]


def page(captcha: Field) -> View:
    """A page with a form."""
    form_class = type("SignUp", (Form,), {"captcha": captcha})

    def view(request: HttpRequest) -> HttpResponse:
        form = form_class(request.POST or None)
        if form.is_valid():
            return HttpResponse("<h1>Welcome</h1>")
        return HttpResponse(
            f"<!doctype html><title>Sign up</title><form method='post' action='/'>{form}"
            "<input type='hidden' name='sent'><button>Send</button></form>"
        )

    return view


def api(captcha: Any) -> View:
    """A view of an API."""
    from rest_framework.response import Response
    from rest_framework.serializers import Serializer
    from rest_framework.views import APIView

    serializer_class = type("SignUp", (Serializer,), {"recaptcha": captcha})

    class View(APIView):
        authentication_classes = ()
        permission_classes = ()

        def post(self, request: Any) -> Response:
            """Lets in whom the serializer does."""
            serializer = serializer_class(data=request.data, context={"request": request})
            serializer.is_valid(raise_exception=True)
            return Response("Welcome")

    return View.as_view()


def django_hcaptcha() -> View:
    """hCaptcha, with a box to tick."""
    from hcaptcha.fields import hCaptchaField

    return page(hCaptchaField())


def django_turnstile() -> View:
    """Turnstile."""
    from turnstile.fields import TurnstileField

    return page(TurnstileField())


def django_recaptcha_v2_checkbox() -> View:
    """reCAPTCHA 2 with a box to tick."""
    from django_recaptcha.fields import ReCaptchaField
    from django_recaptcha.widgets import ReCaptchaV2Checkbox

    return page(ReCaptchaField(widget=ReCaptchaV2Checkbox))


def django_recaptcha_v2_invisible() -> View:
    """reCAPTCHA 2 that shows when the form is sent."""
    from django_recaptcha.fields import ReCaptchaField
    from django_recaptcha.widgets import ReCaptchaV2Invisible

    return page(ReCaptchaField(widget=ReCaptchaV2Invisible))


def django_recaptcha_v3() -> View:
    """reCAPTCHA 3, with an action and a score."""
    from django_recaptcha.fields import ReCaptchaField
    from django_recaptcha.widgets import ReCaptchaV3

    return page(ReCaptchaField(widget=ReCaptchaV3(action="sign_up", required_score=0.8)))


def drf_recaptcha_v2() -> View:
    """reCAPTCHA 2 in an API."""
    from drf_recaptcha.fields import ReCaptchaV2Field

    return api(ReCaptchaV2Field())


def drf_recaptcha_v3() -> View:
    """reCAPTCHA 3 in an API."""
    from drf_recaptcha.fields import ReCaptchaV3Field

    return api(ReCaptchaV3Field(action="sign_up", required_score=0.8))


urlpatterns = [path("", globals()[website["view"]]())]
application = get_wsgi_application()
