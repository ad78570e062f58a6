"""What is public. That it is what the stub says, `cargo xtask test` has mypy check."""

from __future__ import annotations

import inspect
import pickle

import pytest

import cattlegrid
from cattlegrid import ConfigurationError, Passed, Refused, Unavailable, _native


def test_the_package_passes_on_all_that_is_public() -> None:
    assert sorted(cattlegrid.__all__) == sorted(_native.__all__)
    for name in cattlegrid.__all__:
        assert getattr(cattlegrid, name) is getattr(_native, name)


def test_everything_public_is_documented_at_run_time() -> None:
    for name in cattlegrid.__all__:
        thing = getattr(cattlegrid, name)
        if not inspect.isclass(thing) and not callable(thing):
            continue
        assert thing.__doc__, name
        for member, value in vars(thing).items() if inspect.isclass(thing) else ():
            if not member.startswith("_") and callable(value):
                assert value.__doc__, f"{name}.{member}"
                assert value.__text_signature__, f"{name}.{member}"


@pytest.mark.parametrize("exception", [ConfigurationError("x"), Refused("x"), Unavailable("x")])
def test_what_is_raised_can_be_sent_to_another_process(exception: Exception) -> None:
    back = pickle.loads(pickle.dumps(exception))  # noqa: S301
    assert (type(back), back.args) == (type(exception), ("x",))
    assert isinstance(back, cattlegrid.CattlegridError)


def test_codes_are_never_missing() -> None:
    assert Refused("x").codes == (Refused("x").code,)
    assert Unavailable("x").code


def test_a_site_can_make_somebody_who_passed() -> None:
    passed = Passed(provider="gate", action="sign-up")
    assert (passed.provider, passed.action, passed.score) == ("gate", "sign-up", None)
    with pytest.raises(AttributeError):
        passed.provider = "other"  # type: ignore[misc]
