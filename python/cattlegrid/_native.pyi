"""The Rust core of Cattlegrid. Import its names from `cattlegrid`."""

from collections.abc import Awaitable, Sequence
from datetime import datetime
from typing import ClassVar, Literal, final

from typing_extensions import Self

__all__ = [
    "CattlegridError",
    "Chain",
    "Challenge",
    "ConfigurationError",
    "EmailLink",
    "EmailLinks",
    "EmailSubject",
    "Form",
    "Forms",
    "Gate",
    "LetterLimits",
    "OpenedStamp",
    "Passed",
    "RateDecision",
    "RateLimiter",
    "Refused",
    "Seen",
    "Stamp",
    "Style",
    "TrustedProxies",
    "Unavailable",
    "Verifier",
    "__version__",
    "animate",
    "draw",
    "email_address",
    "frames",
    "generate_secret",
    "read_fields",
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
    @property
    def decided(self) -> bool:
        """False for who was let through because no provider could be reached."""

    def __new__(
        cls,
        *,
        provider: str,
        challenge_ts: str | None = None,
        hostname: str | None = None,
        action: str | None = None,
        score: float | None = None,
        decided: bool = True,
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

    @property
    def provider(self) -> Literal["gate"]:
        """`gate`, as providers have a name."""

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
        minimum_score: float | None = None,
    ) -> Self:
        """The first of `kinds` (`chars` alone by default) is issued where none is asked for.

        `secret` is what `generate_secret` gave; of several, the first seals and all open. `store` is a URL
        such as `sqlite:/var/lib/site/captcha.sqlite3`, which all processes of the site share, `redis://HOST`
        and others of its kind, which all machines do, or `memory:` for tests: a gate with that one raises
        `Unavailable` in a process that it was not made in. `hostnames` are those of the site's pages; with
        none, any. Times to live are in seconds, 1 to 86,400. With `minimum_score`, 0 to 1, tokens pass alone
        whose answers had at least that score. Raises `ConfigurationError`.
        """

    def issue(self, *, kind: str | None = None, action: str | None = None) -> Challenge:
        """A new challenge. Writes nothing anywhere.

        `action` is what the form is for, 1 to 32 characters of `A-Z a-z 0-9 / - _`. Raises `Refused`:
        `kind-not-allowed` for a kind that the gate was not given, `invalid-action`.
        """

    def image(self, key: str, *, scale: Literal[1, 2] = 1) -> bytes:
        """The picture of a challenge, as a PNG file. Raises `Refused`: `unknown-key`, `expired-key`."""

    def answer(self, key: str, given: str, *, hostname: str | None = None, seen: Seen | None = None) -> str:
        """The response token that a right answer earns. Spends the key, whether the answer is right or wrong.

        `hostname` is that of the page the answer came from, if it came from a page; a port after it is
        ignored. With what is `seen` of the visitor, the answer has a score, which the verification tells.
        Raises `Refused`: `wrong-answer`, `spent-key`, `expired-key`, `unknown-key`, `wrong-site`; and
        `Unavailable`.
        """

    def renew(self, key: str) -> Challenge:
        """A fresh challenge of the kind and the action of another one, which may be expired or spent.

        Writes nothing anywhere. Raises `Refused`: `unknown-key`.
        """

    def verify(self, token: str, *, action: str | None = None) -> Passed:
        """Verifies a response token, and spends it. With `action`, it must have been earned for that one.

        Raises `Refused`: `invalid-input-response`, `expired-input-response`, `already-seen-response`,
        `action-mismatch`, `score-too-low`; and `Unavailable`.
        """

    def answer_async(
        self, key: str, given: str, *, hostname: str | None = None, seen: Seen | None = None
    ) -> Awaitable[str]:
        """`answer` for asynchronous callers, on the running asyncio loop."""

    def verify_async(self, token: str, *, action: str | None = None) -> Awaitable[Passed]:
        """`verify` for asynchronous callers, on the running asyncio loop."""

@final
class Seen:
    """What is seen of a visitor who answers, of which a score is made."""

    def __new__(cls, *, signals: object = None, remote_ip: str | None = None) -> Self:
        """`signals` are what the widget sends along with an answer, as JSON is decoded; None if there are
        none. `remote_ip` is the visitor's address, for whom wrong answers are counted; nobody's are where it
        is none, or this machine's. Raises `Refused`: `invalid-signals`.
        """

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
        `recaptcha_enterprise`, there 0.5 when it is None, and for `cattlegrid`; other providers refuse to
        have one. `timeout` is in seconds and for the whole check, 0.1 to 60.
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

@final
class TrustedProxies:
    """The proxies whose word on where a request comes from is taken."""

    @property
    def header(self) -> str:
        """The header that they write, in small letters."""

    def __new__(
        cls,
        networks: Sequence[str] = (),
        *,
        header: Literal["x-forwarded-for", "forwarded"] = "x-forwarded-for",
    ) -> Self:
        """`networks` are addresses, networks (`10.0.0.0/8`, `fd00::/8`), `loopback`, `private`, `link-local`,
        and `unix` for whoever connects through a Unix socket. All of them write `header`, and let through
        nothing in it that they did not write or append to. Raises `ConfigurationError`.
        """

    def __eq__(self, other: object, /) -> bool: ...
    def client(self, peer: str, forwarded: str = "") -> str | None:
        """The client's address. None when nobody can tell.

        `peer` is the socket's other end, empty for a Unix socket. `forwarded` is the content of the header,
        several lines joined by commas; it counts only where `peer` is a trusted proxy.
        """

@final
class Forms:
    """The forms of one site, which are stamped when they are shown and looked at when they come back.

    Safe to share between threads, and to make before a server forks its workers.
    """

    def __new__(cls, *, secret: str | Sequence[str], store: str, site: str = "site") -> Self:
        """`secret` is what `generate_secret` gave; of several, the first seals and all open. `store` is a URL
        as for `Gate`, and remembers which stamps are spent. `site` tells apart sites that share a secret: 1
        to 255 bytes. Raises `ConfigurationError`.
        """

    def form(self, name: str, *, least_age: float = 2.0, greatest_age: float = 86400.0) -> Form:
        """The form of this name, 1 to 255 bytes: one of its own for each thing that a form is for.

        What comes back sooner than `least_age` after it was shown, or later than `greatest_age`, is refused;
        both are in seconds, and at most 30 days. Raises `ConfigurationError`.
        """

@final
class Form:
    """One form of a site. Made by `Forms.form`; safe to share as that is."""

    @property
    def name(self) -> str: ...
    def stamp(self) -> Stamp:
        """The stamp of a form that is shown now: good for one post. Writes nothing anywhere."""

    def open(self, fields: Sequence[tuple[str, str]]) -> OpenedStamp:
        """Opens the stamp that came back among these fields, in their order. It may be of any age, and spent.

        Raises `Refused`: `missing-stamp`; `unknown-stamp` for one that is forged, or was made under another
        secret, for another site or another form.
        """

@final
class Stamp:
    """What is put into a form when it is shown: a sealed field, and the two fields of a honeypot."""

    FIELD: ClassVar[str]
    """The name of the sealed field."""

    @property
    def value(self) -> str:
        """The value of the sealed field: at most 800 characters of `A-Z a-z 0-9 - _`."""

    @property
    def bait(self) -> tuple[str, str]:
        """The names of the honeypot's fields, each of which has to come back, and to be empty."""

    def __html__(self) -> str:
        """All three fields as HTML, to stand in the form: without script and without style."""

@final
class OpenedStamp:
    """A form that has come back, with a stamp of its own."""

    @property
    def made_at(self) -> datetime:
        """When the form was made: for one that was sent back for correction, when it was first made."""

    def inspect(self) -> None:
        """Whether the honeypot's fields came back as a browser sends them: each of them, and empty.

        Raises `Refused`: `honeypot`.
        """

    def spend(self) -> None:
        """Judges the form's age, and spends its stamp.

        Raises `Refused`: `too-early`, which spends nothing, `expired-stamp`, `spent-stamp`, `unknown-stamp`
        for one from the future; and `Unavailable`.
        """

    def spend_async(self) -> Awaitable[None]:
        """`spend` for asynchronous callers, on the running asyncio loop."""

    def again(self) -> Stamp:
        """A fresh stamp for a form that is sent back for correction, which is as old as this one."""

def read_fields(content_type: str, body: bytes, *, most: int = 1000) -> list[tuple[str, str]]:
    """The fields of a body with this `content-type`, of which there may be at most `most`: of
    `application/json` the members of an object that are strings, of a form its fields, its files left out;
    of anything else none.

    Read strictly: what is not written as its `content-type` says is refused, rather than read in one way here
    and in another elsewhere. Raises `Refused`: `bad-request`, `too-many-fields`.
    """

@final
class RateLimiter:
    """One limit: so many steps for each subject.

    Safe to share between threads, and to make before a server forks its workers.
    """

    @property
    def name(self) -> str: ...
    @property
    def fallbacks(self) -> int:
        """For how many steps this process's own counters had to decide, since it was started."""

    def __new__(
        cls, name: str, quota: str, *, secret: str | Sequence[str], store: str, ipv6_prefix: int = 64
    ) -> Self:
        """`name` goes into headers, 1 to 64 of `a-z 0-9 - _`; limits of the same name, secret and store count
        together, in all processes if the store is on a server. `quota` is how many steps in how long, such
        as `5/1m`, `100/1h` or `30/10s`. `secret` is what `generate_secret` gave; of several, the first
        counts. Subjects are kept under keyed hashes, so that the store learns no address and no account.
        `store` is a URL as for `Gate`; where it cannot decide, this process's own counters do until it can.
        An IPv6 address counts by its first `ipv6_prefix` bits. Raises `ConfigurationError`.
        """

    def check(self, subject: str) -> RateDecision:
        """Takes a step for the subject, if there is one left."""

    def check_async(self, subject: str) -> Awaitable[RateDecision]:
        """`check` for asynchronous callers, on the running asyncio loop."""

    def check_address(self, client: str | None) -> RateDecision:
        """Takes a step for a client's address. All of which nobody can tell the address (None, or no address)
        are one client.
        """

    def check_address_async(self, client: str | None) -> Awaitable[RateDecision]:
        """`check_address` for asynchronous callers, on the running asyncio loop."""

@final
class RateDecision:
    """What a limiter says of one step."""

    @property
    def refused(self) -> bool:
        """Whether there was no step left."""

    @property
    def retry_after(self) -> int | None:
        """For how many seconds there will be none; None if there was one."""

    @property
    def headers(self) -> list[tuple[str, str]]:
        """What a response says of it: `ratelimit`, `ratelimit-policy`, and of a refusal `retry-after`."""

def email_address(given: str) -> str:
    """An e-mail address that a letter can be sent to, in one way of writing it: an international domain as
    DNS has it (`xn--...`), in small letters, and no white space around it.

    Raises `Refused`: `email-invalid` for what is no `local@domain`, `email-local-part` where what is before
    the `@` is quoted or beyond ASCII, which few mail servers take.
    """

@final
class EmailLinks:
    """Makes the links that confirm addresses, and hears them once.

    Safe to share between threads, and to make before a server forks its workers.
    """

    @property
    def lifetime(self) -> float:
        """How long a link works, in seconds."""

    def __new__(
        cls, purpose: str, *, secret: str | Sequence[str], store: str, lifetime: float = 86400.0
    ) -> Self:
        """All is in the link, sealed under `secret`, which is what `generate_secret` gave; of several, the
        first seals and all open. `purpose` names the site and what an address is for, such as `shop.example
        sign-up`; no other purpose's links work for it. `store` is a URL as for `Gate`, and remembers which
        links are spent. `lifetime` is how long a link works, in seconds: a minute to 30 days. Raises
        `ConfigurationError`.
        """

    def make(self, address: str, subject: str = "") -> EmailLink:
        """A link that confirms `address`. Writes nothing anywhere.

        `subject` is what the site needs to know again then, such as the account's id; it comes back as it is,
        and nobody else can read it. Raises `Refused`: `email-invalid`, `email-local-part`, `too-long` where
        address, subject and purpose are of more than some 900 bytes together.
        """

    def look(self, token: str) -> EmailSubject:
        """What a link would confirm. Spends nothing: this is for the page that the link leads to, which
        programs that look through mail open before any person does. Raises `Refused`: `unknown-link`,
        `expired-link`.
        """

    def confirm(self, token: str) -> EmailSubject:
        """Confirms the link's address, and spends the link. For what the page's button sends, never for a
        `GET`.

        Raises `Refused`: `unknown-link`, `expired-link`, `spent-link`; and `Unavailable`.
        """

    def confirm_async(self, token: str) -> Awaitable[EmailSubject]:
        """`confirm` for asynchronous callers, on the running asyncio loop."""

@final
class EmailLink:
    """A link to be sent, and to nobody but the address that it confirms."""

    @property
    def token(self) -> str:
        """What the page is sent: at most 1,500 characters of `A-Z a-z 0-9 - _`."""

    @property
    def expires_at(self) -> datetime:
        """Until when the link works, in UTC."""

    def to(self, page: str) -> str:
        """The link to `page`, with the token as the parameter `token`.

        `page` is the site's own configured address, never made from a request: whoever sends the request
        writes its `Host`, and would get the token of whomever the letter goes to.
        """

@final
class EmailSubject:
    """Whom a link is about: the address that the letter went to, and what the site gave when it made the
    link.
    """

    @property
    def address(self) -> str: ...
    @property
    def subject(self) -> str: ...

@final
class LetterLimits:
    """The limits on letters: by the client that asks for them, and by the address that gets them.

    Addresses that most mail servers deliver to one person (`ada+1@...`, `Ada@...`) count as one.
    """

    @property
    def fallbacks(self) -> int:
        """For how many steps this process's own counters had to decide, since it was started."""

    def __new__(
        cls,
        name: str,
        *,
        secret: str | Sequence[str],
        store: str,
        by_client: str = "10/1h",
        by_address: str = "3/1h",
        ipv6_prefix: int = 64,
    ) -> Self:
        """`name` is that of what the letters are for, 1 to 53 of `a-z 0-9 - _`; quotas, `secret` and `store`
        are as for `RateLimiter`. Raises `ConfigurationError`.
        """

    def check(self, client: str | None, address: str) -> RateDecision:
        """Takes a step for a letter, the first one as any other: of the client's address (None: one client
        for all of whom nobody can tell it), and if there was one, of the address that the letter would go to.

        What is decided of the address holds for one that nobody has an account with as for any, so it may be
        told. Raises `Refused`: `email-invalid`, `email-local-part`.
        """

    def check_async(self, client: str | None, address: str) -> Awaitable[RateDecision]:
        """`check` for asynchronous callers, on the running asyncio loop."""

@final
class Chain:
    """Several verifiers, in order of preference, of which the next counts while those before it are
    unreachable.

    A token is good at the provider whose widget made it, and nobody else sees it: it goes to the verifiers
    whose provider has the form field that it came in, in their order. A token in the field of a later
    verifier counts only while those before it are unreachable, and is refused with `unexpected-provider`
    while they answer. Safe to share as its verifiers are.
    """

    def __new__(
        cls, verifiers: Sequence[Verifier | Gate], *, when_unreachable: Literal["refuse", "allow"] = "refuse"
    ) -> Self:
        """A `Gate` may be among them, and is always there. `when_unreachable` is what becomes of a visitor
        whom no provider can be asked about: `refuse`, or `allow`, which lets them through undecided and
        spends their token. Raises `ConfigurationError`.
        """

    def current(self) -> Verifier | Gate:
        """The first verifier whose provider can be reached, whose widget a page shows now; the first of all
        if none can.

        A provider that nobody has heard of for ten seconds is asked about a token that is none, which takes
        until its `timeout` where it does not answer.
        """

    def current_async(self) -> Awaitable[Verifier | Gate]:
        """`current` for asynchronous callers, on the running asyncio loop."""

    def verify(
        self,
        token: str,
        *,
        field: str | None = None,
        remote_ip: str | None = None,
        action: str | None = None,
    ) -> Passed:
        """Checks a token as `Verifier.verify` does, and spends it if it passes.

        `field` is the form field that it came in; that of the first verifier when it is None. `action` has to
        be one that every provider says. Raises what `Verifier.verify` raises, and `Refused` with
        `unexpected-provider`.
        """

    def verify_async(
        self,
        token: str,
        *,
        field: str | None = None,
        remote_ip: str | None = None,
        action: str | None = None,
    ) -> Awaitable[Passed]:
        """`verify` for asynchronous callers, on the running asyncio loop."""

    def claim(self, token: str, *, field: str | None = None) -> None:
        """Spends a token without asking anybody what it is worth, as `Verifier.claim` does."""

    def claim_async(self, token: str, *, field: str | None = None) -> Awaitable[None]:
        """`claim` for asynchronous callers, on the running asyncio loop."""
