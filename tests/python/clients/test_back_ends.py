"""What each package lets in, and whom it refuses."""

from __future__ import annotations

from typing import Callable

import pytest
from server import Server

from .conftest import Website, keys_of
from .packages import BLOCKING, FOR_TESTS, PACKAGES, ForTests, Package, Provider

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
    other = "hcaptcha" if package.dialect == "turnstile" else "turnstile"
    earned = token(cattlegrid, package, other)
    assert package.refused in site.send(earned)
    assert cattlegrid.siteverify(secret=keys_of(other).secret, response=earned)["success"], "it is not spent"


@each
def test_a_token_that_expired_is_refused(package: Package, website: Start, expired: dict[str, str]) -> None:
    site = website(package, keys_of(f"{package.dialect}-hasty"))
    assert package.refused in site.send(expired[package.dialect])


def these(published: dict[str, ForTests]) -> pytest.MarkDecorator:
    """The packages for whose dialects there are such keys."""
    return pytest.mark.parametrize("package", [it for it in PACKAGES if it.dialect in published], ids=str)


@these(FOR_TESTS)
def test_published_keys_for_tests_pass(package: Package, website: Start) -> None:
    published = FOR_TESTS[package.dialect]
    assert WELCOME in website(package, published.keys).send(published.token)


@these(BLOCKING)
def test_published_keys_for_tests_block(package: Package, website: Start) -> None:
    published = BLOCKING[package.dialect]
    assert package.refused in website(package, published.keys).send(published.token)


@these(FOR_TESTS)
def test_published_keys_are_unknown_to_a_server_in_earnest(
    package: Package, website: Start, provider_in_earnest: Provider
) -> None:
    published = FOR_TESTS[package.dialect]
    assert package.refused in website(package, published.keys, provider_in_earnest).send(published.token)
