"""The routes of a site with the provider `gate`: `path("captcha/", include("cattlegrid.django.urls"))`."""

from __future__ import annotations

from django.urls import path

from cattlegrid.django import views

app_name = "cattlegrid"

urlpatterns = [
    path("api/v1/challenges", views.create, name="challenges"),
    path("api/v1/challenges/<str:key>/image", views.image, name="image"),
    path("api/v1/challenges/<str:key>/answer", views.answer, name="answer"),
    path("widget.js", views.widget, name="widget"),
    path("widget/<str:module>", views.widget, name="widget-module"),
]
