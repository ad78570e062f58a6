"""`{% load cattlegrid %}`, then `{% captcha %}` and `{% stamp "contact" %}` in the form, and
`{% captcha_script %}` in the page.
"""

from __future__ import annotations

from django import template
from django.utils.safestring import SafeString

from cattlegrid.django import markup

register = template.Library()


@register.simple_tag
def captcha(**attributes: object) -> SafeString:
    """The element, as in `{% captcha action="sign-up" theme="dark" %}`. An underscore stands for a hyphen."""
    return markup.element({name.replace("_", "-"): value for name, value in attributes.items()})


@register.simple_tag
def captcha_script(nonce: str | None = None) -> SafeString:
    """The script, once a page."""
    return markup.script(nonce)


@register.simple_tag(takes_context=True)
def stamp(context: template.Context, name: str) -> SafeString:
    """The stamp of a form, by the name that `require_stamp` has for it."""
    # Why not the variable: only one of the context processors, which a site need not have, sets it.
    return markup.stamp(name, getattr(context, "request", None))
