"""The API: the same rows under the same policy; versions, ETags, 409; what OpenAPI says is what there is."""

import json
import sys
from itertools import pairwise

import pytest
from ninja import Schema

from lichen.inventory.dictionary import columns
from lichen.web.api import ROUTERS
from lichen.web.models import Change, FirmRow, FlowRow


def call(client, method, path, values=None, version=None, **headers):
    if version is not None:
        headers["If-Match"] = f'"{version}"'
    more = {} if values is None else {"data": json.dumps({"values": values}), "content_type": "application/json"}
    return getattr(client, method)(f"/api/v1{path}", headers=headers, **more)


def base(world, code="steel"):
    return f"/parks/one/firms/{world.firms[code].pk}"


def test_parks_of_the_account(world):
    assert [p["slug"] for p in call(world.client("steel"), "get", "/parks").json()] == ["one"]
    assert call(world.client("nobody"), "get", "/parks").json() == []
    assert call(world.client(None), "get", "/parks").status_code == 401


def test_figures_are_of_what_the_account_may_read(world):
    whole = call(world.client("facilitator"), "get", "/parks/one").json()
    own = call(world.client("steel"), "get", "/parks/one").json()
    none = call(world.client("auditor"), "get", "/parks/one").json()
    assert (whole["firms"], own["firms"], none["firms"]) == (3, 1, 0)
    assert whole["mass_in"] > own["mass_in"] > 0
    assert none["mass_in"] is None


def test_rows_and_pages(world):
    client = world.client("facilitator")
    found = call(client, "get", "/parks/one/flows?limit=5&offset=10").json()
    assert found["count"] == 12
    assert len(found["rows"]) == 2
    assert call(client, "get", "/parks/one/flows?year=1999").json()["count"] == 0
    assert call(client, "get", "/parks/one/flows?limit=0").status_code == 422
    assert call(client, "get", "/parks/one/flows?year=99999999999999999999").json()["count"] == 0


def test_a_row_its_version_and_its_change(world):
    client, row = world.client("steel"), world.flow(world.firms["steel"], role="fuel")
    path = f"{base(world)}/flows/{row.pk}"
    answer = call(client, "get", path)
    assert answer["ETag"] == '"1"'
    values = answer.json()["values"] | {"quantity": 455.5}
    assert call(client, "put", path, values).status_code == 428
    assert call(client, "put", path, values, version=9).status_code == 409
    done = call(client, "put", path, values, version=1)
    assert done.status_code == 200, done.content
    assert (done["ETag"], done.json()["values"]["quantity"]) == ('"2"', 455.5)
    assert call(client, "put", path, values, version=1).status_code == 409
    change = Change.objects.get()
    assert (change.field, change.file, str(change.by)) == ("quantity", "API", "Steel")
    told = call(client, "get", "/parks/one/history").json()
    assert told["rows"][0]["after"] == "455.5"


def test_what_is_read_can_be_written_back(world):
    client = world.client("facilitator")
    for row in call(client, "get", "/parks/one/flows").json()["rows"]:
        path = f"/parks/one/firms/{row['firm']}/flows/{row['id']}"
        assert call(client, "put", path, row["values"], version=row["version"]).json() == row
    assert not Change.objects.exists()


def test_problems_stand_at_their_fields(world):
    client, row = world.client("steel"), world.flow(world.firms["steel"], role="fuel")
    answer = call(client, "put", f"{base(world)}/flows/{row.pk}", row.values | {"year": "x"}, version=1)
    assert answer.status_code == 422
    assert [p["field"] for p in answer.json()["problems"] if p["severity"] == "error"] == ["year"]
    unknown = call(client, "put", f"{base(world)}/flows/{row.pk}", row.values | {"<b>": 1}, version=1)
    assert unknown.status_code == 422


def test_making_and_removing(world):
    client = world.client("facilitator")
    firm = call(client, "post", "/parks/one/firms", {"id": "mill", "name": "Mill", "industry": "2221"})
    assert firm.status_code == 201
    path = f"/parks/one/firms/{firm.json()['id']}"
    assert call(client, "post", "/parks/one/firms", {"id": "mill", "name": "M", "industry": "2221"}).status_code == 422
    process = call(client, "post", f"{path}/processes", {"id": "p", "name": "Pulping"})
    assert process.status_code == 201, process.content
    values = {"process": "p", "direction": "out", "role": "waste", "material": "paper sludge", "quantity": 12,
              "quantity unit": "t/a", "year": 2012, "quality": "measured", "firm": "steel"}  # fmt: skip
    flow = call(client, "post", f"{path}/flows", values)
    assert flow.status_code == 201, flow.content
    assert flow.json()["values"]["firm"] == "mill"
    assert call(client, "delete", f"{path}/processes/{process.json()['id']}", version=1).status_code == 409
    assert call(client, "delete", f"{path}/flows/{flow.json()['id']}").status_code == 428
    assert call(client, "delete", f"{path}/flows/{flow.json()['id']}", version=1).status_code == 204
    assert call(client, "delete", path, version=1).status_code == 204
    assert not FirmRow.objects.filter(code="mill").exists()


@pytest.mark.parametrize("value", [None, "", True, 1e308, "1" * 600, "\u202e", "\0", "=cmd", -5, "1e400", [1], {}])
@pytest.mark.parametrize("key", ["quantity", "material", "year", "composition", "season", "closed", "given_on"])
def test_no_value_is_a_failure(world, key, value):
    client, row = world.client("steel"), world.flow(world.firms["steel"], role="fuel")
    entity, found = ("process", world.process(world.firms["steel"])) if key in ("season", "closed") else ("flow", row)
    plural = {"process": "processes", "flow": "flows"}[entity]
    values = {k: v for k, v in (found.values | {key: value}).items() if k in {c.key for c in columns(entity)}}
    answer = call(client, "put", f"{base(world)}/{plural}/{found.pk}", values, version=1)
    assert answer.status_code in (200, 422)


def test_a_foreign_page_cannot_write(world):
    client, row = world.client("steel", enforce_csrf_checks=True), world.flow(world.firms["steel"])
    answer = call(client, "put", f"{base(world)}/flows/{row.pk}", row.values, version=1)
    assert answer.status_code == 403
    assert FlowRow.objects.get(pk=row.pk).version == 1


def test_openapi_names_every_operation(world):
    found = world.client("steel").get("/api/v1/openapi.json").json()
    assert sum(len(methods) for methods in found["paths"].values()) == 107
    assert world.client(None).get("/api/v1/openapi.json").status_code == 401
    assert world.client("steel").get("/api/v1/docs").status_code == 404


def test_no_address_is_told_of_in_two_parts():
    """The first part that names an address answers for all of its methods."""
    paths = [path for part in ROUTERS for path in part.path_operations]
    assert len(paths) == len(set(paths))


def test_schemas_have_names_of_their_own():
    """Two of one name would be one in the description."""
    modules = [module for name, module in sys.modules.items() if name.startswith("lichen.web.api")]
    found = {one for m in modules for one in vars(m).values() if isinstance(one, type) and issubclass(one, Schema)}
    names = sorted(one.__name__ for one in found if one is not Schema)
    assert len(names) > 80
    assert len(names) == len(set(names)), [a for a, b in pairwise(names) if a == b]


def test_every_operation_says_how_it_refuses(world):
    found = world.client("steel").get("/api/v1/openapi.json").json()
    for path, methods in found["paths"].items():
        for method, operation in methods.items():
            told = {int(status) for status in operation["responses"]}
            assert "401" in operation["responses"] or path.startswith("/api/v1/public/"), (method, path)
            assert 400 in told, (method, path)
            assert 404 in told or "{park}" not in path, (method, path)
            assert operation["summary"], (method, path)
            assert operation["description"], (method, path)


def test_broken_json(world):
    row = world.flow(world.firms["steel"])
    answer = world.client("steel").put(
        f"/api/v1{base(world)}/flows/{row.pk}", b"{", content_type="application/json", headers={"If-Match": "1"}
    )
    assert answer.status_code in (400, 422)
