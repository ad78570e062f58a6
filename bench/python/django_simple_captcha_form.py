"""django-simple-captcha: a form rendered, and answered."""

from simple_captcha_site import form

form("captcha")
