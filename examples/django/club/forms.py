"""The two forms, each with a stamp and a picture to read."""

from __future__ import annotations

from django import forms
from django.contrib.auth.forms import UserCreationForm
from django.contrib.auth.models import User

from cattlegrid.django import CaptchaField, CaptchaFormMixin, StampedFormMixin
from cattlegrid.simple_captcha.fields import CaptchaField as PictureField


def email_field(label: str) -> forms.EmailField:
    """Which browsers can fill in."""
    return forms.EmailField(label=label, widget=forms.EmailInput(attrs={"autocomplete": "email"}))


class SignUp(StampedFormMixin, CaptchaFormMixin, UserCreationForm):
    """An account. Without a good stamp and token nobody even learns whether a name is taken."""

    email = email_field("E-mail")
    captcha = CaptchaField(action="sign-up")

    class Meta(UserCreationForm.Meta):
        """What of an account is asked for."""

        fields = ("username", "email")

    def save(self, commit: bool = True) -> User:
        """The account, which is good for nothing until its address is confirmed."""
        self.instance.is_active = False
        return super().save(commit)


class Contact(StampedFormMixin, forms.Form):
    """A letter to the club, with the picture that django-simple-captcha's users know."""

    email = email_field("Your e-mail")
    message = forms.CharField(widget=forms.Textarea(attrs={"rows": 6}), max_length=2000)
    captcha = PictureField(label="What does the picture say?")
