"""An index, so that sweeping does not read the whole table."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    """Adds the index; undoing it leaves the table as django-simple-captcha has it."""

    dependencies = (("captcha", "0002_alter_captchastore_id"),)
    operations = (
        migrations.AddIndex(
            model_name="captchastore",
            index=models.Index(fields=["expiration"], name="captcha_expiration"),
        ),
    )
