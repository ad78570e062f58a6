"""The primary key, named in the model."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    """What django-simple-captcha's migration of this name does."""

    dependencies = (("captcha", "0001_initial"),)
    operations = (
        migrations.AlterField(
            model_name="captchastore",
            name="id",
            field=models.AutoField(primary_key=True, serialize=False),
        ),
    )
