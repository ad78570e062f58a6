"""How often somebody may come: processes with one server count together, and alone while it is lost."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stores import each_server, every_store
from wire import wire_to

from cattlegrid import ConfigurationError, Forms, Gate, RateLimiter, generate_secret

from .conftest import SECRET, THREADS, at_once, outcome
from .processes import Child, connections

Make = Callable[..., RateLimiter]


@pytest.fixture
def make_limiter(store: str) -> Make:
    """A limiter, with what the test wants otherwise."""
    # Why not the same for all tests: it is what tells apart those who count on one server.
    secret = generate_secret()

    def make(name: str = "sign-ups", quota: str = "3/1h", **wanted: Any) -> RateLimiter:
        return RateLimiter(name, quota, **{"secret": secret, "store": store, **wanted})

    return make


@pytest.fixture
def limiter(make_limiter: Make) -> RateLimiter:
    return make_limiter()


def steps(limiter: RateLimiter, times: int, subject: str = "ada") -> list[bool]:
    """Whether there was a step left, each time."""
    return [not limiter.check(subject).refused for _ in range(times)]


@every_store
def test_there_are_so_many_steps_for_each(limiter: RateLimiter) -> None:
    assert steps(limiter, 5) == [True, True, True, False, False]
    assert steps(limiter, 1, "grace") == [True]
    assert limiter.fallbacks == 0


def test_a_decision_says_how_it_stands(limiter: RateLimiter) -> None:
    first, *_, last = (limiter.check("ada") for _ in range(4))
    assert (first.refused, first.retry_after) == (False, None)
    assert dict(first.headers) == {
        "ratelimit": '"sign-ups";r=2;t=1200',
        "ratelimit-policy": '"sign-ups";q=3;w=3600',
    }
    assert (last.refused, last.retry_after) == (True, 1200)
    assert dict(last.headers) == {
        "ratelimit": '"sign-ups";r=0;t=1200',
        "ratelimit-policy": '"sign-ups";q=3;w=3600',
        "retry-after": "1200",
    }
    assert (limiter.name, repr(last)) == ("sign-ups", "<cattlegrid.RateDecision: refused>")


def test_steps_grow_back(make_limiter: Make) -> None:
    limiter = make_limiter(quota="1/100ms")
    assert steps(limiter, 1) == [True]
    deadline = time.monotonic() + 60
    while limiter.check("ada").refused:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_limits_of_one_name_secret_and_store_count_together(make_limiter: Make) -> None:
    one, same = make_limiter(), make_limiter()
    assert steps(one, 3) == [True] * 3
    assert steps(same, 1) == [False]
    for other in ({"name": "sign-ins"}, {"secret": generate_secret()}, {"store": "memory:"}):
        assert steps(make_limiter(**other), 1) == [True]


def test_of_several_secrets_the_first_counts(make_limiter: Make) -> None:
    new = generate_secret()
    both, only_new = make_limiter(secret=[new, SECRET]), make_limiter(secret=new)
    assert steps(both, 3) == [True] * 3
    assert steps(only_new, 1) == [False]
    assert steps(make_limiter(secret=SECRET), 1) == [True]


@pytest.mark.parametrize(
    ("one", "same", "other"),
    [
        ("198.51.100.7", "::ffff:198.51.100.7", "198.51.100.8"),
        ("2001:db8::1", "2001:db8::ffff:1", "2001:db8:0:1::1"),
        ("fe80::1%eth0", "fe80::2", "198.51.100.7"),
        (None, "no address", "198.51.100.7"),
        ("", "\ud800", "2001:db8::1"),
        ("1" * 1_000_000, None, "198.51.100.7"),
    ],
)
def test_a_client_is_what_one_subscriber_has(
    make_limiter: Make, one: str | None, same: str | None, other: str | None
) -> None:
    limiter = make_limiter(quota="1/1h")
    addresses = [one, same, other]
    assert [limiter.check_address(address).refused for address in addresses] == [False, True, False]


def test_a_site_may_count_larger_and_smaller_blocks(make_limiter: Make) -> None:
    addresses = ["2001:db8:1:2::1", "2001:db8:1:3::1", "2001:db8:1:2::2"]
    for prefix, refused in [(48, [False, True, True]), (128, [False, False, False])]:
        limiter = make_limiter(quota="1/1h", ipv6_prefix=prefix, secret=generate_secret())
        assert [limiter.check_address(address).refused for address in addresses] == refused


@given(st.text(st.characters()))
def test_any_text_may_be_counted(subject: str) -> None:
    limiter = RateLimiter("x", "1/1h", secret=SECRET, store="memory:")
    assert steps(limiter, 2, subject) == [True, False]


def test_the_store_learns_no_address_and_no_account(limiter: RateLimiter, tmp_path: Path) -> None:
    limiter.check("ada@example.org")
    limiter.check_address("198.51.100.7")
    kept = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert kept
    for known in (b"ada@", b"198.51.100.7", bytes([198, 51, 100, 7]), b"sign-ups"):
        assert known not in kept


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"name": ""}, "no name for a limit"),
        ({"name": "Sign-ups"}, "no name for a limit"),
        ({"name": "a" * 65}, "no name for a limit"),
        ({"name": 'a";r=9'}, "no name for a limit"),
        ({"quota": "often"}, "`quota`"),
        ({"quota": "0/1h"}, "`quota`"),
        ({"quota": "5/0s"}, "`quota`"),
        ({"quota": "-5/1h"}, "`quota`"),
        ({"quota": "5/1000000000h"}, "`quota`"),
        ({"secret": "short"}, "`secret`"),
        ({"store": "nowhere:"}, "`store`"),
        ({"ipv6_prefix": 0}, "prefix"),
        ({"ipv6_prefix": 129}, "prefix"),
    ],
)
def test_a_mistake_says_what_to_do(make_limiter: Make, wanted: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        make_limiter(**wanted)
    assert said in str(raised.value)


@every_store
def test_of_eight_threads_as_many_pass_as_there_are_steps(limiter: RateLimiter) -> None:
    passed: list[bool] = []
    assert at_once(lambda: passed.append(not limiter.check("ada").refused)) == {"passed": THREADS}
    assert Counter(passed) == {True: 3, False: THREADS - 3}


@each_server
def test_processes_count_together(limiter: RateLimiter, make_limiter: Make) -> None:
    assert steps(limiter, 1) == [True]
    inherited = Child(lambda: str(steps(limiter, 1)))
    assert inherited.outcome() == "[True]"
    of_its_own = Child(lambda: f"{steps(make_limiter(), 2)} {limiter.fallbacks}")
    assert of_its_own.outcome() == "[True, False] 0"
    assert steps(limiter, 2) == [False, False]


@pytest.mark.parametrize("store", ["memory:", "sqlite:spent.sqlite3"])
def test_without_a_server_each_process_counts_for_itself(
    make_limiter: Make, store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    limiter = make_limiter(store=store)
    assert steps(limiter, 2) == [True, True]
    assert Child(lambda: str(steps(limiter, 4))).outcome() == "[True, True, True, False]"
    assert (steps(limiter, 2), limiter.fallbacks) == ([True, False], 0)


def test_asyncio(limiter: RateLimiter) -> None:
    async def visits() -> list[Any]:
        by_name = [limiter.check_async("ada") for _ in range(20)]
        by_address = [limiter.check_address_async("2001:db8::1") for _ in range(20)]
        return await asyncio.gather(*by_name, *by_address)

    decisions = asyncio.run(visits())
    assert Counter(decision.refused for decision in decisions) == {False: 6, True: 34}


@each_server
def test_while_a_server_is_lost_each_process_counts_for_itself(make_limiter: Make, store: str) -> None:
    server = urlsplit(store)
    with wire_to(str(server.hostname), server.port or 0) as wire:
        near = server._replace(netloc=server.netloc.replace(str(server.port), str(wire.port))).geturl()
        limiter = make_limiter(store=near)
        assert (steps(limiter, 1), limiter.fallbacks) == ([True], 0)

        wire.cut()
        assert steps(limiter, 4, "grace") == [True, True, True, False]
        assert limiter.fallbacks >= 3

        wire.mend()
        deadline = time.monotonic() + 60
        counted = limiter.fallbacks - 1
        while limiter.fallbacks > counted:
            assert time.monotonic() < deadline
            counted = limiter.fallbacks
            limiter.check(f"somebody at {time.monotonic()}")
        assert steps(limiter, 3) == [True, True, False]


@each_server
def test_whatever_names_a_store_shares_its_connections(store: str) -> None:
    gate = Gate(secret=SECRET, store=store)
    assert outcome(lambda: gate.answer(gate.issue().key, "x")) == "wrong-answer"
    alone = connections(store)
    form = Forms(secret=SECRET, store=store).form("contact", least_age=0)
    limiters = [RateLimiter(name, "9/1h", secret=generate_secret(), store=store) for name in ("a", "b")]
    for limiter in limiters:
        assert steps(limiter, 3) == [True] * 3
    stamp = form.stamp()
    form.open([(stamp.FIELD, stamp.value)]).spend()
    assert outcome(lambda: gate.answer(gate.issue().key, "x")) == "wrong-answer"
    assert connections(store) == alone > 0
