"""Forms that are stamped when they are shown: each stamp is one post, of its own form."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pages import fields_of
from stores import every_store

from cattlegrid import (
    ConfigurationError,
    Form,
    Forms,
    OpenedStamp,
    Refused,
    Stamp,
    Unavailable,
    generate_secret,
)

from .conftest import SECRET, THREADS, at_once, outcome
from .processes import Child

Fields = list[tuple[str, str]]


@pytest.fixture
def make_form(store: str) -> Callable[..., Form]:
    """A form that nobody is too fast for, with what the test wants otherwise."""

    def make(
        name: str = "contact", *, least_age: float = 0, greatest_age: float = 3600, **wanted: Any
    ) -> Form:
        forms = Forms(**{"secret": SECRET, "store": store, **wanted})
        return forms.form(name, least_age=least_age, greatest_age=greatest_age)

    return make


@pytest.fixture
def form(make_form: Callable[..., Form]) -> Form:
    return make_form()


def fields(stamp: Stamp, *others: tuple[str, str]) -> Fields:
    """A form with this stamp, as a browser sends it."""
    return [("name", "Ada"), (Stamp.FIELD, stamp.value), *((name, "") for name in stamp.bait), *others]


def sent(form: Form, fields: Fields) -> str:
    """What becomes of a form that came back."""

    def judge() -> None:
        opened = form.open(fields)
        opened.inspect()
        opened.spend()

    return outcome(judge)


def test_a_stamp_is_one_post(form: Form) -> None:
    first, second = form.stamp(), form.stamp()
    assert first.value != second.value
    assert [sent(form, fields(stamp)) for stamp in (first, first, second)] == [
        "passed",
        "spent-stamp",
        "passed",
    ]


def test_its_markup_is_what_has_to_come_back(form: Form) -> None:
    stamp = form.stamp()
    page = stamp.__html__()
    assert fields_of(page) == {Stamp.FIELD: stamp.value, **dict.fromkeys(stamp.bait, "")}
    assert "<script" not in page
    assert "style" not in page
    assert len(stamp.value) <= 800
    assert sent(form, list(fields_of(page).items())) == "passed"


def test_names_of_the_honeypot_change_from_form_to_form(form: Form) -> None:
    assert len({name for _ in range(50) for name in form.stamp().bait}) > 90


def test_it_says_when_it_was_made(form: Form) -> None:
    opened = form.open(fields(form.stamp()))
    assert abs(opened.made_at - datetime.now(timezone.utc)) < timedelta(minutes=1)


def test_another_forms_another_sites_and_another_secrets_stamps_are_unknown(
    form: Form, make_form: Callable[..., Form]
) -> None:
    others = [make_form("sign-up"), make_form(site="other"), make_form(secret=generate_secret())]
    assert [sent(form, fields(other.stamp())) for other in others] == ["unknown-stamp"] * 3
    assert sent(make_form(least_age=0, greatest_age=5), fields(form.stamp())) == "passed"


def test_a_secret_can_be_replaced(make_form: Callable[..., Form]) -> None:
    new = generate_secret()
    old, both, only_new = make_form(), make_form(secret=[new, SECRET]), make_form(secret=new)
    shown = fields(old.stamp())
    assert sent(only_new, shown) == "unknown-stamp"
    assert sent(both, shown) == "passed"
    assert sent(old, shown) == "spent-stamp"
    assert sent(only_new, fields(both.stamp())) == "passed"


def test_without_a_stamp_there_is_no_form(form: Form) -> None:
    assert [sent(form, some) for some in ([], [("name", "Ada")], [(Stamp.FIELD, "")])] == [
        "missing-stamp"
    ] * 3


def test_of_two_stamps_the_first_counts(form: Form) -> None:
    stamp, other = form.stamp(), form.stamp()
    assert sent(form, fields(stamp, (Stamp.FIELD, other.value), (Stamp.FIELD, "forged"))) == "passed"
    assert sent(form, [(Stamp.FIELD, "forged"), *fields(other)]) == "unknown-stamp"
    assert sent(form, fields(other)) == "passed"


@given(st.text())
def test_any_text_may_come_as_a_stamp(value: str) -> None:
    form = Forms(secret=SECRET, store="memory:").form("contact")
    assert sent(form, [(Stamp.FIELD, value)]) in ("missing-stamp", "unknown-stamp")


@pytest.mark.parametrize("at", [0, 1, 40, -1])
def test_not_a_letter_of_it_can_be_changed(form: Form, at: int) -> None:
    value = form.stamp().value
    letters = list(value)
    letters[at] = "A" if letters[at] != "A" else "B"
    assert sent(form, [(Stamp.FIELD, "".join(letters))]) == "unknown-stamp"


def test_a_honeypot_comes_back_untouched(form: Form) -> None:
    stamp = form.stamp()
    first, second = stamp.bait
    kept = [pair for pair in fields(stamp) if pair[0] != first]
    for touched in (
        [*kept, (first, "https://spam.example")],
        kept,
        fields(stamp, (second, "and more")),
        fields(stamp, (second, " ")),
    ):
        assert sent(form, touched) == "honeypot"
    assert sent(form, fields(stamp, (second, ""))) == "passed"


def test_who_is_too_early_has_spent_nothing(make_form: Callable[..., Form]) -> None:
    slow, quick = make_form(least_age=3599), make_form()
    shown = fields(slow.stamp())
    assert [sent(slow, shown) for _ in range(2)] == ["too-early", "too-early"]
    assert sent(quick, shown) == "passed"
    assert sent(slow, shown) == "too-early"


def test_a_form_is_not_sent_for_ever(make_form: Callable[..., Form]) -> None:
    brief = make_form(greatest_age=0.05)
    shown = fields(brief.stamp())
    time.sleep(0.1)
    assert sent(brief, shown) == "expired-stamp"
    assert sent(make_form(), shown) == "passed"


def test_a_form_that_is_sent_back_is_as_old_as_it_was(make_form: Callable[..., Form]) -> None:
    form, slow = make_form(), make_form(least_age=0.2)
    first = form.open(fields(form.stamp()))
    again = first.again()
    assert form.open(fields(again)).made_at == first.made_at
    time.sleep(0.25)
    assert sent(slow, fields(form.stamp())) == "too-early"
    assert sent(slow, fields(again)) == "passed"
    assert sent(slow, fields(again)) == "spent-stamp"
    assert outcome(first.spend) == "passed"


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"name": ""}, "names of 1 to 255 bytes"),
        ({"name": "é" * 128}, "names of 1 to 255 bytes"),
        ({"site": ""}, "names of 1 to 255 bytes"),
        ({"secret": "short"}, "`secret`"),
        ({"secret": []}, "`secret`"),
        ({"store": "nowhere:"}, "`store`"),
        ({"least_age": -1}, "`least_age`"),
        ({"least_age": float("nan")}, "`least_age`"),
        ({"least_age": 5, "greatest_age": 5}, "less than its greatest"),
        ({"greatest_age": float("inf")}, "`greatest_age`"),
        ({"greatest_age": 31 * 86_400}, "`greatest_age`"),
    ],
)
def test_a_mistake_says_what_to_do(make_form: Callable[..., Form], wanted: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        make_form(**wanted)
    assert said in str(raised.value)


def test_nothing_shows_what_is_sealed(form: Form) -> None:
    stamp = form.stamp()
    for thing in (form, stamp, form.open(fields(stamp))):
        assert stamp.value not in repr(thing)
        assert SECRET not in repr(thing)


@every_store
def test_of_eight_threads_one_passes(form: Form) -> None:
    for _ in range(5):
        shown = fields(form.stamp())
        opened = form.open(shown)
        assert at_once(opened.spend) == {"passed": 1, "spent-stamp": THREADS - 1}
        assert sent(form, shown) == "spent-stamp"


@every_store
def test_of_forked_processes_one_passes(form: Form) -> None:
    for _ in range(3):
        shown = fields(form.stamp())
        children = [Child(lambda: sent(form, shown)) for _ in range(3)]  # noqa: B023
        outcomes = Counter([sent(form, shown), *(child.outcome() for child in children)])
        assert outcomes == {"passed": 1, "spent-stamp": 3}


def test_of_many_coroutines_one_passes(form: Form) -> None:
    async def awaited(opened: OpenedStamp) -> str:
        try:
            await opened.spend_async()
        except Refused as refused:
            return refused.code
        return "passed"

    async def race() -> Counter[str]:
        opened = form.open(fields(form.stamp()))
        return Counter(await asyncio.gather(*(awaited(opened) for _ in range(100))))

    assert asyncio.run(race()) == {"passed": 1, "spent-stamp": 99}


def test_nobody_passes_while_the_store_is_lost(make_form: Callable[..., Form], tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    form = make_form(store=f"sqlite:{folder / 'spent.sqlite3'}")
    shown = fields(form.stamp())
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()
    with pytest.raises(Unavailable) as raised:
        sent(form, shown)
    assert raised.value.code == "store-unavailable"
    assert sent(make_form(), shown) == "passed"
