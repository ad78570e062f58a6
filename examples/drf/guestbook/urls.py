"""Which address shows what."""

from django.urls import include, path
from django.views.generic import TemplateView

from . import api

urlpatterns = [
    path("", TemplateView.as_view(template_name="guestbook.html")),
    path("api/accounts/", api.SignUp.as_view(), name="accounts"),
    path("api/comments/", api.Comments.as_view(), name="comments"),
    path("api/letters/", api.Letters.as_view(), name="letters"),
    path("api/captcha/", include("cattlegrid.rest_captcha.urls")),
    path("captcha/", include("cattlegrid.django.urls")),
]
