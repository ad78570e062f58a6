"""The small site as gunicorn runs it. The environment's `WEBSITE_CAPTCHA` is its `CATTLEGRID`, as JSON."""

from __future__ import annotations

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from website_settings import SETTINGS

settings.configure(**SETTINGS, SECRET_KEY="a secret of the tests")
application = get_wsgi_application()
