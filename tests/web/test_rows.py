"""Rows and values: one way there and back; what is kept is never older than what is asked for."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lichen.errors import FileError
from lichen.inventory.dictionary import ENTITIES, columns
from lichen.inventory.values import Inventory
from lichen.web.kept import Kept
from lichen.web.models import FirmRow, FlowRow, Park
from lichen.web.policy import scope_of
from lichen.web.rows import items, key_of, place_of, reached, read, record_of, stored, whole
from lichen.web.store import Conflict, Origin, write_all, write_firm
from workbench import inventory


def test_values_come_back_from_their_records():
    found = inventory()
    records = {entity: [record_of(entity, item) for item in items(found)[entity]] for entity in ENTITIES}
    assert read(records).inventory == found


def test_keys_tell_rows_apart_and_nothing_else():
    found = inventory()
    keys = [key_of(entity, item) for entity in ENTITIES for item in items(found)[entity]]
    assert len(set(keys)) == len(keys)
    assert all(len(key) == 64 for key in keys)


def test_problems_lead_to_row_and_column():
    found = inventory()
    records = {entity: [record_of(entity, item) for item in items(found)[entity]] for entity in ENTITIES}
    records["flow"][4]["quantity unit"] = "furlong"
    places = [place_of(p) for p in read(records).problems if p.severity == "error"]
    assert ("flow", 4, "quantity unit") in places


@given(st.data())
def test_any_text_in_any_field_is_a_value_or_a_problem(data):
    entity = data.draw(st.sampled_from(ENTITIES))
    found = inventory()
    records = {e: [record_of(e, item) for item in items(found)[e]] for e in ENTITIES}
    key = data.draw(st.sampled_from([c.key for c in columns(entity)]))
    records[entity][0][key] = data.draw(st.text(max_size=30))
    again = read(records)
    assert again.ok or any(p.severity == "error" for p in again.problems)


def test_what_was_read_is_what_stands_there(world, fields_of):
    scope = scope_of(world.people["facilitator"], "one")
    first = reached(scope)
    assert first == whole(world.one)
    assert reached(scope) is first
    row = world.flow(world.firms["steel"], role="fuel")
    world.client("steel").post(f"/p/one/firms/{row.firm_id}/flows/{row.pk}/", fields_of(row, quantity="451"))
    again = reached(scope_of(world.people["facilitator"], "one"))
    assert sorted(map(repr, again.flows)) == sorted(map(repr, whole(world.one).flows))
    assert next(f for f in again.firms if f.id == "cement") is next(f for f in first.firms if f.id == "cement")
    own = reached(scope_of(world.people["steel"], "one"))
    assert {f.id for f in own.firms} == {"steel"}
    assert reached(scope_of(world.people["auditor"], "one")) == Inventory()


def test_rows_that_cannot_be_read_are_told(world):
    row = world.flow(world.firms["steel"])
    FlowRow.objects.filter(pk=row.pk).update(values={**row.values, "quantity unit": "furlong"})
    row.refresh_from_db()
    with pytest.raises(FileError):
        stored({"firm": [world.firms["steel"]], "process": [], "flow": [row]})


def test_who_saw_another_revision_is_refused(world):
    firm = world.firms["steel"]
    own = whole(world.one).of_firm("steel")
    with pytest.raises(Conflict):
        write_firm(world.one, "steel", own, Origin(None, "x"), seen=firm.revision + 1)
    with pytest.raises(Conflict):
        write_firm(world.one, "steel", own, Origin(None, "x"), seen=None)
    with pytest.raises(Conflict):
        write_firm(world.one, "new", own, Origin(None, "x"), seen=1)
    with pytest.raises(Conflict):
        write_all(world.one, own, Origin(None, "x"))
    assert write_firm(world.one, "steel", own, Origin(None, "x"), seen=firm.revision) == 0
    assert Park.objects.get(pk=world.one.pk).revision == world.one.revision
    assert FirmRow.objects.get(pk=firm.pk).revision == firm.revision


def test_the_oldest_goes():
    kept = Kept(2)
    for key in "abc":
        kept.get(key, lambda key=key: key.upper())
    assert "a" not in kept
    assert kept.get("b", lambda: "made again") == "B"
    kept.put("d", "D")
    assert "c" not in kept
    assert "b" in kept


def test_many_ask_at_once():
    kept, found = Kept(5), []

    def ask(n):
        found.append(kept.get(n % 7, lambda: n % 7))

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(200)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == sorted(n % 7 for n in range(200))
