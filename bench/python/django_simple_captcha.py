"""django-simple-captcha's view function."""

from simple_captcha_site import view

view("captcha")
