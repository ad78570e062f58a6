"""What the packages are, and how each is told where its provider is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable

Settings = dict[str, Any]


@dataclass(frozen=True)
class Keys:
    """Those of a site."""

    site: str
    secret: str


@dataclass(frozen=True)
class ForTests:
    """What a provider publishes for tests."""

    keys: Keys
    token: str
    """One that passes with the keys."""


FOR_TESTS = {
    "hcaptcha": ForTests(
        Keys("10000000-ffff-ffff-ffff-000000000001", "0x0000000000000000000000000000000000000000"),
        "10000000-aaaa-bbbb-cccc-000000000001",
    ),
    "recaptcha-v2": ForTests(
        Keys("6LeIxAcTAAAAAJcZVRqyHh71UMIEGNQ_MXjiZKhI", "6LeIxAcTAAAAAGG-vFI1TnRWxMZNFuojJ4WifJWe"),
        "whatever",
    ),
    "turnstile": ForTests(
        Keys("1x00000000000000000000AA", "1x0000000000000000000000000000000AA"),
        "XXXX.DUMMY.TOKEN.XXXX",
    ),
}

BLOCKING = {
    # Why: what its one secret key does with any other token.
    "hcaptcha": ForTests(FOR_TESTS["hcaptcha"].keys, "10000000-aaaa-bbbb-cccc-000000000000"),
    # Why: a key of version 2, which gives no score.
    "recaptcha-v3": FOR_TESTS["recaptcha-v2"],
    "turnstile": ForTests(
        Keys("2x00000000000000000000AB", "2x0000000000000000000000000000000AA"), "XXXX.DUMMY.TOKEN.XXXX"
    ),
}
"""Keys with which nobody passes. reCAPTCHA's version 2 has none."""


@dataclass(frozen=True)
class Provider:
    """Where the server is."""

    http: str
    """Such as `http://127.0.0.1:40123`."""
    https: str
    """The host and port of the same server behind TLS, such as `127.0.0.1:40124`."""


@dataclass(frozen=True)
class Package:
    """One way to use a package."""

    name: str
    dialect: str
    website: str
    """The module in `websites`, and what in it has the package's field."""
    app: str
    field: str
    """What the form's field is called in which the token is sent."""
    settings: Callable[[Provider, Keys], Settings]
    refused: str
    """What a visitor reads who is refused."""
    action: str = ""
    asks: str = "at once"
    """When its page shows the challenge: `at once`, `when sent`, or `nowhere` for an API."""

    def __str__(self) -> str:
        return self.name


def django_hcaptcha(provider: Provider, keys: Keys) -> Settings:
    return {
        "HCAPTCHA_JS_API_URL": f"{provider.http}/1/api.js",
        "HCAPTCHA_VERIFY_URL": f"{provider.http}/siteverify",
        "HCAPTCHA_SITEKEY": keys.site,
        "HCAPTCHA_SECRET": keys.secret,
    }


def django_turnstile(provider: Provider, keys: Keys) -> Settings:
    return {
        "TURNSTILE_JS_API_URL": f"{provider.http}/turnstile/v0/api.js",
        "TURNSTILE_VERIFY_URL": f"{provider.http}/turnstile/v0/siteverify",
        "TURNSTILE_SITEKEY": keys.site,
        "TURNSTILE_SECRET": keys.secret,
    }


def django_recaptcha(provider: Provider, keys: Keys) -> Settings:
    return {
        "RECAPTCHA_DOMAIN": provider.https,
        "RECAPTCHA_PUBLIC_KEY": keys.site,
        "RECAPTCHA_PRIVATE_KEY": keys.secret,
        "SILENCED_SYSTEM_CHECKS": ["django_recaptcha.recaptcha_test_key_error"],
    }


def drf_recaptcha(provider: Provider, keys: Keys) -> Settings:
    return {"DRF_RECAPTCHA_DOMAIN": f"{provider.https}/below", "DRF_RECAPTCHA_SECRET_KEY": keys.secret}


def flask_wtf(provider: Provider, keys: Keys) -> Settings:
    return {
        "RECAPTCHA_SCRIPT": f"{provider.http}/recaptcha/api.js",
        "RECAPTCHA_VERIFY_SERVER": f"{provider.http}/recaptcha/api/siteverify",
        "RECAPTCHA_PUBLIC_KEY": keys.site,
        "RECAPTCHA_PRIVATE_KEY": keys.secret,
    }


def flask_xcaptcha(provider: Provider, keys: Keys) -> Settings:
    return {
        "XCAPTCHA_API_URL": f"{provider.http}/recaptcha/api.js",
        "XCAPTCHA_VERIFY_URL": f"{provider.http}/recaptcha/api/siteverify",
        "XCAPTCHA_SITE_KEY": keys.site,
        "XCAPTCHA_SECRET_KEY": keys.secret,
    }


def flask_xcaptcha_for_hcaptcha(provider: Provider, keys: Keys) -> Settings:
    return {
        **flask_xcaptcha(provider, keys),
        "XCAPTCHA_API_URL": f"{provider.http}/1/api.js",
        "XCAPTCHA_VERIFY_URL": f"{provider.http}/siteverify",
        "XCAPTCHA_DIV_CLASS": "h-captcha",
    }


RECAPTCHA_ERROR = "Error verifying reCAPTCHA, please try again."

PACKAGES = [
    Package(
        name="django-hCaptcha",
        dialect="hcaptcha",
        website="django_site:django_hcaptcha",
        app="hcaptcha",
        field="h-captcha-response",
        settings=django_hcaptcha,
        refused="hCaptcha could not be verified.",
    ),
    Package(
        name="django-recaptcha, v2 checkbox",
        dialect="recaptcha-v2",
        website="django_site:django_recaptcha_v2_checkbox",
        app="django_recaptcha",
        field="g-recaptcha-response",
        settings=django_recaptcha,
        refused=RECAPTCHA_ERROR,
    ),
    Package(
        name="django-recaptcha, v2 invisible",
        dialect="recaptcha-v2",
        website="django_site:django_recaptcha_v2_invisible",
        app="django_recaptcha",
        field="g-recaptcha-response",
        settings=django_recaptcha,
        refused=RECAPTCHA_ERROR,
        asks="when sent",
    ),
    Package(
        name="django-recaptcha, v3",
        dialect="recaptcha-v3",
        website="django_site:django_recaptcha_v3",
        app="django_recaptcha",
        field="captcha",
        settings=django_recaptcha,
        refused=RECAPTCHA_ERROR,
        action="sign_up",
        asks="when sent",
    ),
    Package(
        name="drf-recaptcha, v2",
        dialect="recaptcha-v2",
        website="django_site:drf_recaptcha_v2",
        app="drf_recaptcha",
        field="recaptcha",
        settings=drf_recaptcha,
        refused=RECAPTCHA_ERROR,
        asks="nowhere",
    ),
    Package(
        name="drf-recaptcha, v3",
        dialect="recaptcha-v3",
        website="django_site:drf_recaptcha_v3",
        app="drf_recaptcha",
        field="recaptcha",
        settings=drf_recaptcha,
        refused=RECAPTCHA_ERROR,
        action="sign_up",
        asks="nowhere",
    ),
    Package(
        name="django-turnstile",
        dialect="turnstile",
        website="django_site:django_turnstile",
        app="turnstile",
        field="cf-turnstile-response",
        settings=django_turnstile,
        refused="Turnstile could not be verified.",
    ),
    Package(
        name="Flask-WTF",
        dialect="recaptcha-v2",
        website="flask_site:flask_wtf",
        app="",
        field="g-recaptcha-response",
        settings=flask_wtf,
        refused="parameter is",
    ),
    Package(
        name="Flask-xCaptcha, for reCAPTCHA",
        dialect="recaptcha-v2",
        website="flask_site:flask_xcaptcha",
        app="",
        field="g-recaptcha-response",
        settings=flask_xcaptcha,
        refused="Refused",
    ),
    Package(
        name="Flask-xCaptcha, for hCaptcha",
        dialect="hcaptcha",
        website="flask_site:flask_xcaptcha",
        app="",
        field="h-captcha-response",
        settings=flask_xcaptcha_for_hcaptcha,
        refused="Refused",
    ),
]
