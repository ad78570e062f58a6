"""A self-hosted CAPTCHA for Python sites, with a core in Rust."""

from cattlegrid._native import (
    CattlegridError,
    Challenge,
    ConfigurationError,
    Gate,
    Passed,
    Refused,
    Style,
    Unavailable,
    Verifier,
    __version__,
    animate,
    draw,
    frames,
    generate_secret,
)

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
