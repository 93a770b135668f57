"""The log of exchanges is only added to, released tables stay as they are: the database itself refuses."""

from django.db import migrations

TABLES = ("web_logrow", "web_releasedtable", "web_withdrawal")


def forbid(apps, editor):
    """Make the triggers."""
    for table in TABLES:
        if editor.connection.vendor == "sqlite":
            for what in ("UPDATE", "DELETE"):
                editor.execute(
                    f"CREATE TRIGGER {table}_no_{what.lower()} BEFORE {what} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{table} is only added to'); END"
                )
        else:
            editor.execute(
                f"CREATE OR REPLACE FUNCTION {table}_only_added() RETURNS trigger LANGUAGE plpgsql AS "
                f"$$ BEGIN RAISE EXCEPTION '{table} is only added to'; END $$"
            )
            editor.execute(
                f"CREATE TRIGGER {table}_only_added BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
                f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_only_added()"
            )


def allow(apps, editor):
    """Remove the triggers."""
    for table in TABLES:
        if editor.connection.vendor == "sqlite":
            for what in ("update", "delete"):
                editor.execute(f"DROP TRIGGER {table}_no_{what}")
        else:
            editor.execute(f"DROP TRIGGER {table}_only_added ON {table}")
            editor.execute(f"DROP FUNCTION {table}_only_added()")


class Migration(migrations.Migration):
    """Only added to."""

    dependencies = (("web", "0010_followed"),)
    operations = (migrations.RunPython(forbid, allow),)
