"""Which address shows what."""

from django.urls import include, path

from . import views

urlpatterns = [
    path("", views.SignUpView.as_view(), name="sign-up"),
    path("on-its-way/", views.on_its_way, name="on-its-way"),
    path("confirm/", views.confirm, name="confirm"),
    path("welcome/", views.welcome, name="welcome"),
    path("contact/", views.ContactView.as_view(), name="contact"),
    path("contact/thanks/", views.thanks, name="thanks"),
    path("captcha/", include("cattlegrid.django.urls")),
    path("picture/", include("cattlegrid.simple_captcha.urls")),
]
