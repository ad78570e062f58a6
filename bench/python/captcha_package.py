"""The PyPI package `captcha`: six letters at 200 by 70, everything else as it comes."""

import secrets
import string

from captcha.image import ImageCaptcha
from race import race

image = ImageCaptcha(width=200, height=70)

race(lambda: image.generate("".join(secrets.choice(string.ascii_uppercase) for _ in range(6))).getvalue())
