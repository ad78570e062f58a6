"""Challenges, and the database that they wait in."""

from __future__ import annotations

import datetime
import io
import re
from pathlib import Path
from typing import Callable

import pytest
from captcha_databases import DATABASES
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cattlegrid.simple_captcha import helpers
from cattlegrid.simple_captcha.models import CaptchaStore

MANY = 300


@pytest.fixture
def dictionary(tmp_path: Path) -> Callable[..., override_settings]:
    """Has the site's dictionary be of these words."""

    def dictionary(*words: str, least: int = 0, most: int = 99) -> override_settings:
        path = tmp_path / "words"
        path.write_text("\n".join(["", *words, " "]), encoding="utf-8")
        return override_settings(
            CAPTCHA_DICTIONARY_MAX_LENGTH=most,
            CAPTCHA_DICTIONARY_MIN_LENGTH=least,
            CAPTCHA_WORDS_DICTIONARY=str(path),
        )

    return dictionary


def test_sums_are_right_and_never_below_zero() -> None:
    with override_settings(CAPTCHA_MATH_CHALLENGE_OPERATOR="x"):
        challenges = {helpers.math_challenge() for _ in range(MANY)}
    assert {re.sub(r"\d", "", shown) for shown, _ in challenges} == {"+=", "-=", "x="}
    for shown, answer in challenges:
        one, sign, other = re.fullmatch(r"(\d+)(\D)(\d+)=", shown).groups()  # type: ignore[union-attr]
        assert {int(one), int(other)} <= set(range(1, 11))
        results = {"+": int(one) + int(other), "-": int(one) - int(other), "x": int(one) * int(other)}
        assert int(answer) == results[sign] >= 0


@pytest.mark.parametrize("length", [1, 4, 9])
@pytest.mark.parametrize("challenge", [helpers.random_char_challenge, helpers.unicode_challenge])
def test_letters_are_as_many_as_asked(challenge: Callable[[], tuple[str, str]], length: int) -> None:
    with override_settings(CAPTCHA_LENGTH=length):
        challenges = {challenge() for _ in range(MANY)}
    assert all(shown == answer.upper() and len(shown) == length for shown, answer in challenges)
    assert len(challenges) > 10


def test_words_are_as_long_as_asked(dictionary: Callable[..., override_settings]) -> None:
    with dictionary("ox", "cat", "horse", "rhinoceros", least=3, most=5):
        assert {helpers.word_challenge() for _ in range(MANY)} == {("CAT", "cat"), ("HORSE", "horse")}
    with dictionary("ox", "cat", least=5, most=3):
        assert helpers.word_challenge() == ("CAT", "cat")


def test_two_words_with_a_mark_are_as_long_as_asked(dictionary: Callable[..., override_settings]) -> None:
    with (
        dictionary("ox", "cat", "rhinoceros" * 3, least=6, most=6),
        override_settings(CAPTCHA_PUNCTUATION=";"),
    ):
        assert {helpers.huge_words_and_punctuation_challenge()[1] for _ in range(MANY)} == {
            "ox;cat",
            "cat;ox",
        }
    with dictionary("ab" * 8, "cd" * 7):
        assert all(len(helpers.huge_words_and_punctuation_challenge()[0]) <= 32 for _ in range(MANY))


@pytest.mark.parametrize("challenge", [helpers.word_challenge, helpers.huge_words_and_punctuation_challenge])
def test_a_dictionary_without_such_words_is_said_to_have_none(
    challenge: Callable[[], object], dictionary: Callable[..., override_settings]
) -> None:
    with dictionary("cat", least=20, most=30), pytest.raises(ImproperlyConfigured, match="LENGTH"):
        challenge()
    with (
        override_settings(CAPTCHA_WORDS_DICTIONARY="/nowhere"),
        pytest.raises(ImproperlyConfigured, match="read"),
    ):
        challenge()


def test_a_captcha_gets_what_it_lacks() -> None:
    captcha = CaptchaStore.objects.create(challenge="ABC", response="ABC")
    assert captcha.response == "abc"
    assert re.fullmatch(r"[0-9a-f]{40}", captcha.hashkey)
    left = captcha.expiration - timezone.now()
    assert datetime.timedelta(minutes=4) < left <= datetime.timedelta(minutes=5)
    assert str(captcha) == "ABC"


def test_a_captcha_keeps_what_it_has() -> None:
    expiration = timezone.now()
    captcha = CaptchaStore.objects.create(challenge="A", response="a", hashkey="key", expiration=expiration)
    assert (captcha.hashkey, captcha.expiration) == ("key", expiration)


def test_the_generator_can_be_a_path_or_a_function() -> None:
    key = CaptchaStore.generate_key("cattlegrid.simple_captcha.helpers.math_challenge")
    assert CaptchaStore.objects.get(hashkey=key).challenge.endswith("=")
    key = CaptchaStore.generate_key(generator=lambda: ("A", "b"))
    assert CaptchaStore.objects.get(hashkey=key).response == "b"


@DATABASES
def test_a_pool_is_picked_from() -> None:
    CaptchaStore.create_pool(count=1100)
    keys = set(CaptchaStore.objects.values_list("hashkey", flat=True))
    assert len(keys) == 1100
    with override_settings(CAPTCHA_GET_FROM_POOL=True, CAPTCHA_GET_FROM_POOL_TIMEOUT=1):
        picked = {CaptchaStore.pick() for _ in range(20)}
        assert len(picked) > 5
        assert picked <= keys
    assert CaptchaStore.objects.count() == 1100


@pytest.mark.parametrize("count", [0, -1])
def test_a_pool_of_none_is_refused(count: int) -> None:
    with pytest.raises(ValueError, match="at least one"):
        CaptchaStore.create_pool(count)


def test_an_empty_pool_is_made_up_for(caplog: pytest.LogCaptureFixture) -> None:
    CaptchaStore.generate_key()
    with override_settings(CAPTCHA_GET_FROM_POOL=True, CAPTCHA_GET_FROM_POOL_TIMEOUT=60):
        CaptchaStore.pick()
    assert CaptchaStore.objects.count() == 2
    assert "pool" in caplog.text


@DATABASES
def test_the_commands_make_and_clean_up() -> None:
    out = io.StringIO()
    call_command("captcha_create_pool", pool_size=7, stdout=out)
    assert CaptchaStore.objects.count() == 7
    CaptchaStore.objects.update(expiration=timezone.now())
    call_command("captcha_clean", stdout=out)
    assert CaptchaStore.objects.count() == 0
    call_command("captcha_clean", verbosity=0, stdout=out)
    assert out.getvalue() == "Captchas made: 7\nExpired captchas deleted: 7\n"


def test_making_a_pool_cleans_up() -> None:
    CaptchaStore.objects.create(challenge="A", response="a", expiration=timezone.now())
    call_command("captcha_create_pool", "--pool-size", "2", verbosity=0)
    assert CaptchaStore.objects.count() == 2


def test_cleaning_up_says_when_it_cannot() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE captcha_captchastore RENAME TO elsewhere")
    try:
        with pytest.raises(CommandError, match="could not be deleted"):
            call_command("captcha_clean")
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE elsewhere RENAME TO captcha_captchastore")


@DATABASES
def test_sweeping_uses_the_index() -> None:
    with connection.cursor() as cursor:
        indexes = connection.introspection.get_constraints(cursor, "captcha_captchastore")
    assert indexes["captcha_expiration"]["columns"] == ["expiration"]


def test_a_check_asks_the_database_twice(captcha: CaptchaStore) -> None:
    from cattlegrid.simple_captcha.answers import is_right

    is_right("unknown", "any")
    with CaptureQueriesContext(connection) as queries:
        assert is_right(captcha.hashkey, captcha.response)
    assert len(queries) == 2
