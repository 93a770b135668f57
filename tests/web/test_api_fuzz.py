"""The API under fire: what its own description allows and forbids, drawn by Schemathesis, and sequences of changes.

It never fails (no 5xx) and answers as it describes itself; what it says of a row after any sequence of changes is what a
model of it says.
"""

import json

import hypothesis.strategies as st
import pytest
import requests
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.transport import Response
from schemathesis.openapi import from_dict
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from lichen.inventory.dictionary import columns
from lichen.study.new import new_study
from lichen.web.api import api
from lichen.web.followed_models import Exchange, FollowRow
from lichen.web.models import Change, Job, JobFile, StudyFile, Upload
from lichen.web.run_models import CostRow

EXAMPLES = 200
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
SCHEMA = from_dict(json.loads(json.dumps(api.get_openapi_schema(path_prefix="/api/v1/"), default=str)))
OPERATIONS = {f"{o.method.upper()} {o.path}": o for o in (found.ok() for found in SCHEMA.get_all_operations())}
TEXTS = st.one_of(
    st.text(max_size=20), st.floats(allow_nan=False, allow_infinity=False), st.integers(), st.none(),
    st.sampled_from(["", "in", "out", "t/a", "2012", "=1+1", "\0", "steel", "钢渣", "1e400", "١٢", "2012-02-30"]),
)  # fmt: skip
VERSIONS = st.sampled_from(['"1"', "1", 'W/"1"', '"2"', "*", '"99999999999999999999"', "-1", "\xb2", '""', "", None])


def entity_of(operation):
    """Return what rows an operation writes; nothing where it writes none."""
    if operation.method not in ("post", "put"):
        return ""
    last = operation.path.replace("/{", "{").rsplit("/", 1)[-1].split("{")[0]
    return {"firms": "firm", "processes": "process", "flows": "flow"}.get(last, "")


def is_whole(operation, real):
    """Return whether everything that an operation's address names is at hand."""
    return all(p.name in real for p in operation.path_parameters)


MEASURE = {"firm": "steel", "measure": "pump", "category": "pumps", "state": "idea", "kind": "reported",
           "source": "audit", "investment": 12.5, "investment unit": "万元"}  # fmt: skip
COST = {"item": "disposal", "key": "slag.bf.granulated", "value": "20", "unit": "CNY/t", "kind": "reported",
        "source": "contract", "year": "2023"}  # fmt: skip
SOUND = {
    "POST /api/v1/parks/{park}/board": (
        {}, {"title": "Slag", "donor": "steel", "receiver": "cement", "key": "new", "date": "2026-01", "named": False}),
    "POST /api/v1/parks/{park}/board/{exchange}/events": ({}, {"values": {"date": "2026-02", "state": "contact"}}),
    "POST /api/v1/parks/{park}/register": ({"of": "measure"}, {"values": {**MEASURE, "measure": "fan"}}),
    "PUT /api/v1/parks/{park}/register/{followed}": ({}, {"values": MEASURE}),
    "PUT /api/v1/parks/{park}/opportunities/{opportunity}/consent": ({}, {"side": "donor", "step": 2, "seen": 1}),
    "POST /api/v1/parks/{park}/costs": ({}, {"values": {**COST, "key": "ash.fly.coal"}}),
    "PUT /api/v1/parks/{park}/costs/{cost}": ({}, {"values": COST}),
    "POST /api/v1/parks/{park}/designs": (
        {}, {"name": "d", "objective": "npv", "budget": "3 M CNY", "years": 8, "ways": [], "what_ifs": ["close steel"]}),
    "POST /api/v1/parks/{park}/scenarios": ({}, {"name": "s", "reference": "BAU", "quantities": {"slag-cement": "60 kt/a"}}),
    "POST /api/v1/parks/{park}/runs/{run}/appraisals": ({}, {"name": "a"}),
    "GET /api/v1/parks/{park}/jobs/{job}/file": ({"name": "a.txt"}, None),
    "GET /api/v1/parks/{park}/runs/{run}/file": ({"name": "network.csv"}, None),
    "GET /api/v1/parks/{park}/balance": ({"year": 2023}, None),
    "PUT /api/v1/parks/{park}/settings": ({"of": "design"}, {"values": {"years": 8, "objective": "co2"}}),
}  # fmt: skip
"""Of operations that write other things than rows: a query and a body that are sound, from which others are drawn."""


def changed(body):
    """Return bodies that differ from a sound one in some values."""
    inner = body.get("values", body)
    more = st.dictionaries(
        st.sampled_from([*inner, "other"]), st.one_of(TEXTS, st.lists(TEXTS, max_size=3)), max_size=3
    )
    return more.map(lambda m: {**body, "values": {**inner, **m}} if "values" in body else {**body, **m})


def cases(operation, real):
    """Return what is sent: as described, against the description, and mostly at addresses that are there."""
    known = {p.name: real[p.name] for p in operation.path_parameters if p.name in real}
    if not is_whole(operation, real):
        return st.one_of(operation.as_strategy(GenerationMode.POSITIVE), operation.as_strategy(GenerationMode.NEGATIVE))
    kinds = [
        operation.as_strategy(GenerationMode.POSITIVE),
        operation.as_strategy(GenerationMode.POSITIVE, path_parameters=known),
        operation.as_strategy(GenerationMode.NEGATIVE, path_parameters=known),
    ]
    entity = entity_of(operation)
    name = f"{operation.method.upper()} {operation.path}"
    if name in SOUND:
        query, body = SOUND[name]
        bodies = st.one_of(st.just(body), changed(body)) if body is not None else st.none()
        kinds += [
            bodies.map(
                lambda one: (
                    operation.Case(path_parameters=known, query=query)
                    if one is None
                    else operation.Case(path_parameters=known, query=query, body=one, media_type="application/json")
                )
            )
        ] * 2
    if entity:
        keys = st.sampled_from([c.key for c in columns(entity)])
        values = real[f"{entity} values"]
        if operation.method == "post":
            values = {**values, **({"year": 2031} if entity == "flow" else {"id": "new"})}
        bodies = st.dictionaries(keys, TEXTS, max_size=6).map(lambda more: {"values": {**values, **more}})
        kinds += [
            bodies.map(lambda body: operation.Case(path_parameters=known, body=body, media_type="application/json"))
        ] * 2
    return st.one_of(kinds)


def ask(client, case, seen=None):
    """Send a case through Django's own handler; return the answer as Schemathesis knows it."""
    sent = case.as_transport_kwargs(base_url="http://testserver")
    sent = {k: v for k, v in sent.items() if k in ("method", "url", "headers", "params", "json", "data", "files")}
    prepared = requests.Request(**sent).prepare()
    path, _, query = prepared.path_url.partition("?")
    headers = {
        k: v for k, v in prepared.headers.items() if k.lower() not in ("content-type", "content-length", "cookie")
    }
    if seen is not None:
        headers["If-Match"] = seen
    kind = prepared.headers.get("Content-Type", "application/json")
    answer = client.generic(prepared.method, path, prepared.body or b"", kind, headers=headers, QUERY_STRING=query)
    heads = {k.lower(): [v] for k, v in answer.items()}
    return Response(answer.status_code, heads, answer.getvalue(), prepared, 0.0, False)


@pytest.fixture
def real(world, tmp_path):
    """Return what addresses of the first park name, and the values of its rows."""
    firm = world.firms["steel"]
    process, flow = world.process(firm), world.flow(firm)
    for path in new_study(tmp_path / "study"):
        StudyFile.objects.create(park=world.one, path=path.name, content=path.read_bytes())
    exchange = Exchange.objects.create(
        park=world.one, key="slag", title="Slag", donor=firm, receiver=world.firms["cement"]
    )
    followed = FollowRow.objects.create(
        park=world.one, entity="measure", key="pump", about="steel", position=1, values=MEASURE
    )
    cost = CostRow.objects.create(park=world.one, position=1, values={**COST, "low": "", "high": "", "note": ""})
    run = Job.objects.create(park=world.one, kind="design", about="d", state="done", ended=timezone.now(),
                             result={"exchanges": [], "currency": "CNY", "price_year": 2012})  # fmt: skip
    JobFile.objects.create(job=run, name="study.zip", content=b"x")
    JobFile.objects.create(job=run, name="network.csv", content=b"a,b")
    upload = Upload.objects.create(park=world.one, user=world.people["facilitator"], name="s.csv",
                                   content=b"firm id,name\nx,X\n")  # fmt: skip
    return {"park": "one", "upload": str(upload.pk), "firm": firm.pk, "process": process.pk, "flow": flow.pk, "firm values": firm.values,
            "process values": process.values, "flow values": flow.values, "exchange": exchange.pk,
            "followed": followed.pk, "cost": cost.pk, "run": str(run.pk), "job": str(world.job.pk),
            "opportunity": str(world.shared.pk)}  # fmt: skip


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_never_fails(name, world, real, nothing_kept):
    operation = OPERATIONS[name]
    # only who speaks for a firm consents
    client = world.client("steel" if name.endswith("/consent") else "facilitator", raise_request_exception=False)
    reached = set()

    @settings(max_examples=EXAMPLES, phases=[Phase.generate, Phase.shrink], deadline=None,
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(case=cases(operation, real), seen=VERSIONS)
    def fired(case, seen):
        with transaction.atomic():
            answer = ask(client, case, seen)
            transaction.set_rollback(True)
        nothing_kept()
        reached.add(answer.status_code)
        case.validate_response(answer, checks=CHECKS)

    fired()
    assert not is_whole(operation, real) or reached & {200, 201, 202, 204, 409}, f"nothing got through: {reached}"


@given(st.data())
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_sequence_of_changes_is_what_a_model_says(world, real, nothing_kept, data):
    with transaction.atomic():
        _sequence(data, world.client("facilitator"), f"/api/v1/parks/one/firms/{real['firm']}")
        transaction.set_rollback(True)
    nothing_kept()


def _sequence(data, client, firm):
    """Add, change and remove flows in any order; a model says what each row holds, its version, how much history."""
    model, told = {}, Change.objects.count()
    base = {"direction": "out", "role": "by-product", "quantity unit": "t/a", "quality": "measured", "source": "test"}
    for step in range(data.draw(st.integers(1, 12))):
        what = data.draw(st.sampled_from(["add", "change", "change late", "remove"] if model else ["add"]))
        if what == "add":
            values = {**base, "material": f"material {step}", "quantity": float(step + 1), "year": 2020}
            answer = client.post(f"{firm}/flows", {"values": values}, "application/json")
            assert answer.status_code == 201
            model[answer.json()["id"]] = [1, values]
            told += 1
            continue
        pk = data.draw(st.sampled_from(sorted(model)))
        version, values = model[pk]
        headers = {"If-Match": f'"{version + (what == "change late")}"'}
        if what == "remove":
            assert client.delete(f"{firm}/flows/{pk}", headers=headers).status_code == 204
            del model[pk]
            told += 1
            continue
        amount = data.draw(st.floats(0.5, 1e6))
        new = {**values, "quantity": amount}
        status = client.put(f"{firm}/flows/{pk}", {"values": new}, "application/json", headers=headers).status_code
        assert status == (409 if what == "change late" else 200)
        if status == 200 and amount != values["quantity"]:
            model[pk] = [version + 1, new]
            told += 1
    for pk, (version, values) in model.items():
        row = client.get(f"{firm}/flows/{pk}").json()
        assert row["version"] == version
        assert {k: row["values"][k] for k in values} == values
    assert Change.objects.count() == told


def test_what_is_fired_at_is_all_there_is():
    assert len(OPERATIONS) == sum(len(v) for v in api.get_openapi_schema()["paths"].values())
