"""The second wall, on a real PostgreSQL: a query without a park sees nothing, whoever forgot to ask for it."""

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction

from lichen.web import api, policy, urls, walls
from lichen.web.models import FirmRow, FlowRow, ProcessRow
from lichen.web.views import flows
from workbench import PASSWORD

ON_POSTGRES = connection.vendor == "postgresql"
pytestmark = pytest.mark.skipif(
    not ON_POSTGRES, reason="SQLite has no row-level security; `make test` runs this on PostgreSQL"
)
TABLES = {wall.table for wall in walls.walled(apps.get_models())}


def numbers():
    return {m.__name__: m.objects.count() for m in (FirmRow, ProcessRow, FlowRow)}


def refused(sql):
    """The database refuses what some text asks."""
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


def test_tables_with_a_park_have_a_wall_that_holds_their_owner(db):
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity")
        assert {name for (name,) in cursor.fetchall()} == TABLES
        cursor.execute("SELECT tablename, policyname FROM pg_policies")
        assert {t for t, name in cursor.fetchall() if name == walls.POLICY} == TABLES


def test_every_table_has_a_wall_or_is_known_to_be_open():
    """Whoever adds a table decides: it has a park, it belongs to one that has, or it is named here."""
    known = {"web_user", "web_user_groups", "web_user_user_permissions", "web_park", "web_membership", "web_audit"}
    assert {m._meta.db_table for m in apps.get_app_config("web").get_models()} - TABLES <= known


def test_the_role_of_the_application_is_held(db):
    assert not walls.passed()
    for sql in (
        "SET LOCAL row_security = off; SELECT count(*) FROM web_flowrow",
        "ALTER ROLE CURRENT_USER BYPASSRLS",
        "SET ROLE admin",
    ):
        refused(sql)


def test_without_a_park_nothing_is_seen(world):
    everything = numbers()
    assert everything["FlowRow"] == 24
    with walls.inside(None):
        assert set(numbers().values()) == {0}
        for model in apps.get_app_config("web").get_models():
            assert model._meta.db_table not in TABLES or not model.objects.exists()
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM web_flowrow")
            assert cursor.fetchone() == (0,)
    assert numbers() == everything


def test_inside_a_park_only_its_rows_are_seen_and_written(world):
    with walls.inside(world.one):
        assert FlowRow.objects.count() == 12
        assert not FlowRow.objects.filter(park=world.two).exists()
        assert FlowRow.objects.filter(park=world.two).update(material="x") == 0
        assert FlowRow.objects.filter(park=world.two).delete()[0] == 0
        row = FlowRow.objects.first()
        row.pk, row.park, row.key = None, world.two, "new"
        with pytest.raises(DatabaseError), transaction.atomic():
            row.save(force_insert=True)
        with pytest.raises(DatabaseError), transaction.atomic():
            FlowRow.objects.update(park=world.two)
    assert FlowRow.objects.filter(park=world.two).count() == 12


def test_a_setting_that_is_no_number_shows_nothing(world):
    for value in ("0", "-1", str(2**62)):
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lichen.park', %s, true)", [value])
        assert set(numbers().values()) == {0}
    refused("SELECT set_config('lichen.park', '1 OR true', true); SELECT count(*) FROM web_flowrow")


def test_a_page_that_forgot_the_policy_shows_nothing_foreign(world, monkeypatch):
    """The first wall is taken down: whatever is asked for, whoever asks."""

    def everything(scope, action, model):
        return model._default_manager.all()

    foreign = FlowRow.objects.filter(park=world.two).first()
    client = world.client("steel")
    assert urls.urlpatterns  # every page is loaded before: none may keep what stands in for the policy
    for module in (policy, api, flows):
        monkeypatch.setattr(module, "reach", everything)
    rows = client.get("/api/v1/parks/one/flows?limit=1000").json()
    assert rows["count"] == 12
    assert foreign.pk not in {row["id"] for row in rows["rows"]}
    address = f"/api/v1/parks/one/firms/{foreign.firm_id}/flows/{foreign.pk}"
    assert client.get(address).status_code == 404
    assert client.get("/p/two/flows/").status_code == 404
    assert getattr(connection, "lichen_park", walls.ALL) == walls.ALL, "the next request begins where this one began"


def test_a_token_is_held_by_the_wall_too(world, monkeypatch):
    """A program's request is inside the park of its address, as a browser's is; log-ins are inside none."""
    person = world.people["steel"]
    person.set_password(PASSWORD)
    person.save()
    body = {"email": person.email, "password": PASSWORD}
    token = world.client(None).post("/api/v1/auth/login", body, "application/json").json()["meta"]["session_token"]
    client, headers = world.client(None), {"X-Session-Token": token}
    assert client.get("/api/v1/parks/one/flows", headers=headers).json()["count"] == 7
    foreign = FlowRow.objects.filter(park=world.two).first()
    monkeypatch.setattr(api, "reach", lambda scope, action, model: model._default_manager.all())
    rows = client.get("/api/v1/parks/one/flows?limit=1000", headers=headers).json()
    assert rows["count"] == 12
    assert foreign.pk not in {row["id"] for row in rows["rows"]}
    assert client.get("/api/v1/parks/two/flows", headers=headers).status_code == 404
    assert getattr(connection, "lichen_park", walls.ALL) == walls.ALL


def test_the_public_is_inside_the_park_whose_tables_it_reads(world):
    from django.utils import timezone

    from lichen.web.followed_models import ReleasedTable

    for park in (world.one, world.two):
        ReleasedTable.objects.create(park=park, figure="co2", year=2012, rules={}, table={"unit": "t", "cells": []},
                                     contributions={}, time=timezone.now())  # fmt: skip
    told = world.client(None).get("/api/v1/public/two").json()
    assert (told["slug"], len(told["tables"])) == ("two", 1)
    assert getattr(connection, "lichen_park", walls.ALL) == walls.ALL
