"""Who did what came in with a study, as its files say: a name, no account."""

import django.utils.timezone
from django.db import migrations, models


def author():
    """Return the column; one that may be empty is added without copying the table, whose triggers stay."""
    return models.CharField(blank=True, max_length=150, null=True)


class Migration(migrations.Migration):
    """Authors of elsewhere."""

    dependencies = (("web", "0041_flows_of_a_firm"),)
    operations = (
        migrations.AddField("change", "author", author()),
        migrations.AddField("logrow", "author", author()),
        migrations.AddField("document", "author", author()),
        migrations.AlterField("document", "created", models.DateTimeField(default=django.utils.timezone.now)),
    )
