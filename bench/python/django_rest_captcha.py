"""django-rest-captcha's generate_image, with the last Pillow that has the font method it calls."""

import django
from django.conf import settings

settings.configure(INSTALLED_APPS=["rest_framework", "rest_captcha"])
django.setup()

from race import race
from rest_captcha.captcha import generate_image
from rest_captcha.settings import api_settings
from rest_captcha.utils import random_char_challenge

race(lambda: generate_image(random_char_challenge(api_settings.CAPTCHA_LENGTH)))
