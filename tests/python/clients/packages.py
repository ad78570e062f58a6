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


V2_ERROR = "Error verifying reCAPTCHA, please try again."

PACKAGES = [
    Package(
        "django-hCaptcha",
        "hcaptcha",
        "django_site:django_hcaptcha",
        "hcaptcha",
        "h-captcha-response",
        django_hcaptcha,
        "hCaptcha could not be verified.",
    ),
    Package(
        "django-recaptcha, v2 checkbox",
        "recaptcha-v2",
        "django_site:django_recaptcha_v2_checkbox",
        "django_recaptcha",
        "g-recaptcha-response",
        django_recaptcha,
        V2_ERROR,
    ),
    Package(
        "django-recaptcha, v2 invisible",
        "recaptcha-v2",
        "django_site:django_recaptcha_v2_invisible",
        "django_recaptcha",
        "g-recaptcha-response",
        django_recaptcha,
        V2_ERROR,
    ),
    Package(
        "django-recaptcha, v3",
        "recaptcha-v3",
        "django_site:django_recaptcha_v3",
        "django_recaptcha",
        "captcha",
        django_recaptcha,
        V2_ERROR,
        "sign_up",
    ),
    Package(
        "drf-recaptcha, v2",
        "recaptcha-v2",
        "django_site:drf_recaptcha_v2",
        "drf_recaptcha",
        "recaptcha",
        drf_recaptcha,
        V2_ERROR,
    ),
    Package(
        "drf-recaptcha, v3",
        "recaptcha-v3",
        "django_site:drf_recaptcha_v3",
        "drf_recaptcha",
        "recaptcha",
        drf_recaptcha,
        V2_ERROR,
        "sign_up",
    ),
    Package(
        "django-turnstile",
        "turnstile",
        "django_site:django_turnstile",
        "turnstile",
        "cf-turnstile-response",
        django_turnstile,
        "Turnstile could not be verified.",
    ),
    Package(
        "Flask-WTF",
        "recaptcha-v2",
        "flask_site:flask_wtf",
        "",
        "g-recaptcha-response",
        flask_wtf,
        "parameter is",
    ),
    Package(
        "Flask-xCaptcha",
        "recaptcha-v2",
        "flask_site:flask_xcaptcha",
        "",
        "g-recaptcha-response",
        flask_xcaptcha,
        "Refused",
    ),
]
