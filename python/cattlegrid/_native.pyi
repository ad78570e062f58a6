"""The Rust core of Cattlegrid. Import its names from `cattlegrid`."""

from collections.abc import Awaitable, Sequence
from datetime import datetime
from typing import Literal, final

from typing_extensions import Self

__all__ = [
    "CattlegridError",
    "Challenge",
    "ConfigurationError",
    "Gate",
    "Passed",
    "Refused",
    "Style",
    "Unavailable",
    "Verifier",
    "__version__",
    "animate",
    "draw",
    "frames",
    "generate_secret",
]

__version__: str

class CattlegridError(Exception):
    """Whatever Cattlegrid raises is one of these."""

class ConfigurationError(CattlegridError, ValueError):
    """An argument is not what it may be; the message says what it may be. For whoever configures the site."""

class Refused(CattlegridError):
    """Not to be let through.

    `codes` are stable, and never empty; `code` is the first. The message is for logs, and holds no secret.
    """

    codes: tuple[str, ...]
    code: str

class Unavailable(CattlegridError):
    """Nobody could decide: the store or the provider failed, or did not answer in time. Nothing was let
    through.

    `code` is `"store-unavailable"`, `"provider-unreachable"` (no answer, not in time, or 502 to 504), or
    `"provider-broken"` (an answer that is none: HTML, a redirect, a 500).
    """

    code: str

@final
class Style:
    """How pictures look. Lengths are in pixels at scale 1. Immutable, and safe to share between threads.

    Raises `ConfigurationError` for what is out of bounds; a contrast between letters and background is not
    asked for.
    """

    def __new__(
        cls,
        preset: Literal["classic", "hard"] = "hard",
        *,
        fonts: Sequence[bytes] = (),
        size: tuple[int, int] | None = None,
        at_least: tuple[int, int] | None = None,
        font_size: float | None = None,
        rotation: tuple[float, float] | None = None,
        foreground: str | None = None,
        background: str | None = None,
        noise: Sequence[Literal["strokes", "spots"]] = ("strokes", "spots"),
        smoothing: bool | None = None,
    ) -> Self:
        """`fonts` are contents of TrueType or OpenType files, at most 16; none for those of the preset.

        `size` is exact, and text that is too large for it shrinks; `at_least` grows where the text needs it;
        neither is as the preset has it. `rotation` is in degrees clockwise, from and to. Colours are
        `#rrggbb` or `#rgb`, and `background` may be `transparent`. `noise` is which of the preset's is drawn
        over the letters: `strokes` (lines and arcs too), `spots` (dots and specks).
        """

    def missing(self, text: str) -> str | None:
        """The first character of `text` that no font of the style has."""

def draw(
    text: str,
    style: Style,
    seed: bytes,
    *,
    scale: Literal[1, 2] = 1,
    letter_colours: Sequence[str] | None = None,
) -> bytes:
    """A picture of `text` (1 to 64 characters), as a PNG file. The same arguments give the same bytes.

    `seed` is 16 bytes, and secret if the text is. `letter_colours` are the inks of the letters in order, and
    begin again where they end. The global interpreter lock is released meanwhile.
    """

def frames(
    text: str,
    style: Style,
    seed: bytes,
    *,
    scale: Literal[1, 2] = 1,
    letter_colours: Sequence[str] | None = None,
) -> list[bytes]:
    """One PNG file for each letter, all of one size, each with its letter alone where it stands in the whole
    text.
    """

def animate(
    text: str,
    style: Style,
    seed: bytes,
    *,
    scale: Literal[1, 2] = 1,
    letter_colours: Sequence[str] | None = None,
    frame_ms: int = 500,
) -> bytes:
    """The `frames` as one GIF file that repeats for ever, each frame for `frame_ms` (20 to 10,000)."""

def generate_secret() -> str:
    """A new secret for `Gate`, from the system's randomness, as text."""

@final
class Challenge:
    """A challenge as a page gets it."""

    @property
    def key(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def expires_at(self) -> datetime: ...

@final
class Passed:
    """What is known of somebody who passed. None is what the provider did not say."""

    @property
    def provider(self) -> str: ...
    @property
    def challenge_ts(self) -> str | None: ...
    @property
    def hostname(self) -> str | None: ...
    @property
    def action(self) -> str | None: ...
    @property
    def score(self) -> float | None: ...
    def __new__(
        cls,
        *,
        provider: str,
        challenge_ts: str | None = None,
        hostname: str | None = None,
        action: str | None = None,
        score: float | None = None,
    ) -> Self:
        """For a site's own tests."""

@final
class Gate:
    """The engine in this process, for one site: issue, image, answer, verify. Needs no server.

    Safe to share between threads, and to make before a server forks its workers.
    """

    @property
    def site_key(self) -> str:
        """Made from the secret; public."""

    def __new__(
        cls,
        *,
        secret: str | Sequence[str],
        store: str,
        kinds: Sequence[Literal["chars", "math", "words", "unicode"]] = ...,
        style: Style | None = None,
        hostnames: Sequence[str] = (),
        challenge_ttl: float = 300.0,
        token_ttl: float = 300.0,
    ) -> Self:
        """The first of `kinds` (`chars` alone by default) is issued where none is asked for.

        `secret` is what `generate_secret` gave; of several, the first seals and all open. `store` is a URL
        such as `sqlite:/var/lib/site/captcha.sqlite3`, which all processes of the site share, `redis://HOST`
        and others of its kind, which all machines do, or `memory:` for tests: a gate with that one raises
        `Unavailable` in a process that it was not made in. `hostnames` are those of the site's pages; with
        none, any. Times to live are in seconds, 1 to 86,400. Raises `ConfigurationError`.
        """

    def issue(self, *, kind: str | None = None, action: str | None = None) -> Challenge:
        """A new challenge. Writes nothing anywhere.

        `action` is what the form is for, 1 to 32 characters of `A-Z a-z 0-9 / - _`. Raises `Refused`:
        `kind-not-allowed` for a kind that the gate was not given, `invalid-action`.
        """

    def image(self, key: str, *, scale: Literal[1, 2] = 1) -> bytes:
        """The picture of a challenge, as a PNG file. Raises `Refused`: `unknown-key`, `expired-key`."""

    def answer(self, key: str, given: str, *, hostname: str | None = None) -> str:
        """The response token that a right answer earns. Spends the key, whether the answer is right or wrong.

        `hostname` is that of the page the answer came from, if it came from a page; a port after it is
        ignored. Raises `Refused`: `wrong-answer`, `spent-key`, `expired-key`, `unknown-key`, `wrong-site`;
        and `Unavailable`.
        """

    def renew(self, key: str) -> Challenge:
        """A fresh challenge of the kind and the action of another one, which may be expired or spent.

        Writes nothing anywhere. Raises `Refused`: `unknown-key`.
        """

    def verify(self, token: str, *, action: str | None = None) -> Passed:
        """Verifies a response token, and spends it. With `action`, it must have been earned for that one.

        Raises `Refused`: `invalid-input-response`, `expired-input-response`, `already-seen-response`,
        `action-mismatch`; and `Unavailable`.
        """

    def answer_async(self, key: str, given: str, *, hostname: str | None = None) -> Awaitable[str]:
        """`answer` for asynchronous callers, on the running asyncio loop."""

    def verify_async(self, token: str, *, action: str | None = None) -> Awaitable[Passed]:
        """`verify` for asynchronous callers, on the running asyncio loop."""

@final
class Verifier:
    """Checks response tokens that a provider issued: with the provider, and then what it says of the page and
    the visitor.

    Safe to share between threads, and to make before a server forks its workers. A token passes once,
    whatever the provider says the second time.
    """

    @property
    def provider(self) -> str: ...
    def __new__(
        cls,
        provider: Literal[
            "altcha",
            "altcha_server",
            "altcha_signature",
            "cattlegrid",
            "friendly_captcha",
            "hcaptcha",
            "recaptcha_enterprise",
            "recaptcha_v2",
            "recaptcha_v3",
            "turnstile",
        ],
        *,
        secret_key: str,
        store: str,
        site_key: str | None = None,
        url: str | None = None,
        hostnames: Sequence[str] = (),
        action: str | None = None,
        minimum_score: float | None = None,
        timeout: float = 5.0,
    ) -> Self:
        """`store` remembers spent tokens, and is a URL as for `Gate`. `url` is the address of siteverify
        where it is not the provider's own; `cattlegrid`, `altcha_server` and `recaptcha_enterprise` need it.
        `hostnames` (`example.org`, `*.example.org`) and `action` are what the provider must say of the page;
        without `hostnames` any page's token is taken. `minimum_score`, 0 to 1, is for `recaptcha_v3` and
        `recaptcha_enterprise`, there 0.5 when it is None, and for `cattlegrid`; other providers refuse to have one.
        `timeout` is in seconds and for the whole check, 0.1 to 60.
        """

    def verify(self, token: str, *, remote_ip: str | None = None, action: str | None = None) -> Passed:
        """Raises `Refused` with the provider's own codes (`refused-without-reason` where it gave none) or
        with `hostname-mismatch`, `action-mismatch`, `score-too-low`, `already-seen-response`,
        `invalid-input-response`, `missing-input-response`; and `Unavailable`.

        `remote_ip` is the visitor's address; what is no IP address is left out. `action` stands in for the
        one the verifier was made with; `ConfigurationError` where the provider does not say any. The global
        interpreter lock is released meanwhile.
        """

    def verify_async(
        self, token: str, *, remote_ip: str | None = None, action: str | None = None
    ) -> Awaitable[Passed]:
        """`verify` for asynchronous callers, on the running asyncio loop."""

    def claim(self, token: str) -> None:
        """Spends a token without asking the provider what it is worth.

        For a site that lets visitors through while the provider is unreachable: a token that got somebody
        through gets nobody through again, then or when the provider is back. Raises `Refused`:
        `already-seen-response`, `invalid-input-response`, `missing-input-response`; and `Unavailable`.
        """

    def claim_async(self, token: str) -> Awaitable[None]:
        """`claim` for asynchronous callers, on the running asyncio loop."""
