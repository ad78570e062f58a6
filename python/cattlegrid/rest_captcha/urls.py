"""The one route, `rest_captcha`."""

from __future__ import annotations

from django.urls import path

from cattlegrid.rest_captcha.views import RestCaptchaView

urlpatterns = [
    path("", RestCaptchaView.as_view(), name="rest_captcha"),
]
