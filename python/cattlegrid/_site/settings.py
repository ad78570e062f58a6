"""A site's settings: one mapping, read once and checked whole."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

from cattlegrid import ConfigurationError, Style, TrustedProxies

Provider = Literal[
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
    "gate",
]
Kind = Literal["chars", "math", "words", "unicode"]
ForwardingHeader = Literal["x-forwarded-for", "forwarded"]
KeyType = Literal["score", "checkbox"]

PROVIDERS = get_args(Provider)

GATE: Literal["gate"] = "gate"
"""The provider that is the engine in this process."""

_LONGEST_TIME = 86_400.0


@dataclass(frozen=True)
class Settings:
    """What a site has configured. `docs/python-settings.md` has the meaning of each."""

    provider: Provider
    secret_keys: tuple[str, ...] = field(repr=False)
    """One, but for a gate: there the first seals and all open."""
    store: str = field(repr=False)
    site_key: str | None = None
    """None for ALTCHA, which has none, and for a gate, which makes its own: ask `Captcha.site_key`."""
    url: str | None = None
    verify_url: str | None = None
    script_url: str | None = None
    challenge_url: str | None = None
    key_type: KeyType = "score"
    hostnames: tuple[str, ...] = ()
    action: str | None = None
    minimum_score: float | None = None
    timeout: float = 5.0
    """In seconds, for a whole check."""
    when_unreachable: Literal["refuse", "allow"] = "refuse"
    fallback: Settings | None = None
    """Those of the provider that is asked while the first cannot be reached."""
    trusted_proxies: TrustedProxies = field(default_factory=TrustedProxies)
    rate_limits: tuple[tuple[str, str], ...] = ()
    """Names and quotas, in their order."""
    seal_keys: tuple[str, ...] = field(default=(), repr=False)
    """The first seals, all open. None for a gate that has none but its own: ask `sealing`."""
    site_name: str = "site"
    kinds: tuple[Kind, ...] = ("chars",)
    style: Style | None = None
    challenge_ttl: float = 300.0
    """In seconds."""
    token_ttl: float = 300.0
    """In seconds."""
    testing: bool = False

    @property
    def siteverify(self) -> str | None:
        """Where tokens are verified, if not where the provider usually does."""
        return self.verify_url or (f"{self.url}/siteverify" if self.url else None)

    @property
    def links(self) -> tuple[Settings, ...]:
        """These, and those of the fallback."""
        return (self,) if self.fallback is None else (self, self.fallback)

    @property
    def gate(self) -> Settings | None:
        """Those of the engine in this process, if there is one."""
        return next((link for link in self.links if link.provider == GATE), None)

    @property
    def sealing(self) -> tuple[str, ...]:
        """What stamps and links are sealed with, and clients hashed. Raises `ConfigurationError`."""
        keys = self.seal_keys or (self.gate.secret_keys if self.gate else ())
        if not keys:
            raise ConfigurationError(
                "CATTLEGRID: SEAL_KEY is missing; rate limits, stamped forms and letters need it. Make it "
                "with cattlegrid.generate_secret()"
            )
        return keys

    @property
    def knows_actions(self) -> bool:
        """Whether the provider says what a token was earned for."""
        return self.provider in _ONLY_FOR["ACTION"]

    @classmethod
    def parse(cls, mapping: object, *, testing: bool = False) -> Settings:
        """Reads the mapping that a site calls `CATTLEGRID`. A key that is None is as good as absent.

        `testing` is what `TESTING` is when the mapping does not say. Raises `ConfigurationError`, which names
        the key and never a secret's value.
        """
        if not isinstance(mapping, Mapping):
            raise ConfigurationError(
                "CATTLEGRID is not set: it must be a mapping with PROVIDER, SECRET_KEY and STORE"
            )
        given = {key: value for key, value in mapping.items() if value is not None}
        unknown = sorted(str(key) for key in given if key not in _READERS)
        if unknown:
            raise ConfigurationError(
                f"CATTLEGRID has no key {unknown[0]}; its keys are {', '.join(sorted(_READERS))}"
            )
        provider = _one_of(*PROVIDERS)("PROVIDER", given.get("PROVIDER"))
        _refuse_what_does_not_belong(provider, given)
        values = {_FIELDS.get(key, key.lower()): _READERS[key](key, given[key]) for key in given}
        values.setdefault("testing", testing)
        if "fallback" in values:
            values["fallback"] = cls._of_fallback(values["fallback"], given, values["testing"])
        values["trusted_proxies"] = _proxies(
            values.pop("trusted_proxies", ()), values.pop("forwarding_header", None)
        )
        settings = cls(**values)
        if provider != GATE and len(settings.secret_keys) != 1:
            raise ConfigurationError(
                "CATTLEGRID: SECRET_KEY is one text; only the provider gate takes several"
            )
        if settings.store.startswith("memory:") and not settings.testing:
            raise ConfigurationError(
                "CATTLEGRID: STORE is memory:, which other processes of the site do not see, so that a token "
                "would pass once in each. Name one that they share, such as "
                "sqlite:/var/lib/site/captcha.sqlite3, or redis://HOST for several machines. "
                "(A test suite sets TESTING to True.)"
            )
        return settings

    @classmethod
    def _of_fallback(cls, own: Mapping[str, object], given: Mapping[str, object], testing: bool) -> Settings:
        foreign = sorted(str(key) for key in own if key not in _OF_A_PROVIDER)
        if foreign:
            raise ConfigurationError(
                f"CATTLEGRID: FALLBACK has no key {foreign[0]}; its keys are {', '.join(_OF_A_PROVIDER)}"
            )
        shared = {key: given[key] for key in _SHARED if key in given}
        try:
            return cls.parse({**shared, **own}, testing=testing)
        except ConfigurationError as error:
            raise ConfigurationError(f"{error} (in FALLBACK)") from None


def _wrong(key: str, what: str) -> ConfigurationError:
    return ConfigurationError(f"CATTLEGRID: {key} must be {what}")


def _text(key: str, value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise _wrong(key, "a text that is not empty")
    return value


def _texts(key: str, value: object) -> tuple[str, ...]:
    # Why: a text is a sequence of texts too, and `"example.org"` was not meant as eleven hosts.
    if isinstance(value, (list, tuple, set, frozenset)) and all(
        isinstance(item, str) and item for item in value
    ):
        return tuple(sorted(value)) if isinstance(value, (set, frozenset)) else tuple(value)
    raise _wrong(key, "a list of texts")


def _secrets(key: str, value: object) -> tuple[str, ...]:
    secrets = (value,) if isinstance(value, str) else value
    if isinstance(secrets, (list, tuple)) and secrets and all(isinstance(s, str) and s for s in secrets):
        return tuple(secrets)
    raise _wrong(key, "a text that is not empty")


def _one_of(*choices: str) -> Callable[[str, object], str]:
    def read(key: str, value: object) -> str:
        if isinstance(value, str) and value in choices:
            return value
        raise _wrong(key, "one of " + ", ".join(choices))

    return read


def _some_of(*choices: str) -> Callable[[str, object], tuple[str, ...]]:
    def read(key: str, value: object) -> tuple[str, ...]:
        chosen = _texts(key, value)
        if chosen and set(chosen) <= set(choices):
            return chosen
        raise _wrong(key, "a list of " + ", ".join(choices))

    return read


def _number(least: float, most: float) -> Callable[[str, object], float]:
    def read(key: str, value: object) -> float:
        if isinstance(value, (int, float)) and not isinstance(value, bool) and least <= value <= most:
            return float(value)
        raise _wrong(key, f"a number from {least:g} to {most:g}")

    return read


def _url(key: str, value: object) -> str:
    text = _text(key, value)
    try:
        parts = urlsplit(text)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise _wrong(key, "an address such as https://captcha.example")
    return text


def _address(key: str, value: object) -> str:
    text = _text(key, value)
    if re.match(r"/(?!/)", text):
        return text
    try:
        return _url(key, text)
    except ConfigurationError:
        raise _wrong(key, "an address such as https://captcha.example/x, or a path such as /x") from None


def _base(key: str, value: object) -> str:
    return _url(key, value).rstrip("/")


def _mapping(key: str, value: object) -> Mapping[str, object]:
    if isinstance(value, Mapping):
        return value
    raise _wrong(key, "a mapping of PROVIDER, SECRET_KEY and what else the provider needs")


def _flag(key: str, value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise _wrong(key, "True or False")


def _quotas(key: str, value: object) -> tuple[tuple[str, str], ...]:
    if isinstance(value, Mapping) and all(isinstance(text, str) for pair in value.items() for text in pair):
        return tuple(value.items())
    raise _wrong(key, 'a mapping from names to quotas, such as {"client": "600/10m"}')


def _proxies(networks: tuple[str, ...], header: ForwardingHeader | None) -> TrustedProxies:
    try:
        return TrustedProxies(networks, header=header or "x-forwarded-for")
    except ConfigurationError as error:
        raise _wrong("TRUSTED_PROXIES", f"a list of addresses, networks and unix ({error})") from None


def _style(key: str, value: object) -> Style:
    if isinstance(value, Style):
        return value
    if value == "classic":
        return Style("classic")
    if value == "hard":
        return Style("hard")
    raise _wrong(key, "classic, hard or a cattlegrid.Style")


_READERS: dict[str, Callable[[str, object], Any]] = {
    "PROVIDER": _one_of(*PROVIDERS),
    "SITE_KEY": _text,
    "SECRET_KEY": _secrets,
    "STORE": _text,
    "URL": _base,
    "VERIFY_URL": _url,
    "SCRIPT_URL": _address,
    "CHALLENGE_URL": _address,
    "KEY_TYPE": _one_of(*get_args(KeyType)),
    "HOSTNAMES": _texts,
    "ACTION": _text,
    "MINIMUM_SCORE": _number(0.0, 1.0),
    "TIMEOUT": _number(0.1, 60.0),
    "WHEN_UNREACHABLE": _one_of("refuse", "allow"),
    "FALLBACK": _mapping,
    "TRUSTED_PROXIES": _texts,
    "FORWARDING_HEADER": _one_of(*get_args(ForwardingHeader)),
    "RATE_LIMITS": _quotas,
    "SEAL_KEY": _secrets,
    "SITE_NAME": _text,
    "KINDS": _some_of(*get_args(Kind)),
    "STYLE": _style,
    "CHALLENGE_TTL": _number(1.0, _LONGEST_TIME),
    "TOKEN_TTL": _number(1.0, _LONGEST_TIME),
    "TESTING": _flag,
}

_FIELDS = {"SECRET_KEY": "secret_keys", "SEAL_KEY": "seal_keys"}

_ALTCHA = ("altcha", "altcha_server", "altcha_signature")
_ACTING = ("cattlegrid", "recaptcha_enterprise", "recaptcha_v3", "turnstile", GATE)


def _all_but(*others: str) -> tuple[str, ...]:
    return tuple(name for name in PROVIDERS if name not in others)


_ONLY_FOR: dict[str, tuple[str, ...]] = {
    "SITE_KEY": _all_but(*_ALTCHA, GATE),
    "URL": ("cattlegrid",),
    "CHALLENGE_URL": _ALTCHA,
    "KEY_TYPE": ("recaptcha_enterprise",),
    "HOSTNAMES": _all_but("altcha", "altcha_signature"),
    "ACTION": _ACTING,
    "MINIMUM_SCORE": ("cattlegrid", "recaptcha_enterprise", "recaptcha_v3", GATE),
    **dict.fromkeys(("SCRIPT_URL", "TIMEOUT"), _all_but(GATE)),
    **dict.fromkeys(
        ("VERIFY_URL", "WHEN_UNREACHABLE", "FALLBACK"), _all_but("altcha", "altcha_signature", GATE)
    ),
    **dict.fromkeys(("KINDS", "STYLE", "CHALLENGE_TTL", "TOKEN_TTL"), (GATE,)),
}

_NEEDED: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(PROVIDERS, ("SITE_KEY",)),
    **dict.fromkeys(_ALTCHA, ("CHALLENGE_URL", "SCRIPT_URL")),
    "altcha_server": ("CHALLENGE_URL", "SCRIPT_URL", "VERIFY_URL"),
    "cattlegrid": ("SITE_KEY", "URL"),
    "recaptcha_enterprise": ("SITE_KEY", "VERIFY_URL"),
    GATE: (),
}

_OF_A_PROVIDER = (
    "PROVIDER",
    "SITE_KEY",
    "SECRET_KEY",
    "URL",
    "VERIFY_URL",
    "SCRIPT_URL",
    "CHALLENGE_URL",
    "KEY_TYPE",
    "MINIMUM_SCORE",
    "TIMEOUT",
    "KINDS",
    "STYLE",
    "CHALLENGE_TTL",
    "TOKEN_TTL",
)
"""What a fallback has of its own."""

_SHARED = ("STORE", "HOSTNAMES", "ACTION")
"""What holds for the fallback as well."""


def _refuse_what_does_not_belong(provider: str, given: Mapping[str, object]) -> None:
    for key in ("SECRET_KEY", "STORE", *_NEEDED[provider]):
        if key not in given:
            raise ConfigurationError(f"CATTLEGRID: {key} is missing; the provider {provider} needs it")
    for key, providers in _ONLY_FOR.items():
        if key in given and provider not in providers:
            raise ConfigurationError(
                f"CATTLEGRID: {key} is not for the provider {provider}, but for {', '.join(providers)}"
            )
