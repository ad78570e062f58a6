"""Links that confirm addresses, and the limits on letters."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Awaitable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stores import every_store

from cattlegrid import (
    ConfigurationError,
    EmailLinks,
    LetterLimits,
    Refused,
    Unavailable,
    email_address,
    generate_secret,
)

from .conftest import SECRET, outcome

PURPOSE = "shop.example sign-up"
PAGE = "https://shop.example/confirm"
THREADS = 8

Make = Callable[..., EmailLinks]


@pytest.fixture
def make_links(store: str) -> Make:
    """Links of the sign-up, with what the test wants otherwise."""

    def make(purpose: str = PURPOSE, **wanted: Any) -> EmailLinks:
        return EmailLinks(purpose, **{"secret": SECRET, "store": store, **wanted})

    return make


@pytest.fixture
def links(make_links: Make) -> EmailLinks:
    return make_links()


async def awaited(attempt: Awaitable[object]) -> str:
    """`passed`, or the code of what was raised."""
    try:
        await attempt
    except Refused as refused:
        return refused.code
    return "passed"


@every_store
def test_a_link_may_be_looked_at_and_confirms_once(links: EmailLinks) -> None:
    link = links.make("ada@example.org", "account 4711")
    for _ in range(3):
        looked = links.look(link.token)
        assert (looked.address, looked.subject) == ("ada@example.org", "account 4711")
    confirmed = links.confirm(link.token)
    assert (confirmed.address, confirmed.subject) == ("ada@example.org", "account 4711")
    assert outcome(lambda: links.confirm(link.token)) == "spent-link"
    # Whoever comes to the page again is not told that the link is none.
    assert links.look(link.token).address == "ada@example.org"


@every_store
def test_of_many_threads_one_confirms(links: EmailLinks, make_links: Make) -> None:
    others = [make_links() for _ in range(THREADS)]
    for _ in range(5):
        token = links.make("ada@example.org").token
        start = threading.Barrier(THREADS)

        def confirm(other: EmailLinks, token: str = token, start: threading.Barrier = start) -> str:
            start.wait()
            return outcome(lambda: other.confirm(token))

        with ThreadPoolExecutor(THREADS) as threads:
            assert Counter(threads.map(confirm, others)) == {"passed": 1, "spent-link": THREADS - 1}


@every_store
def test_of_many_tasks_one_confirms(links: EmailLinks) -> None:
    async def race() -> Counter[str]:
        token = links.make("ada@example.org").token
        attempts = [awaited(links.confirm_async(token)) for _ in range(100)]
        return Counter(await asyncio.gather(*attempts))

    assert asyncio.run(race()) == {"passed": 1, "spent-link": 99}


def test_what_is_awaited_is_what_is_confirmed(links: EmailLinks) -> None:
    async def confirm() -> tuple[str, str]:
        found = await links.confirm_async(links.make("ada@example.org", "4711").token)
        return found.address, found.subject

    assert asyncio.run(confirm()) == ("ada@example.org", "4711")


def test_a_link_is_for_one_purpose(links: EmailLinks, make_links: Make) -> None:
    token = links.make("ada@example.org").token
    other = make_links("shop.example newsletter")
    assert outcome(lambda: other.look(token)) == "unknown-link"
    assert outcome(lambda: other.confirm(token)) == "unknown-link"
    assert outcome(lambda: links.confirm(token)) == "passed"


def test_a_secret_can_be_replaced(links: EmailLinks, make_links: Make) -> None:
    new = generate_secret()
    old_link, rotated = links.make("ada@example.org"), make_links(secret=[new, SECRET])
    new_link = rotated.make("ada@example.org")
    assert outcome(lambda: rotated.confirm(old_link.token)) == "passed"
    assert outcome(lambda: links.confirm(old_link.token)) == "spent-link"
    assert outcome(lambda: links.look(new_link.token)) == "unknown-link"
    assert outcome(lambda: make_links(secret=new).confirm(new_link.token)) == "passed"


def test_a_link_says_until_when_it_works(links: EmailLinks, make_links: Make) -> None:
    for made, lifetime in ((links, timedelta(days=1)), (make_links(lifetime=90.5), timedelta(seconds=90.5))):
        assert made.lifetime == lifetime.total_seconds()
        before = datetime.now(timezone.utc)
        expires = made.make("ada@example.org").expires_at
        # It is told in milliseconds.
        slack = timedelta(milliseconds=1)
        assert before - slack <= expires - lifetime <= datetime.now(timezone.utc) + slack


@pytest.mark.parametrize("lifetime", [0, 59.9, 30 * 86_400 + 1, -1, float("nan"), float("inf")])
def test_a_lifetime_is_a_minute_to_a_month(make_links: Make, lifetime: float) -> None:
    with pytest.raises(ConfigurationError):
        make_links(lifetime=lifetime)


def test_a_link_leads_to_the_page_that_the_site_names(links: EmailLinks) -> None:
    link = links.make("ada@example.org")
    assert link.to(PAGE) == f"{PAGE}?token={link.token}"
    assert link.to(f"{PAGE}?lang=de") == f"{PAGE}?lang=de&token={link.token}"


def test_a_link_tells_nothing(links: EmailLinks) -> None:
    link = links.make("ada@example.org", "account 4711")
    for shown in (repr(link), repr(links), repr(links.look(link.token))):
        assert "ada" not in shown
        assert "4711" not in shown
        assert link.token not in shown
        assert SECRET not in shown
    assert len({links.make("ada@example.org").token for _ in range(100)}) == 100


def test_a_link_has_a_bound(links: EmailLinks) -> None:
    longest = "a" * 64 + "@" + "b" * 60 + ".example"
    assert len(links.make(longest, "x" * 700).token) <= 1500
    assert outcome(lambda: links.make(longest, "x" * 1000)) == "too-long"
    assert outcome(lambda: links.make("ada@example.org", "x" * 1_000_000)) == "too-long"
    assert outcome(lambda: links.make("nobody")) == "email-invalid"


@given(token=st.text() | st.binary() | st.none() | st.integers() | st.lists(st.text()))
def test_what_is_no_link_is_refused_whatever_it_is(token: Any) -> None:
    for attempt in (LINKS.look, LINKS.confirm):
        assert outcome(lambda attempt=attempt: attempt(token)) == "unknown-link"


@given(place=st.integers(0, 10_000), letter=st.sampled_from("AZaz09-_"))
def test_a_link_that_was_changed_anywhere_is_refused(place: int, letter: str) -> None:
    token = LINKS.make("ada@example.org", "4711").token
    place %= len(token)
    changed = token[:place] + letter + token[place + 1 :]
    if changed != token:
        assert outcome(lambda: LINKS.look(changed)) == "unknown-link"


LINKS = EmailLinks(PURPOSE, secret=SECRET, store="memory:")


def test_without_a_store_nothing_is_confirmed(make_links: Make, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    links = make_links(store=f"sqlite:{folder}/spent.sqlite3")
    token = links.make("ada@example.org").token
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()
    assert links.look(token).address == "ada@example.org"
    with pytest.raises(Unavailable) as raised:
        links.confirm(token)
    assert raised.value.code == "store-unavailable"


@every_store
def test_letters_are_counted_by_client_and_by_address(store: str) -> None:
    # Why a secret of its own: it is what tells the counters of several runs apart.
    limits = LetterLimits(
        "sign-up", secret=generate_secret(), store=store, by_client="5/1h", by_address="3/1h"
    )
    for same in ("ada@example.org", "Ada@Example.org", "ada+spam@example.org"):
        assert not limits.check("198.51.100.1", same).refused
    refused = limits.check("198.51.100.2", "ada@example.org")
    assert refused.refused
    assert 0 < (refused.retry_after or 0) <= 3600
    assert ("retry-after", str(refused.retry_after)) in refused.headers
    for name in ("bob", "carol"):
        assert not limits.check("198.51.100.1", f"{name}@example.org").refused
    assert limits.check("198.51.100.1", "dora@example.org").refused
    assert not limits.check("198.51.100.2", "dora@example.org").refused
    assert limits.fallbacks == 0


def test_a_client_that_nobody_can_tell_is_one(store: str) -> None:
    limits = LetterLimits("sign-up", secret=SECRET, store=store, by_client="1/1h", by_address="9/1h")
    assert not limits.check(None, "ada@example.org").refused
    assert limits.check("no address", "bob@example.org").refused


def test_letters_are_counted_for_tasks_as_well(store: str) -> None:
    limits = LetterLimits("sign-up", secret=SECRET, store=store, by_client="9/1h", by_address="3/1h")

    async def ask() -> list[bool]:
        decisions = [limits.check_async("198.51.100.1", "ada@example.org") for _ in range(5)]
        return sorted([(await decision).refused for decision in decisions])

    assert asyncio.run(ask()) == [False] * 3 + [True] * 2


def test_no_step_is_taken_for_what_is_no_address(store: str) -> None:
    limits = LetterLimits("sign-up", secret=SECRET, store=store, by_client="1/1h")
    for _ in range(3):
        assert outcome(lambda: limits.check("198.51.100.1", "nobody")) == "email-invalid"
    assert not limits.check("198.51.100.1", "ada@example.org").refused


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (" ada@example.org\n", "ada@example.org"),
        ("Ada.Lovelace@EXAMPLE.org", "Ada.Lovelace@example.org"),
        ("ada@Bücher.example", "ada@xn--bcher-kva.example"),
    ],
)
def test_an_address_is_kept_in_one_way_of_writing_it(given: str, kept: str) -> None:
    assert email_address(given) == kept


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("ada@example.org\r\nBcc: bob@example.org", "email-invalid"),
        ("ada@example.org,bob@example.org", "email-invalid"),
        ("<ada@example.org>", "email-invalid"),
        ("ada@localhost", "email-invalid"),
        ("ada@[192.0.2.1]", "email-invalid"),
        ("zoë@example.org", "email-local-part"),
        ('"ada"@example.org', "email-local-part"),
        ("a" * 1_000_000, "email-invalid"),
        ("\ud800@example.org", "email-local-part"),
        (None, "email-invalid"),
        (5, "email-invalid"),
        (b"ada@example.org", "email-invalid"),
    ],
)
def test_what_cannot_be_written_to_is_refused(given: Any, code: str) -> None:
    assert outcome(lambda: email_address(given)) == code


@given(st.text())
def test_an_address_is_one_word_of_ascii(text: str) -> None:
    try:
        address = email_address(text)
    except Refused:
        return
    assert address.isascii()
    assert address.isprintable()
    assert not set(address) & set(' <>()[],;:"\\')
    assert email_address(address) == address
