"""Costs of parks as rows; those of studies that were imported before are taken over from their files."""

import django.db.models.deletion
from django.db import migrations, models


def take_over(apps, schema_editor):
    from lichen.web.costs import file_of, records_in

    park_model, file_model, row_model = (apps.get_model("web", n) for n in ("Park", "StudyFile", "CostRow"))
    for park in park_model.objects.all():
        study = file_model.objects.filter(park=park, path="study.toml").first()
        name = file_of(bytes(study.content) if study else None)
        found = file_model.objects.filter(park=park, path=name).first()
        records = records_in(name, bytes(found.content)) if found else []
        row_model.objects.bulk_create(row_model(park=park, position=n, values=r) for n, r in enumerate(records, 1))


class Migration(migrations.Migration):
    dependencies = [("web", "0021_consent")]
    operations = [
        migrations.CreateModel(
            name="CostRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("values", models.JSONField()),
                ("position", models.PositiveBigIntegerField()),
                ("version", models.PositiveBigIntegerField(default=1)),
                ("changed", models.DateTimeField(auto_now=True)),
                (
                    "park",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="web.park"),
                ),
            ],
            options={
                "ordering": ("position", "id"),
                "indexes": [models.Index(fields=["park", "position"], name="costs_of_park")],
            },
        ),
        migrations.RunPython(take_over, migrations.RunPython.noop),
    ]
