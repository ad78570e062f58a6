"""A site on a database, with one of the two apps; a program.

python existing_site.py APP URL issue              prints a key and its answer
python existing_site.py APP URL check KEY ANSWER   prints whether that is right
python existing_site.py APP URL manage ARGUMENT…   runs one of Django's commands
"""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path

import django
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management import call_command

sys.path.append(str(Path(__file__).parents[1] / "shared"))

from databases import database

app, url, action, *arguments = sys.argv[1:]
settings.configure(
    DATABASES={"default": database(url)},
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", app],
    SECRET_KEY="a secret of the tests",
    USE_TZ=True,
)
django.setup()

if action == "issue":
    store = import_module(f"{app}.models").CaptchaStore
    captcha = store.objects.get(hashkey=store.generate_key())
    print(json.dumps([captcha.hashkey, captcha.response]))
elif action == "check":
    try:
        import_module(f"{app}.fields").CaptchaField().clean(arguments)
    except ValidationError:
        print("refused")
    else:
        print("passed")
else:
    call_command(*arguments, no_color=True)
