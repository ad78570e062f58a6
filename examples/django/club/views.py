"""The pages."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import login
from django.core.mail import EmailMessage
from django.http import HttpResponse
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.generic import FormView, TemplateView

from cattlegrid.django import rate_limit

from .forms import Contact, SignUp


@rate_limit("sign-ups", "20/1h")
@method_decorator(never_cache, name="dispatch")
class SignUpView(FormView):
    """Makes an account, and logs its owner in."""

    template_name = "sign_up.html"
    form_class = SignUp
    success_url = reverse_lazy("welcome")

    def get_form_kwargs(self) -> dict[str, Any]:
        """The captcha's check knows the visitor's address by the request."""
        return {**super().get_form_kwargs(), "request": self.request}

    def form_valid(self, form: SignUp) -> HttpResponse:
        """Runs when all fields are right, the captcha among them."""
        login(self.request, form.save())
        return super().form_valid(form)


@rate_limit("letters", "20/1h")
@method_decorator(never_cache, name="dispatch")
class ContactView(FormView):
    """Sends a letter to the club."""

    template_name = "contact.html"
    form_class = Contact
    success_url = reverse_lazy("thanks")

    def form_valid(self, form: Contact) -> HttpResponse:
        """Runs when all fields are right, the picture's among them."""
        EmailMessage(
            subject="A letter from the site",
            body=form.cleaned_data["message"],
            to=["club@example.org"],
            reply_to=[form.cleaned_data["email"]],
        ).send()
        return super().form_valid(form)

    def form_invalid(self, form: Contact) -> HttpResponse:
        """Thanks whoever filled in what nobody sees, and sends nothing."""
        return super().form_valid(form) if form.took_bait else super().form_invalid(form)


welcome = TemplateView.as_view(template_name="welcome.html")
thanks = TemplateView.as_view(template_name="thanks.html")
