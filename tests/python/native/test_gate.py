"""Issue, image, answer, verify."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from functools import partial
from typing import Any, Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cattlegrid import Challenge, ConfigurationError, Gate, Refused, Seen, Style, generate_secret

from .conftest import SECRET, outcome

Make = Callable[..., Gate]
AnswerTo = Callable[[Challenge], str]
Earn = Callable[..., str]


def test_a_right_answer_earns_a_token_that_passes_once(gate: Gate, answer_to: AnswerTo) -> None:
    challenge = gate.issue(action="sign-up")
    assert gate.image(challenge.key).startswith(b"\x89PNG")
    token = gate.answer(challenge.key, answer_to(challenge), hostname="shop.example:8000")
    passed = gate.verify(token, action="sign-up")
    assert (passed.provider, passed.hostname, passed.action) == ("gate", "shop.example", "sign-up")
    assert passed.score is None
    assert passed.challenge_ts is not None
    solved = datetime.strptime(passed.challenge_ts, "%Y-%m-%dT%H:%M:%S.%f%z")
    assert abs(datetime.now(timezone.utc) - solved) < timedelta(minutes=1)
    assert outcome(lambda: gate.verify(token, action="sign-up")) == "already-seen-response"
    assert outcome(lambda: gate.answer(challenge.key, answer_to(challenge))) == "spent-key"


# Why such a short time: the test answers at once, and the gate sees that by its own clock too.
PERSON: dict[str, Any] = {"time": 0, "edits": 6, "corrections": 2, "blurs": 1}


@pytest.fixture
def score(gate: Gate, answer_to: AnswerTo) -> Callable[..., float | None]:
    """What a verification tells of an answer of which this is seen: `score(signals=…, remote_ip=…)`."""

    def score(**seen: Any) -> float | None:
        challenge = gate.issue()
        return gate.verify(gate.answer(challenge.key, answer_to(challenge), seen=Seen(**seen))).score

    return score


@pytest.mark.parametrize("used", [[], ["keys"], ["touch"], ["pointer", "keys"]])
def test_what_a_widget_was_used_with_makes_no_difference(
    used: list[str], score: Callable[..., float | None]
) -> None:
    assert score(signals={**PERSON, "used": used}) == 0.8


def test_each_reason_takes_its_part(score: Callable[..., float | None]) -> None:
    assert score(signals={**PERSON, "automated": True}) == 0.4
    assert score(signals={"time": 0}) == 0.5
    assert score(signals={**PERSON, "time": 2**63}) == 0.5
    assert score() in (0.7, 0.9)


def test_wrong_answers_take_from_the_score_of_their_address(
    gate: Gate, score: Callable[..., float | None]
) -> None:
    def wrong(**seen: Any) -> str:
        key = gate.issue().key
        return outcome(lambda: gate.answer(key, "wrong", seen=Seen(**seen)))

    assert {wrong(remote_ip="2001:db8::1") for _ in range(8)} == {"wrong-answer"}
    for nobody in ("no address", "127.0.0.1", "::1"):
        assert {wrong(remote_ip=nobody) for _ in range(8)} == {"wrong-answer"}
        assert score(signals=PERSON, remote_ip=nobody) == 0.8, nobody
    for address, want in [("2001:db8::2", 0.5), ("192.0.2.1", 0.8), (None, 0.8)]:
        assert score(signals=PERSON, remote_ip=address) == pytest.approx(want), address


@pytest.mark.parametrize(
    "signals",
    ["x", 5, {"time": -1}, {"time": 1.5}, {"time": 2**64}, {"used": ["telepathy"]}, {"x": object()}],
)
def test_signals_are_as_the_widget_sends_them(signals: object) -> None:
    assert outcome(lambda: Seen(signals=signals)) == "invalid-signals"


@pytest.mark.parametrize(
    ("signals", "least", "code"),
    [(PERSON, 0.8, "passed"), (PERSON, 0.81, "score-too-low"), (None, 0.0, "score-too-low")],
)
def test_a_least_score_is_looked_at(
    signals: Any, least: float, code: str, make: Make, answer_to: AnswerTo
) -> None:
    gate = make(minimum_score=least)
    challenge = gate.issue()
    seen = Seen(signals=signals) if signals else None
    token = gate.answer(challenge.key, answer_to(challenge), seen=seen)
    assert outcome(lambda: gate.verify(token)) == code


def test_a_wrong_answer_spends_the_key(gate: Gate, answer_to: AnswerTo) -> None:
    challenge = gate.issue()
    assert outcome(lambda: gate.answer(challenge.key, "wrong")) == "wrong-answer"
    assert outcome(lambda: gate.answer(challenge.key, answer_to(challenge))) == "spent-key"


def test_a_challenge_says_what_it_is_and_until_when(gate: Gate) -> None:
    before = datetime.now(timezone.utc)
    challenge = gate.issue()
    assert challenge.kind == "chars"
    assert challenge.expires_at.tzinfo is timezone.utc
    assert abs(challenge.expires_at - before - timedelta(minutes=5)) < timedelta(seconds=30)


def test_a_picture_is_the_same_each_time(gate: Gate) -> None:
    key = gate.issue().key
    assert gate.image(key) == gate.image(key)
    assert gate.image(key) != gate.image(key, scale=2)
    with pytest.raises(ConfigurationError, match="scale"):
        gate.image(key, scale=3)  # type: ignore[arg-type]


def test_a_gate_asks_what_it_was_given(make: Make) -> None:
    gate = make(kinds=["math", "words"], style=Style("classic"))
    assert gate.issue().kind == "math"
    assert gate.issue(kind="words").kind == "words"


@pytest.mark.parametrize("kind", ["math", "custom", "", "x" * 10**6, "\ud800", 5])
def test_a_gate_asks_nothing_else(gate: Gate, kind: Any) -> None:
    assert outcome(lambda: gate.issue(kind=kind)) == "kind-not-allowed"


def test_a_renewed_challenge_is_like_the_old_one(make: Make, answer_to: AnswerTo) -> None:
    gate = make(kinds=["chars", "math"])
    old = gate.issue(kind="math", action="sign-up")
    assert outcome(lambda: gate.answer(old.key, "wrong")) == "wrong-answer"
    fresh = gate.renew(old.key)
    assert fresh.kind == "math"
    assert fresh.key != old.key
    token = gate.answer(fresh.key, answer_to(fresh))
    assert gate.verify(token).action == "sign-up"
    assert make(kinds=["chars"]).renew(old.key).kind == "chars"


def test_a_token_is_for_its_action(gate: Gate, earn: Earn) -> None:
    assert gate.verify(earn(gate, action="comment")).action == "comment"


@pytest.mark.parametrize(
    ("earned", "wanted"), [("comment", "sign-up"), (None, "sign-up"), ("comment", "no action!")]
)
def test_a_token_is_for_no_other_action(gate: Gate, earn: Earn, earned: str | None, wanted: str) -> None:
    token = earn(gate, action=earned)
    assert outcome(lambda: gate.verify(token, action=wanted)) == "action-mismatch"


@pytest.mark.parametrize("action", ["", "two words", "x" * 33, "x" * 10**6, "\ud800", 5])
def test_what_is_no_action_is_refused(gate: Gate, action: Any) -> None:
    assert outcome(lambda: gate.issue(action=action)) == "invalid-action"


def test_pages_elsewhere_are_refused_and_spend_nothing(make: Make, answer_to: AnswerTo) -> None:
    gate = make(hostnames=["shop.example", "*.shop.example", "[::1]"])
    challenge = gate.issue()
    right = answer_to(challenge)
    strange: list[Any] = ["evil.example", "shop.example.evil.example", "", "a b", "x" * 10**6, "\ud800", 5]
    outcomes = {outcome(partial(gate.answer, challenge.key, right, hostname=host)) for host in strange}
    assert outcomes == {"wrong-site"}
    assert gate.answer(challenge.key, right, hostname="shop.example")


@pytest.mark.parametrize("hostname", [None, "shop.example", "www.SHOP.example:8000", "[::1]:80"])
def test_the_sites_own_pages_are_let_through(make: Make, answer_to: AnswerTo, hostname: str | None) -> None:
    gate = make(hostnames=["shop.example", "*.shop.example", "[::1]"])
    challenge = gate.issue()
    assert gate.answer(challenge.key, answer_to(challenge), hostname=hostname)


def test_secrets_are_rotated_without_losing_anybody(make: Make, answer_to: AnswerTo, earn: Earn) -> None:
    old, new = make(), make(secret=[generate_secret(), SECRET])
    assert old.site_key == make().site_key != new.site_key
    challenge = old.issue()
    assert new.image(challenge.key) == old.image(challenge.key)
    assert new.verify(new.answer(challenge.key, answer_to(challenge)))
    assert new.verify(earn(old))
    assert outcome(lambda: old.image(new.issue().key)) == "unknown-key"


def test_nothing_of_another_secret_counts(make: Make, earn: Earn) -> None:
    gate, other = make(), make(secret=generate_secret())
    assert outcome(lambda: other.image(gate.issue().key)) == "unknown-key"
    assert outcome(lambda: other.renew(gate.issue().key)) == "unknown-key"
    token = earn(gate)
    assert outcome(lambda: other.verify(token)) == "invalid-input-response"
    assert outcome(lambda: gate.verify(token)) == "passed"


def test_what_has_expired_is_refused(make: Make) -> None:
    gate = make(challenge_ttl=1.0)
    challenge = gate.issue()
    while datetime.now(timezone.utc) <= challenge.expires_at:
        pass
    assert outcome(lambda: gate.image(challenge.key)) == "expired-key"
    assert outcome(lambda: gate.answer(challenge.key, "x")) == "expired-key"
    assert gate.renew(challenge.key)


texts = st.text() | st.text(st.characters())
anything = texts | st.binary() | st.integers() | st.floats() | st.none() | st.lists(st.text())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(thing=anything, other=anything)
def test_what_is_no_key_and_no_token_is_refused(gate: Gate, thing: Any, other: Any) -> None:
    assert outcome(lambda: gate.answer(thing, other)) == "unknown-key"
    assert outcome(lambda: gate.image(thing)) == "unknown-key"
    assert outcome(lambda: gate.renew(thing)) == "unknown-key"
    assert outcome(lambda: gate.verify(thing)) == "invalid-input-response"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(given_answer=anything)
def test_an_answer_of_any_type_is_an_answer(gate: Gate, given_answer: Any) -> None:
    assert outcome(lambda: gate.answer(gate.issue().key, given_answer)) == "wrong-answer"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, 199), character=st.characters())
def test_a_changed_key_is_unknown(gate: Gate, at: int, character: str) -> None:
    key = gate.issue().key
    changed = key[:at] + character + key[at + 1 :]
    assert changed == key or outcome(lambda: gate.image(changed)) == "unknown-key"


@pytest.mark.parametrize("length", [10**3, 10**8])
def test_long_text_is_refused_unread(gate: Gate, length: int) -> None:
    long = "x" * length
    assert outcome(lambda: gate.image(long)) == "unknown-key"
    assert outcome(lambda: gate.verify(long)) == "invalid-input-response"
    assert outcome(lambda: gate.answer(gate.issue().key, long)) == "wrong-answer"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("secret", ""),
        ("secret", "short"),
        ("secret", []),
        ("secret", ["short"]),
        ("secret", [SECRET] * 9),
        ("secret", [SECRET, SECRET]),
        ("secret", 5),
        ("secret", "x" * 10**6),
        ("kinds", []),
        ("kinds", ["custom"]),
        ("kinds", ["chars", "chars"]),
        ("kinds", ["riddle"]),
        ("hostnames", ["https://shop.example"]),
        ("challenge_ttl", 0.5),
        ("challenge_ttl", float("nan")),
        ("challenge_ttl", float("inf")),
        ("token_ttl", -1.0),
        ("token_ttl", 86_401.0),
        ("minimum_score", 1.5),
        ("minimum_score", float("nan")),
    ],
)
def test_a_mistake_is_named_without_the_secret(make: Make, name: str, value: Any) -> None:
    with pytest.raises(ConfigurationError) as raised:
        make(**{name: value})
    message = str(raised.value)
    assert SECRET not in message
    assert "short" not in message
    assert len(message) < 200


def test_nothing_shows_what_is_secret(gate: Gate, earn: Earn) -> None:
    challenge = gate.issue()
    passed = gate.verify(earn(gate))
    shown = repr(gate) + repr(challenge) + repr(passed)
    assert SECRET not in shown
    assert challenge.key not in shown
    with pytest.raises(Refused) as raised:
        gate.answer(challenge.key, "a guess")
    assert "a guess" not in str(raised.value)


def test_secrets_are_never_the_same_twice() -> None:
    assert len({generate_secret() for _ in range(100)}) == 100
