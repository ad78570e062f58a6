"""The app's addresses, for `include("cattlegrid.simple_captcha.urls")`."""

from __future__ import annotations

from django.urls import re_path

from cattlegrid.simple_captcha import script, views

urlpatterns = [
    re_path(r"image/(?P<key>\w+)/$", views.captcha_image, name="captcha-image", kwargs={"scale": 1}),
    re_path(r"image/(?P<key>\w+)@2/$", views.captcha_image, name="captcha-image-2x", kwargs={"scale": 2}),
    re_path(r"audio/(?P<key>\w+)\.wav$", views.captcha_audio, name="captcha-audio"),
    re_path(r"refresh/$", views.captcha_refresh, name="captcha-refresh"),
    re_path(r"captcha\.js$", script.serve, name="captcha-script"),
]
