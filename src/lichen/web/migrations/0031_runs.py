"""Runs: jobs whose results people look at again, and which of them firms see."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("web", "0030_costs")]
    operations = [
        migrations.CreateModel(
            name="Run", fields=[], options={"proxy": True, "indexes": [], "constraints": []}, bases=("web.job",)
        ),
        migrations.CreateModel(
            name="RunRelease",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("time", models.DateTimeField(auto_now_add=True)),
                (
                    "park",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="web.park"),
                ),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "run",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="released", to="web.job"
                    ),
                ),
            ],
        ),
    ]
