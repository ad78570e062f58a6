"""The two tables of the site."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Comments and letters."""

    initial = True

    operations = (
        migrations.CreateModel(
            name="Comment",
            fields=[
                ("id", models.BigAutoField(primary_key=True)),
                ("name", models.CharField(max_length=80)),
                ("text", models.CharField(max_length=500)),
            ],
            options={"ordering": ("-pk",)},
        ),
        migrations.CreateModel(
            name="Letter",
            fields=[
                ("id", models.BigAutoField(primary_key=True)),
                ("email", models.EmailField(max_length=254)),
                ("text", models.CharField(max_length=2000)),
            ],
        ),
    )
