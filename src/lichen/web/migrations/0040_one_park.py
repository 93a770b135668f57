"""PostgreSQL shows a connection the rows of one park; see lichen.web.walls. New tables with a park need a wall too."""

from django.db import migrations

from lichen.web.walls import build, take_down, walled


def up(apps, editor):
    """Build the walls around all tables there are."""
    build(editor, walled(apps.get_models()))


def down(apps, editor):
    """Take them down."""
    take_down(editor, walled(apps.get_models()))


class Migration(migrations.Migration):
    """One park."""

    dependencies = (("web", "0031_runs"),)
    operations = (migrations.RunPython(up, down),)
