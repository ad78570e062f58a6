"""The two forms, each with a stamp and a picture to read."""

from __future__ import annotations

from django import forms
from django.contrib.auth.forms import UserCreationForm

from cattlegrid.django import CaptchaField, CaptchaFormMixin, StampedFormMixin
from cattlegrid.simple_captcha.fields import CaptchaField as PictureField


class SignUp(StampedFormMixin, CaptchaFormMixin, UserCreationForm):
    """An account. Without a good stamp and token nobody even learns whether a name is taken."""

    captcha = CaptchaField(action="sign-up")


class Contact(StampedFormMixin, forms.Form):
    """A letter to the club, with the picture that django-simple-captcha's users know."""

    email = forms.EmailField(label="Your e-mail", widget=forms.EmailInput(attrs={"autocomplete": "email"}))
    message = forms.CharField(widget=forms.Textarea(attrs={"rows": 6}), max_length=2000)
    captcha = PictureField(label="What does the picture say?")
