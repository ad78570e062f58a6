"""Verifiers, and the provider that they ask."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Callable

import pytest

from cattlegrid import Verifier

from .stand_in import SECRET_KEY, Provider


@pytest.fixture
def provider() -> Iterator[Provider]:
    """A provider that says yes."""
    provider = Provider()
    yield provider
    provider.stop()


@pytest.fixture
def other() -> Iterator[Provider]:
    """Another provider that says yes."""
    provider = Provider()
    yield provider
    provider.stop()


@pytest.fixture
def store(request: pytest.FixtureRequest, store_named: Callable[[str], str]) -> str:
    """A store in a file, unless the test wants another."""
    return store_named(getattr(request, "param", "sqlite"))


@pytest.fixture
def make(provider: Provider, store: str) -> Callable[..., Verifier]:
    """Makes a verifier that asks the provider: `make("turnstile", action="login")`."""

    def make(name: str = "turnstile", **others: Any) -> Verifier:
        arguments: dict[str, Any] = {
            "secret_key": SECRET_KEY,
            "store": store,
            "url": provider.url,
            "timeout": 30.0,
        }
        arguments.update(others)
        return Verifier(name, **arguments)  # type: ignore[arg-type]

    return make
