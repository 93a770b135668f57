"""Flows of a firm are found, in their order, without reading the park's."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Flows of a firm."""

    dependencies = (("web", "0040_one_park"),)
    operations = (
        migrations.AddIndex(
            model_name="flowrow",
            index=models.Index(fields=["park", "firm", "position"], name="web_flowrow_park_id_e70271_idx"),
        ),
    )
