"""django-rest-captcha: a challenge made, and answered."""

from rest_captcha_site import post

post("rest_captcha")
