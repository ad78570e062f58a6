"""The site's settings; `CATTLEGRID` and `REST_CAPTCHA` are what this example is about."""

import os
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
DATA = Path(os.environ["SITE_DATA"])
SECRET_KEY = os.environ["SITE_SECRET"]

# A site that others can reach says False, and has its static files served by its web server.
DEBUG = True
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]

# The engine runs in this process. All processes of the site share the secret, and the store of what is spent.
CATTLEGRID = {
    "PROVIDER": "gate",
    "SECRET_KEY": os.environ["CAPTCHA_SECRET"],
    "STORE": f"sqlite:{DATA / 'spent.sqlite3'}",
    "HOSTNAMES": ALLOWED_HOSTS,
}

# What rest_captcha remembers is in a cache that all processes of the site share.
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.filebased.FileBasedCache", "LOCATION": DATA / "cache"}
}
REST_CAPTCHA = {
    "CAPTCHA_STYLE": "hard",
    "CAPTCHA_LENGTH": 5,
    "CAPTCHA_FONT_SIZE": 42,
    "CAPTCHA_IMAGE_SIZE": (180, 64),
}

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.staticfiles",
    "rest_framework",
    "cattlegrid.django",
    "cattlegrid.rest_captcha",
    "guestbook",
]
MIDDLEWARE = [
    "guestbook.middleware.content_security_policy",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "guestbook.urls"
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": DATA / "site.sqlite3"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_PASSWORD_VALIDATORS = [{"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"}]
USE_TZ = True
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
}

STATIC_URL = "/static/"
STATICFILES_DIRS = [FOLDER.parent.parent / "look"]
