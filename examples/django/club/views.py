"""The pages."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.mail import EmailMessage
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.generic import FormView, TemplateView

from cattlegrid import EmailSubject
from cattlegrid.django import rate_limit
from cattlegrid.django.email import EmailConfirmation, LetterRefused

from .forms import Contact, SignUp

membership = EmailConfirmation("membership", f"{settings.SITE_URL}/confirm/")


@rate_limit("sign-ups", "20/1h")
@method_decorator(never_cache, name="dispatch")
class SignUpView(FormView):
    """Makes an account, and has its address confirmed."""

    template_name = "sign_up.html"
    form_class = SignUp
    success_url = reverse_lazy("on-its-way")

    def get_form_kwargs(self) -> dict[str, Any]:
        """The captcha's check knows the visitor's address by the request."""
        return {**super().get_form_kwargs(), "request": self.request}

    def form_valid(self, form: SignUp) -> HttpResponse:
        """Runs when all fields are right, the captcha among them."""
        try:
            with transaction.atomic():
                account = form.save()
                membership.ask(self.request, account.email, lambda address: newcomer(address, account))
        except LetterRefused as error:
            form.add_error("email", error)
            return self.form_invalid(form)
        return super().form_valid(form)


def newcomer(address: str, account: User) -> str | None:
    """Looked up after the answer, so that nobody learns from it who is a member."""
    is_member = User.objects.filter(email=address, is_active=True).exists()
    return None if is_member else str(account.pk)


@membership.confirms
def confirm(_request: HttpRequest, whom: EmailSubject) -> HttpResponse:
    """Runs once for each link, when somebody who has read the letter presses the button."""
    User.objects.filter(pk=whom.subject).update(email=whom.address, is_active=True)
    return redirect("welcome")


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


on_its_way = TemplateView.as_view(template_name="on_its_way.html")
welcome = TemplateView.as_view(template_name="welcome.html")
thanks = TemplateView.as_view(template_name="thanks.html")
