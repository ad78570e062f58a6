"""The extension: what an app gets."""

from __future__ import annotations

from flask import Flask
from markupsafe import Markup

from cattlegrid._site.once import Once
from cattlegrid.flask import site
from cattlegrid.flask.rates import limit_requests, tell_of_limits
from cattlegrid.flask.routes import address_of, blueprint
from cattlegrid.flask.stamps import keep_stamps, stamp
from cattlegrid.flask.views import prepare_guards, refuse_bare_views


class Captcha:
    """Binds apps to their captchas: each has its own, by its own `app.config["CATTLEGRID"]`.

    An app gets the blueprint that serves the widget, the rate limits of its settings, and three functions for
    its templates: `captcha_script()`, `captcha()` and `stamp()`.
    """

    def __init__(self, app: Flask | None = None, *, url_prefix: str = "/captcha") -> None:
        """`url_prefix` is where the blueprint is. Without an app, call `init_app`."""
        self.url_prefix = url_prefix
        if app is not None:
            self.init_app(app)

    def init_app(self, app: Flask) -> None:
        """Reads the app's configuration, once. Raises `ConfigurationError`, which says what to put right."""
        bound = site.bind(app)
        # Why not now: the app may get its views later.
        app.before_request(Once(lambda: prepare_guards(app, bound)).get)
        app.before_request(refuse_bare_views)
        app.before_request(limit_requests)
        app.after_request(tell_of_limits)
        app.after_request(keep_stamps)
        app.register_blueprint(blueprint, url_prefix=self.url_prefix)
        app.jinja_env.globals.update(captcha=captcha, captcha_script=captcha_script, stamp=stamp)


def captcha(**attributes: object) -> Markup:
    """In a template: the element that stands in the form.

    `attributes` are the provider's, without `data-` and with `_` for `-`: `action`, `theme`, `size`…
    """
    named = {name.replace("_", "-"): value for name, value in attributes.items()}
    return Markup(site.current().element(named))  # noqa: S704


def captcha_script(*, nonce: str | None = None) -> Markup:
    """In a template: the scripts of a page that has the element, once.

    `nonce` is that of the page's content security policy, if it has one.
    """
    scripts = site.current().scripts(address_of)
    return Markup("\n".join(script.tag(nonce=nonce) for script in scripts))  # noqa: S704
