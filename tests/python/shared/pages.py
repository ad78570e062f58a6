"""What a browser makes of a page with a form."""

from __future__ import annotations

from html.parser import HTMLParser


class _Fields(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        name = given.get("name")
        if tag in ("input", "textarea") and name:
            self.found[name] = given.get("value") or ""


def fields_of(page: str) -> dict[str, str]:
    """The fields of the page's one form, as they are sent when nobody has touched them."""
    fields = _Fields()
    fields.feed(page)
    return fields.found
