"""The keys that providers publish for tests. With most of them anybody passes."""

from __future__ import annotations

from cattlegrid._site.settings import Settings

PASSING = {
    "hcaptcha": {
        "SITE_KEY": "10000000-ffff-ffff-ffff-000000000001",
        "SECRET_KEY": "0x" + "0" * 40,
    },
    "recaptcha_v2": {
        "SITE_KEY": "6LeIxAcTAAAAAJcZVRqyHh71UMIEGNQ_MXjiZKhI",
        "SECRET_KEY": "6LeIxAcTAAAAAGG-vFI1TnRWxMZNFuojJ4WifJWe",
    },
    "turnstile": {
        "SITE_KEY": "1x00000000000000000000AA",
        "SECRET_KEY": "1x" + "0" * 31 + "AA",
    },
}
"""Keys with which everybody passes, by provider. The others publish none."""

_OTHERS = frozenset(
    {
        "20000000-ffff-ffff-ffff-000000000002",
        "30000000-ffff-ffff-ffff-000000000003",
        "1x00000000000000000000BB",
        "2x00000000000000000000AB",
        "2x00000000000000000000BB",
        "3x00000000000000000000FF",
        "2x" + "0" * 31 + "AA",
        "3x" + "0" * 31 + "AA",
    }
)

_ALL = _OTHERS.union(*(keys.values() for keys in PASSING.values()))


def publisher(settings: Settings) -> str | None:
    """The provider that publishes a key of the settings for tests; None if none does."""
    for link in settings.links:
        if not _ALL.isdisjoint({link.site_key, *link.secret_keys}):
            return link.provider
    return None
