"""Packages that sites use with other providers, unmodified and with nothing but their settings changed."""
