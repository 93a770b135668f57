"""The API under fire: what its own description allows and forbids, drawn by Schemathesis, and sequences of changes.

It never fails (no 5xx) and answers as it describes itself; what it says of a row after any sequence of changes is what a
model of it says.
"""

import json

import hypothesis.strategies as st
import pytest
import requests
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.db import connection, transaction
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
from lichen.release import Rules
from lichen.study.new import new_study
from lichen.web.api import api
from lichen.web.comparing import FIGURES
from lichen.web.documents import folder
from lichen.web.followed_models import Document, Exchange, FollowRow, ReleasedTable
from lichen.web.models import Change, Job, JobFile, Membership, StudyFile, Upload
from lichen.web.run_models import CostRow
from workbench import PASSWORD

EXAMPLES = 40 if connection.vendor == "postgresql" else 200
"""Of each operation; on PostgreSQL too, where what differs lies below the operations."""
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
    "POST /api/v1/parks/{park}/runs/{run}/appraisals": ({}, {"paid_by": "donor"}),
    "PUT /api/v1/parks/{park}/runs/{run}/shown": ({}, {"shown": True}),
    "POST /api/v1/parks/{park}/settlement": ({}, {"file": b"firm id,name,industry\nx,X,3110\n", "land": "12 ha"}),
    "POST /api/v1/parks": ({}, {"slug": "three", "name": "Three", "name_zh": "", "email": "three@example.org"}),
    "POST /api/v1/parks/{park}/members": ({}, {"email": "new@example.org", "name": "N", "role": "auditor", "firm": None}),
    "PUT /api/v1/parks/{park}/members/{membership}": ({}, {"role": "administrator", "firm": None}),
    "PUT /api/v1/parks/{park}/board/{exchange}": (
        {}, {"title": "Slag", "title_zh": "渣", "donor": "steel", "receiver": "cement", "origin": "", "named": True}),
    "POST /api/v1/parks/{park}/board/{exchange}/documents": ({}, {"file": b"hello", "shared": True}),
    "POST /api/v1/parks/{park}/register/table": (
        {"of": "measure"}, {"file": b"firm,measure,category,state,kind,source\nsteel,fan,pumps,idea,reported,x\n", "take": True}),
    "POST /api/v1/parks/{park}/costs/table": (
        {}, {"file": b"item,key,value,unit,kind,source,year\nprice,coal,700,CNY/t,reported,x,2012\n", "whole": False}),
    "POST /api/v1/parks/{park}/released": ({}, {"figure": "co2", "year": 2012}),
    "GET /api/v1/parks/{park}/released/preview": ({"figure": "co2", "year": 2012}, None),
    "GET /api/v1/parks/{park}/report": ({"name": "follow-up"}, None),
    "GET /api/v1/parks/{park}/knowledge": ({"q": "slag"}, None),
    "GET /api/v1/parks/{park}/knowledge/entry": ({"kind": "case", "id": "kalundborg"}, None),
    "GET /api/v1/parks/{park}/register": ({"of": "measure"}, None),
    "GET /api/v1/parks/{park}/register/workbook": ({"of": "measure"}, None),
    "POST /api/v1/auth/login": ({}, {"email": "facilitator@example.org", "password": PASSWORD}),
    "POST /api/v1/auth/2fa/authenticate": ({}, {"code": "none"}),
    "GET /api/v1/parks/{park}/jobs/{job}/file": ({"name": "a.txt"}, None),
    "GET /api/v1/parks/{park}/runs/{run}/file": ({"name": "network.csv"}, None),
    "GET /api/v1/parks/{park}/compare": ({"run": ["{run}"]}, None),
    "GET /api/v1/parks/{park}/balance": ({"year": 2023}, None),
    "PUT /api/v1/parks/{park}/settings": ({"of": "design"}, {"values": {"years": 8, "objective": "co2"}}),
}  # fmt: skip
"""Of operations that write other things than rows: a query and a body that are sound, from which others are drawn."""


FILES = {
    "POST /api/v1/parks/{park}/settlement": "new.csv", "POST /api/v1/parks/{park}/board/{exchange}/documents": "a.txt",
    "POST /api/v1/parks/{park}/register/table": "measures.csv", "POST /api/v1/parks/{park}/costs/table": "costs.csv",
}  # fmt: skip
"""What sent files are called, where a file without a name is refused."""
FEW = {"GET /api/v1/parks/{park}/report": 25, "POST /api/v1/auth/login": 50}
"""Examples of operations that take long."""
ENDS = {"DELETE /api/v1/auth/session": 401}
"""Operations that tell by another status that they were done."""


def person_of(name):
    """Return who may do an operation."""
    if name.endswith("/consent"):
        return "steel"  # only who speaks for a firm consents
    if name == "POST /api/v1/parks":
        return "operator"
    if "/auth/" in name:
        return None
    return "administrator" if "/members" in name or name.endswith("/audit") else "facilitator"


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
        query = {"run": [real["run"]]} if "run" in query else query
        body = {"code": real["code"]} if body == {"code": "none"} else body
        media = "multipart/form-data" if body is not None and "file" in body else "application/json"
        plain = st.just(body)
        bodies = st.none() if body is None else plain if "file" in body else st.one_of(plain, changed(body))
        kinds += [
            bodies.map(
                lambda one: (
                    operation.Case(path_parameters=known, query=query)
                    if one is None
                    else operation.Case(path_parameters=known, query=query, body=one, media_type=media)
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


def ask(client, case, seen=None, token=""):
    """Send a case through Django's own handler; return the answer as Schemathesis knows it."""
    sent = case.as_transport_kwargs(base_url="http://testserver")
    sent = {k: v for k, v in sent.items() if k in ("method", "url", "headers", "params", "json", "data", "files")}
    file = FILES.get(f"{case.operation.method.upper()} {case.operation.path}")
    if file and isinstance(sent.get("files"), list):
        sent["files"] = [(key, (file, *part[1:]) if key == "file" else part) for key, part in sent["files"]]
    prepared = requests.Request(**sent).prepare()
    path, _, query = prepared.path_url.partition("?")
    headers = {
        k: v for k, v in prepared.headers.items()
        if k.lower() not in ("content-type", "content-length", "cookie", "x-session-token")
    }  # fmt: skip
    if token:
        headers["X-Session-Token"] = token
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
    told = {"exchanges": [], "currency": "CNY", "price_year": 2012, **{name: 1.0 for name, _, _ in FIGURES}}
    run = Job.objects.create(park=world.one, kind="design", about="d", state="done", ended=timezone.now(), result=told)
    JobFile.objects.create(job=run, name="study.zip", content=b"x")
    JobFile.objects.create(job=run, name="network.csv", content=b"a,b")
    upload = Upload.objects.create(park=world.one, user=world.people["facilitator"], name="s.csv",
                                   content=b"firm id,name\nx,X\n")  # fmt: skip
    document = Document.objects.create(exchange=exchange, park=world.one, name="a.txt", size=1)
    (folder() / document.stored).write_bytes(b"x")
    cells = [{"node": "total", "state": "published", "value": 1.0, "firms": 3}]
    release = ReleasedTable.objects.create(
        park=world.one, figure="co2", year=2012, rules=vars(Rules()), table={"unit": "t", "cells": cells},
        contributions={}, time=timezone.now(),
    )  # fmt: skip
    membership = Membership.objects.get(user=world.people["auditor"])
    return {"open": "one", "document": document.pk, "release": release.pk, "membership": membership.pk, "park": "one", "upload": str(upload.pk), "firm": firm.pk, "process": process.pk, "flow": flow.pk, "firm values": firm.values,
            "process values": process.values, "flow values": flow.values, "exchange": exchange.pk,
            "followed": followed.pk, "cost": cost.pk, "run": str(run.pk), "job": str(world.job.pk),
            "opportunity": str(world.shared.pk)}  # fmt: skip


def logged_in(world, real, name):
    """Give the facilitator a password, and return a token: of a session, or of a log-in that waits for a code."""
    person = world.people["facilitator"]
    person.set_password(PASSWORD)
    person.save()
    if "2fa" in name:
        TOTP.activate(person, "JBSWY3DPEHPK3PXP")
        real["code"] = RecoveryCodes.activate(person).get_unused_codes()[0]
    body = {"email": person.email, "password": PASSWORD}
    answer = world.client(None).post("/api/v1/auth/login", body, "application/json")
    return "" if name.endswith("/login") else answer.json()["meta"]["session_token"]


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_never_fails(name, world, real, nothing_kept):
    operation = OPERATIONS[name]
    client = world.client(person_of(name), raise_request_exception=False)
    token = logged_in(world, real, name) if "/auth/" in name else ""
    reached = set()

    @settings(max_examples=FEW.get(name, EXAMPLES), phases=[Phase.generate, Phase.shrink], deadline=None,
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(case=cases(operation, real), seen=VERSIONS)
    def fired(case, seen):
        with transaction.atomic():
            answer = ask(client, case, seen, token)
            transaction.set_rollback(True)
        nothing_kept()
        reached.add(answer.status_code)
        case.validate_response(answer, checks=CHECKS)

    fired()
    assert not is_whole(operation, real) or reached & {200, 201, 202, 204, 409, ENDS.get(name)}, (
        f"nothing got through: {reached}"
    )


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
