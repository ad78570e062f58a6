"""What each package lets in, and whom it refuses."""

from __future__ import annotations

from typing import Callable

import pytest
from server import Server

from .conftest import Website, keys_of
from .packages import PACKAGES, Keys, Package, Provider

WELCOME = "Welcome"
Start = Callable[..., Website]

each = pytest.mark.parametrize("package", PACKAGES, ids=str)


def token(server: Server, package: Package, site: str = "") -> str:
    """One that the package's own site earned, or another site."""
    wanted = {"action": package.action} if package.action else {}
    return server.token(sitekey=site or package.dialect, **wanted)


@each
def test_a_right_answer_passes_once(package: Package, website: Start, cattlegrid: Server) -> None:
    site = website(package, keys_of(package.dialect))
    earned = token(cattlegrid, package)
    assert WELCOME in site.send(earned)
    assert package.refused in site.send(earned)


@each
def test_a_wrong_answer_earns_nothing(package: Package, website: Start, cattlegrid: Server) -> None:
    site = website(package, keys_of(package.dialect))
    key = cattlegrid.challenge(sitekey=package.dialect)["key"]
    said = cattlegrid.judge(key, "wrong")
    assert said["success"] is False
    assert "token" not in said
    assert WELCOME not in site.send("")
    for forged in (key, "forged"):
        assert package.refused in site.send(forged)


@each
def test_a_token_of_another_site_is_refused(package: Package, website: Start, cattlegrid: Server) -> None:
    site = website(package, keys_of(package.dialect))
    for other in {"hcaptcha", "turnstile"} - {package.dialect}:
        assert package.refused in site.send(token(cattlegrid, package, other))


@each
def test_a_token_that_expired_is_refused(package: Package, website: Start, expired: dict[str, str]) -> None:
    site = website(package, keys_of(f"{package.dialect}-hasty"))
    assert package.refused in site.send(expired[package.dialect])


RECAPTCHA_SECRET = "6LeIxAcTAAAAAGG-vFI1TnRWxMZNFuojJ4WifJWe"
HCAPTCHA_SECRET = "0x0000000000000000000000000000000000000000"
TURNSTILE_TOKEN = "XXXX.DUMMY.TOKEN.XXXX"

PASSING = {
    "hcaptcha": (HCAPTCHA_SECRET, "10000000-aaaa-bbbb-cccc-000000000001"),
    "recaptcha-v2": (RECAPTCHA_SECRET, "whatever"),
    "turnstile": ("1x0000000000000000000000000000000AA", TURNSTILE_TOKEN),
}
"""Published secret keys, and tokens that pass with them."""

BLOCKING = {
    "hcaptcha": (HCAPTCHA_SECRET, "10000000-aaaa-bbbb-cccc-000000000000"),
    # Why: it is a key of version 2, and gives no score.
    "recaptcha-v3": (RECAPTCHA_SECRET, "whatever"),
    "turnstile": ("2x0000000000000000000000000000000AA", TURNSTILE_TOKEN),
}
"""Published secret keys, and tokens that do not pass with them. reCAPTCHA's version 2 has none."""


@pytest.mark.parametrize("package", [it for it in PACKAGES if it.dialect in PASSING], ids=str)
def test_a_key_for_tests_passes(package: Package, website: Start) -> None:
    secret, token = PASSING[package.dialect]
    assert WELCOME in website(package, Keys("any", secret)).send(token)


@pytest.mark.parametrize("package", [it for it in PACKAGES if it.dialect in BLOCKING], ids=str)
def test_a_key_for_tests_blocks(package: Package, website: Start) -> None:
    secret, token = BLOCKING[package.dialect]
    assert package.refused in website(package, Keys("any", secret)).send(token)


@pytest.mark.parametrize("package", [it for it in PACKAGES if it.dialect in PASSING], ids=str)
def test_a_key_for_tests_is_unknown_unless_the_server_is_told(
    package: Package, website: Start, provider_in_earnest: Provider
) -> None:
    secret, token = PASSING[package.dialect]
    assert package.refused in website(package, Keys("any", secret), provider_in_earnest).send(token)
