"""A self-hosted CAPTCHA for Python sites, with a core in Rust."""

from cattlegrid._native import __version__

__all__ = ["__version__"]
