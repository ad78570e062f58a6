"""cattlegrid.simple_captcha's view function."""

from simple_captcha_site import view

view("cattlegrid.simple_captcha")
