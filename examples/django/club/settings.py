"""The site's settings; `CATTLEGRID`, the first middleware and what `CAPTCHA` means are what this is about."""

import os
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
DATA = Path(os.environ["SITE_DATA"])
SECRET_KEY = os.environ["SITE_SECRET"]
SITE_URL = os.environ["SITE_URL"]

# A site that others can reach says False, and has its static files served by its web server.
DEBUG = True
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]

# The engine runs in this process. All processes of the site share the secret, and the store of what is spent.
CATTLEGRID = {
    "PROVIDER": "gate",
    "SECRET_KEY": os.environ["CAPTCHA_SECRET"],
    "STORE": f"sqlite:{DATA / 'spent.sqlite3'}",
    "SITE_NAME": "Allotment Club",
    "HOSTNAMES": ALLOWED_HOSTS,
    # Every request, pictures and scripts included, by client address.
    "RATE_LIMITS": {"client": "600/1m"},
}

# What django-simple-captcha has too, and the style that is harder on machines.
CAPTCHA_STYLE = "hard"
CAPTCHA_LENGTH = 5
CAPTCHA_FONT_SIZE = 42
CAPTCHA_IMAGE_SIZE = (180, 64)

# The site's own app is first, so that its templates are.
INSTALLED_APPS = [
    "club",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.staticfiles",
    "cattlegrid.django",
    "cattlegrid.simple_captcha",
]
MIDDLEWARE = [
    "cattlegrid.django.middleware.RateLimitMiddleware",
    "club.middleware.content_security_policy",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "club.urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
    }
]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": DATA / "site.sqlite3"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_PASSWORD_VALIDATORS = [{"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"}]
USE_TZ = True

STATIC_URL = "/static/"
STATICFILES_DIRS = [FOLDER.parent.parent / "look"]

# For whoever tries the example. A site that others can reach names its mail server instead.
EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = DATA / "mail"
DEFAULT_FROM_EMAIL = "Allotment Club <no-reply@club.example>"
