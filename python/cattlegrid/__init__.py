"""A self-hosted CAPTCHA for Python sites, with a core in Rust."""

from cattlegrid._native import (
    CattlegridError,
    ConfigurationError,
    Refused,
    Style,
    Unavailable,
    __version__,
    animate,
    draw,
    frames,
)

__all__ = [
    "CattlegridError",
    "ConfigurationError",
    "Refused",
    "Style",
    "Unavailable",
    "__version__",
    "animate",
    "draw",
    "frames",
]
