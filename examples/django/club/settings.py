"""The site's settings; `CATTLEGRID`, the first middleware and what `CAPTCHA` means are what this is about."""

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
    # Every request, pictures and scripts included, by client address.
    "RATE_LIMITS": {"client": "600/1m"},
}

# What django-simple-captcha has too, and the style that is harder on machines.
CAPTCHA_STYLE = "hard"
CAPTCHA_LENGTH = 5
CAPTCHA_FONT_SIZE = 42
CAPTCHA_IMAGE_SIZE = (180, 64)

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "cattlegrid.django",
    "cattlegrid.simple_captcha",
    "club",
]
MIDDLEWARE = [
    "cattlegrid.django.middleware.RateLimitMiddleware",
    "club.middleware.content_security_policy",
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "club.urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
            ]
        },
    }
]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": DATA / "site.sqlite3"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_PASSWORD_VALIDATORS = [{"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"}]
USE_TZ = True

STATIC_URL = "/static/"
STATICFILES_DIRS = [FOLDER.parent.parent / "look"]

EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = DATA / "mail"
