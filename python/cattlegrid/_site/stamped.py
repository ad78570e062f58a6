"""Forms with a stamp: a honeypot and an age, looked at when they come back."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from cattlegrid import Form, Forms, OpenedStamp, Refused, Stamp, Unavailable
from cattlegrid._site import staged
from cattlegrid._site.once import Once
from cattlegrid._site.settings import Settings

_log = logging.getLogger("cattlegrid")

LEAST_AGE = 2.0
GREATEST_AGE = 86_400.0

# Why no others: what goes on from a stamp that is spent would be a second post, with no second wait.
_MAY_YET_PASS = frozenset({"too-early", "honeypot"})


@dataclass(frozen=True)
class Rules:
    """One form of a site. Raises nothing: the first stamp tells what will not do."""

    name: str
    """Of its own for each thing that a form is for."""
    least_age: float = LEAST_AGE
    """In seconds: nobody is faster."""
    greatest_age: float = GREATEST_AGE
    """In seconds, at most 30 days."""


class SentForm:
    """A form that came back, whatever it has in the place of a stamp. It belongs to one request."""

    def __init__(self, settings: Settings, form: Form, stamp: OpenedStamp | Refused) -> None:
        self._settings = settings
        self._form = form
        self._stamp = stamp
        self._has_passed = False
        self._goes_on = not isinstance(stamp, Refused)

    def check(self) -> None:
        """Looks at the honeypot and the age, and spends the stamp, unless it has passed before.

        Raises `Refused` and `Unavailable`.
        """
        with self._judged():
            opened = self._inspected()
            if opened is not None:
                opened.spend()

    async def check_async(self) -> None:
        """`check` for asynchronous callers, on the running asyncio loop."""
        with self._judged():
            opened = self._inspected()
            if opened is not None:
                await opened.spend_async()

    def fresh(self) -> Stamp:
        """The stamp to send the form back with, for correction: as old as the one that came, if that has
        passed or may yet.
        """
        if self._goes_on and not isinstance(self._stamp, Refused):
            return self._stamp.again()
        return self._form.stamp()

    @contextmanager
    def _judged(self) -> Iterator[None]:
        try:
            yield
        except Refused as error:
            self._goes_on = error.code in _MAY_YET_PASS
            raise
        except Unavailable as error:
            _log.error("a form was refused because nobody could decide: %s", error.code)
            raise
        self._has_passed = True

    def _inspected(self) -> OpenedStamp | None:
        """None where nothing is left to do, or a test suite lets all forms pass."""
        if self._has_passed or staged.layers_pass(self._settings):
            return None
        if isinstance(self._stamp, Refused):
            raise self._stamp
        self._stamp.inspect()
        return self._stamp


class StampedForms:
    """The forms of one site. Cheap to make, before a server forks its workers too, and safe to share."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._forms = Once(
            lambda: Forms(secret=settings.sealing, store=settings.store, site=settings.site_name)
        )
        self._known: dict[Rules, Form] = {}

    def stamp(self, rules: Rules) -> Stamp:
        """The stamp of a form that is shown now. Raises `ConfigurationError`."""
        return self._form(rules).stamp()

    def sent(self, rules: Rules, fields: Sequence[tuple[str, str]]) -> SentForm:
        """A form that came back with these fields, whatever they are. Raises `ConfigurationError`."""
        form = self._form(rules)
        try:
            return SentForm(self._settings, form, form.open(fields))
        except Refused as error:
            return SentForm(self._settings, form, error)

    def _form(self, rules: Rules) -> Form:
        found = self._known.get(rules)
        if found is None:
            forms = self._forms.get()
            found = forms.form(rules.name, least_age=rules.least_age, greatest_age=rules.greatest_age)
            self._known[rules] = found
        return found
