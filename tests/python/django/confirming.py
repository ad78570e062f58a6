"""A site that confirms addresses after sign-up."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.template import Context, Engine
from django.urls import path

from cattlegrid.django.email import EmailConfirmation, LetterRefused

sign_up = EmailConfirmation("sign-up", "https://club.example/confirm/")
newsletter = EmailConfirmation("newsletter", "https://club.example/news/confirm/")

CONFIRMED: list[tuple[str, str]] = []
"""Addresses and subjects, in order."""


def account_of(address: str) -> str | None:
    """Of whoever has signed up with the address and has not confirmed it."""
    user = User.objects.filter(email=address, is_active=False).first()
    return None if user is None else str(user.pk)


look_up = account_of
"""What a test may have in its place."""


class Again(forms.Form):
    """Whoever wants another letter gives the address."""

    email = forms.CharField()


PAGE = Engine().from_string("{{ form.errors.email.as_text }}")


def again(request: HttpRequest) -> HttpResponse:
    """Has a letter sent, if there is somebody to write to."""
    form = Again(request.POST)
    assert form.is_valid()
    # Why: a test may want the answer's transaction to fail.
    with transaction.atomic() if "atomic" in request.POST else nullcontext():
        try:
            sign_up.ask(request, form.cleaned_data["email"], look_up)
        except LetterRefused as error:
            form.add_error("email", error)
            page = PAGE.render(Context({"form": form}))
            return HttpResponse(page, status=error.status, headers=error.headers)
        if request.POST.get("atomic") == "fails":
            raise RuntimeError("the transaction is rolled back")
    return HttpResponse("If the address is one of ours, a letter is on its way.")


async def again_awaited(request: HttpRequest) -> HttpResponse:
    """The same as a coroutine function."""
    await sign_up.aask(request, request.POST["email"], look_up)
    return HttpResponse("If the address is one of ours, a letter is on its way.")


@sign_up.confirms
def confirm(_: HttpRequest, whom: Any) -> HttpResponse:
    """Runs once for each link."""
    User.objects.filter(pk=whom.subject, email=whom.address).update(is_active=True)
    CONFIRMED.append((whom.address, whom.subject))
    return HttpResponse(f"Welcome, {whom.address}!")


@sign_up.confirms
async def confirm_awaited(_: HttpRequest, whom: Any) -> HttpResponse:
    """The same as a coroutine function."""
    CONFIRMED.append((whom.address, whom.subject))
    return HttpResponse(f"Welcome, {whom.address}!")


@newsletter.confirms
def confirm_news(_: HttpRequest, whom: Any) -> HttpResponse:
    """Confirms for another purpose."""
    raise AssertionError(whom)


urlpatterns = [
    path("again", again),
    path("again-awaited", again_awaited),
    path("confirm/", confirm),
    path("confirm-awaited/", confirm_awaited),
    path("news/confirm/", confirm_news),
]
