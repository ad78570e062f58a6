"""The settings of the small site that the tests and gunicorn run."""

from __future__ import annotations

import json
import os
from typing import Any

SETTINGS: dict[str, Any] = {
    "ALLOWED_HOSTS": ["*"],
    "CATTLEGRID": json.loads(os.environ.get("WEBSITE_CAPTCHA", "null")),
    "INSTALLED_APPS": [
        "django.contrib.contenttypes",
        "django.contrib.auth",
        "django.contrib.staticfiles",
        "rest_framework",
        "cattlegrid.django",
    ],
    "MIDDLEWARE": ["django.middleware.common.CommonMiddleware"],
    "PASSWORD_HASHERS": ["django.contrib.auth.hashers.MD5PasswordHasher"],
    "ROOT_URLCONF": os.environ.get("WEBSITE_URLS", "website"),
    "STATIC_URL": "/static/",
    "TEMPLATES": [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
}
