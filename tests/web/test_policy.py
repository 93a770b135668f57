"""Every route has a rule; every role reaches what is its own and nothing else: own, other firm, other park, absent."""

import json
import re
import uuid

import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RegexPattern
from django.utils import timezone

from appraisals import study
from lichen.release import Rules
from lichen.web import urls
from lichen.web.documents import folder
from lichen.web.followed_models import Document, Exchange, FollowRow, ReleasedTable
from lichen.web.middleware import rules_of
from lichen.web.models import Audit, Change, FirmRow, FlowRow, Job, JobFile, Membership, Role, Upload
from lichen.web.policy import ALLOWED, OBJECTS, Action, Rule, Scope, reach, rule, scope_of, shown, target
from lichen.web.run_models import CostRow, RunRelease

# Written by hand, so that a slip in the policy's table is seen here: route and method → who gets in.
FIRM, FAC, ADM, AUD = "firm", "facilitator", "administrator", "auditor"
EXPECTED = {
    ("park", "GET"): {FIRM, FAC, ADM, AUD},
    ("firms", "GET"): {FIRM, FAC, ADM},
    ("firm_new", "GET"): {FAC},
    ("firm_new", "POST"): {FAC},
    ("firm", "GET"): {FIRM, FAC},
    ("firm_edit", "GET"): {FIRM, FAC},
    ("firm_edit", "POST"): {FIRM, FAC},
    ("firm_remove", "POST"): {FAC},
    ("process_new", "GET"): {FIRM, FAC},
    ("process_new", "POST"): {FIRM, FAC},
    ("process", "GET"): {FIRM, FAC},
    ("process", "POST"): {FIRM, FAC},
    ("process_remove", "POST"): {FIRM, FAC},
    ("flow_new", "GET"): {FIRM, FAC},
    ("flow_new", "POST"): {FIRM, FAC},
    ("flow", "GET"): {FIRM, FAC},
    ("flow", "POST"): {FIRM, FAC},
    ("flow_remove", "POST"): {FIRM, FAC},
    ("flows", "GET"): {FIRM, FAC},
    ("surveys", "GET"): {FIRM, FAC},
    ("surveys", "POST"): {FIRM, FAC},
    ("survey_template", "GET"): {FIRM, FAC},
    ("survey", "GET"): {FIRM, FAC},
    ("survey", "POST"): {FIRM, FAC},
    ("survey_marked", "GET"): {FIRM, FAC},
    ("inventory", "GET"): {FIRM, FAC},
    ("study", "GET"): {FAC},
    ("study_bring", "GET"): {FAC},
    ("study_bring", "POST"): {FAC},
    ("history", "GET"): {FIRM, FAC},
    ("audit", "GET"): {ADM, AUD},
    ("members", "GET"): {FAC, ADM},
    ("members", "POST"): {FAC, ADM},
    ("member_remove", "POST"): {ADM},
    ("member_link", "POST"): {ADM},
    # board, follow-up, release, reports
    ("board", "GET"): {FIRM, FAC},
    ("board_add", "GET"): {FAC},
    ("board_add", "POST"): {FAC},
    ("exchange", "GET"): {FIRM, FAC},
    ("exchange", "POST"): {FIRM, FAC},
    ("exchange_edit", "GET"): {FAC},
    ("exchange_edit", "POST"): {FAC},
    ("document_add", "POST"): {FIRM, FAC},
    ("document", "GET"): {FIRM, FAC},
    ("document_remove", "POST"): {FIRM, FAC},
    ("follow", "GET"): {FIRM, FAC},
    ("register", "GET"): {FIRM, FAC},
    ("register", "POST"): {FIRM, FAC},
    ("register_workbook", "GET"): {FIRM, FAC},
    ("followed_new", "GET"): {FIRM, FAC},
    ("followed_new", "POST"): {FIRM, FAC},
    ("followed", "GET"): {FIRM, FAC},
    ("followed", "POST"): {FIRM, FAC},
    ("followed_remove", "POST"): {FIRM, FAC},
    ("releases", "GET"): {FIRM, FAC, ADM, AUD},
    ("release_make", "POST"): {FAC, ADM},
    ("release", "GET"): {FIRM, FAC, ADM, AUD},
    ("release_withdraw", "POST"): {FAC, ADM},
    ("reports", "GET"): {FIRM, FAC},
    ("report_committee", "GET"): {FAC},
    ("report_sustainability", "GET"): {FAC},
    ("report_sustainability_pdf", "GET"): {FAC},
    ("report_follow", "GET"): {FAC},
    ("report_balance", "GET"): {FAC},
    ("report_discover", "GET"): {FAC},
    ("report_workbook", "GET"): {FAC},
    ("report_firm", "GET"): {FIRM, FAC},
    ("api:board", "GET"): {FIRM, FAC},
    ("api:board", "POST"): {FAC},
    ("api:exchange", "GET"): {FIRM, FAC},
    ("api:exchange", "PUT"): {FAC},
    ("api:add_event", "POST"): {FIRM, FAC},
    ("api:documents", "GET"): {FIRM, FAC},
    ("api:documents", "POST"): {FIRM, FAC},
    ("api:document", "GET"): {FIRM, FAC},
    ("api:document", "DELETE"): {FIRM, FAC},
    ("api:follow", "GET"): {FIRM, FAC},
    ("api:send_register", "POST"): {FIRM, FAC},
    ("api:register_workbook", "GET"): {FIRM, FAC},
    ("api:register", "GET"): {FIRM, FAC},
    ("api:register", "POST"): {FIRM, FAC},
    ("api:followed", "GET"): {FIRM, FAC},
    ("api:followed", "PUT"): {FIRM, FAC},
    ("api:followed", "DELETE"): {FIRM, FAC},
    ("api:released", "GET"): {FIRM, FAC, ADM, AUD},
    ("api:released", "POST"): {FAC, ADM},
    ("api:release_preview", "GET"): {FAC},
    ("api:release", "GET"): {FIRM, FAC, ADM, AUD},
    ("api:withdraw", "POST"): {FAC, ADM},
    ("api:reports", "GET"): {FIRM, FAC},
    ("api:report", "GET"): {FAC},
    ("api:firm_report", "GET"): {FIRM, FAC},
    # jobs, balance, opportunities, knowledge
    ("balance", "GET"): {FIRM, FAC},
    ("opportunities", "GET"): {FIRM, FAC},
    ("opportunity", "GET"): {FIRM, FAC},
    ("opportunity", "POST"): {FIRM},
    ("knowledge", "GET"): {FIRM, FAC, ADM, AUD},
    ("knowledge_entry", "GET"): {FIRM, FAC, ADM, AUD},
    ("jobs", "GET"): {FAC},
    ("job", "GET"): {FAC},
    ("job_stop", "POST"): {FAC},
    ("job_again", "POST"): {FAC},
    ("job_file", "GET"): {FAC},
    # design, appraisal, scenarios
    ("costs", "GET"): {FAC, ADM},
    ("costs", "POST"): {FAC, ADM},
    ("cost_new", "GET"): {FAC, ADM},
    ("cost_new", "POST"): {FAC, ADM},
    ("costs_file", "GET"): {FAC, ADM},
    ("cost", "GET"): {FAC, ADM},
    ("cost", "POST"): {FAC, ADM},
    ("cost_remove", "POST"): {FAC, ADM},
    ("designs", "GET"): {FIRM, FAC},
    ("design_new", "GET"): {FAC},
    ("design_new", "POST"): {FAC},
    ("compare", "GET"): {FAC},
    ("scenarios", "GET"): {FAC},
    ("scenario_new", "GET"): {FAC},
    ("scenario_new", "POST"): {FAC},
    ("settlement", "GET"): {FAC},
    ("settlement", "POST"): {FAC},
    ("run", "GET"): {FIRM, FAC},
    ("run_file", "GET"): {FAC},
    ("run_stop", "POST"): {FAC},
    ("run_again", "POST"): {FAC},
    ("run_remove", "POST"): {FAC},
    ("run_release", "POST"): {FAC},
    ("run_appraise", "POST"): {FAC},
    ("api:park", "GET"): {FIRM, FAC, ADM, AUD},
    ("api:firms", "GET"): {FIRM, FAC, ADM},
    ("api:firms", "POST"): {FAC},
    ("api:firm", "GET"): {FIRM, FAC},
    ("api:firm", "PUT"): {FIRM, FAC},
    ("api:firm", "DELETE"): {FAC},
    ("api:processes", "GET"): {FIRM, FAC},
    ("api:processes", "POST"): {FIRM, FAC},
    ("api:process", "GET"): {FIRM, FAC},
    ("api:process", "PUT"): {FIRM, FAC},
    ("api:process", "DELETE"): {FIRM, FAC},
    ("api:flows_of_firm", "GET"): {FIRM, FAC},
    ("api:flows_of_firm", "POST"): {FIRM, FAC},
    ("api:flow", "GET"): {FIRM, FAC},
    ("api:flow", "PUT"): {FIRM, FAC},
    ("api:flow", "DELETE"): {FIRM, FAC},
    ("api:flows", "GET"): {FIRM, FAC},
    ("api:history", "GET"): {FIRM, FAC},
    ("api:attention", "GET"): {FIRM, FAC, ADM, AUD},
    ("api:warnings", "GET"): {FIRM, FAC},
    ("api:members", "GET"): {FAC, ADM},
    ("api:members", "POST"): {FAC, ADM},
    ("api:put_member", "PUT"): {ADM},
    ("api:put_member", "DELETE"): {ADM},
    ("api:member_link", "POST"): {ADM},
    ("api:audit", "GET"): {ADM, AUD},
    ("api:knowledge", "GET"): {FIRM, FAC, ADM, AUD},
    ("api:knowledge_entry", "GET"): {FIRM, FAC, ADM, AUD},
    ("api:consents", "GET"): {FIRM, FAC},
    ("api:opportunities", "GET"): {FIRM, FAC},
    ("api:opportunity", "GET"): {FIRM, FAC},
    ("api:consent", "PUT"): {FIRM},
    ("api:jobs", "GET"): {FAC},
    ("api:job", "GET"): {FAC},
    ("api:stop_job", "POST"): {FAC},
    ("api:again_job", "POST"): {FAC},
    # design, appraisal, scenarios
    ("api:costs", "GET"): {FAC, ADM},
    ("api:costs", "POST"): {FAC, ADM},
    ("api:cost", "GET"): {FAC, ADM},
    ("api:cost", "PUT"): {FAC, ADM},
    ("api:cost", "DELETE"): {FAC, ADM},
    ("api:runs", "GET"): {FIRM, FAC},
    ("api:run", "GET"): {FIRM, FAC},
    ("api:run", "DELETE"): {FAC},
    ("api:questions", "GET"): {FAC},
    ("api:add_appraisal", "POST"): {FAC},
    ("api:add_design", "POST"): {FAC},
    ("api:scenario_choices", "GET"): {FAC},
    ("api:scenario_choices", "POST"): {FAC},
    ("api:add_settlement", "POST"): {FAC},
    ("api:compare", "GET"): {FAC},
    ("api:run_again", "POST"): {FAC},
    ("api:show_run", "PUT"): {FAC},
    ("api:costs_history", "GET"): {FAC, ADM},
    ("api:costs_workbook", "GET"): {FAC, ADM},
    ("api:send_costs", "POST"): {FAC, ADM},
    ("api:shipped_costs", "GET"): {FAC, ADM},
    ("api:settings_history", "GET"): {FAC, ADM},
    ("settings", "GET"): {FAC, ADM},
    ("setting", "GET"): {FAC, ADM},
    ("setting", "POST"): {FAC, ADM},
    ("api:settings", "GET"): {FAC, ADM},
    ("api:settings", "PUT"): {FAC, ADM},
    # files and the balance
    ("api:surveys", "GET"): {FIRM, FAC},
    ("api:surveys", "POST"): {FIRM, FAC},
    ("api:survey_template", "GET"): {FIRM, FAC},
    ("api:survey_marked", "GET"): {FIRM, FAC},
    ("api:inventory", "GET"): {FIRM, FAC},
    ("api:survey", "GET"): {FIRM, FAC},
    ("api:survey", "DELETE"): {FIRM, FAC},
    ("api:take_survey", "POST"): {FIRM, FAC},
    ("api:study", "GET"): {FAC},
    ("api:study", "POST"): {FAC},
    ("api:job_file", "GET"): {FAC},
    ("api:run_file", "GET"): {FAC},
    ("api:balance", "GET"): {FIRM, FAC},
}
"""Memberships that the matrix names are an auditor's, which a facilitator may not take."""
OUTSIDE = {
    ("api:log_in", "POST"): "anyone",
    ("api:second_factor", "POST"): "anyone",
    ("api:session", "GET"): "anyone",
    ("api:session", "DELETE"): "anyone",
    ("api:public", "GET"): "anyone",
    ("api:public_csv", "GET"): "anyone",
    ("api:account", "GET"): "account",
    ("api:parks", "GET"): "account",
    ("api:parks", "POST"): "operator",
    ("api:openapi-json", "GET"): "account",
    ("api:openapi-json", "POST"): "account",
    ("api:api-root", "GET"): "closed",
}
"""What the API has outside parks, and who gets in."""
COST = {
    "item": "price",
    "key": "coal",
    "value": "700",
    "unit": "CNY/t",
    "kind": "reported",
    "source": "x",
    "year": "2012",
}
PEOPLE = {FIRM: "steel", FAC: "facilitator", ADM: "administrator", AUD: "auditor"}
OTHERS = ("nobody", "stranger", "foreigner", "operator")


def patterns(resolver=None, prefix="", space=""):
    """Yield every route: its name, whole pattern and view."""
    for found in (resolver or get_resolver()).url_patterns:
        if isinstance(found, URLResolver):
            inner = f"{space}{found.namespace}:" if found.namespace else space
            yield from patterns(found, prefix + str(found.pattern), inner)
        elif isinstance(found, URLPattern):
            yield f"{space}{found.name}", prefix + str(found.pattern), found


ROUTES = list(patterns())
INSIDE = {
    (name, method): rules_of(found.callback, found.name)[method].action
    for name, route, found in ROUTES
    for method in rules_of(found.callback, found.name)
    if rules_of(found.callback, found.name)[method].action is not None
}


def by_route():
    """Return one name for each route of a park, with its methods: names of the API share an address by method."""
    first = {}
    for name, route, found in ROUTES:
        if "<slug:park>" in route:
            first.setdefault(route, (name, rules_of(found.callback, found.name)))
    return first


PARK_ROUTES = by_route()


@pytest.mark.parametrize(("name", "route", "found"), ROUTES, ids=[f"{n} {r}" for n, r, _ in ROUTES])
def test_every_route_has_a_rule(name, route, found):
    rules = rules_of(found.callback, found.name)
    assert rules, f"{route} declares no rule"
    for it in rules.values():
        assert (it.action is None) != ("<slug:park>" in route), "an action needs a park, and a park an action"
    if not isinstance(found.pattern, RegexPattern):
        assert set(found.pattern.converters) <= {"park", *OBJECTS} | {"provider_id", "open"}


def test_the_table_by_hand_names_every_route_of_a_park():
    assert {(name, method) for name, rules in PARK_ROUTES.values() for method in rules} == set(EXPECTED)


def test_the_table_by_hand_names_what_the_api_has_outside_parks():
    first = {}
    for name, route, found in ROUTES:
        if route.startswith("api/") and "<slug:park>" not in route:
            first.setdefault(route, (name, rules_of(found.callback, found.name)))
    assert {(name, method): it.who for name, rules in first.values() for method, it in rules.items()} == OUTSIDE


def test_rules_of_other_packages_name_routes_that_exist():
    assert set(urls.FOREIGN_RULES) <= {found.name for _, _, found in ROUTES}


def test_a_route_without_a_rule_is_closed(world, settings, rf):
    from django.http import Http404

    from lichen.web.middleware import Guard

    request = rf.get("/")
    request.user = world.people["facilitator"]
    request.resolver_match = None
    with pytest.raises(Http404):
        Guard(lambda r: None).process_view(request, lambda r: None, (), {})


def test_closed_is_the_default():
    assert Rule().who == "closed"
    assert rule()(lambda r: None).rules["GET"] == Rule("closed")


ABSENT = dict.fromkeys(("exchange", "document", "followed", "release"), 999_999)


def followed_things(world, relation, firm, wanted):
    """Return an exchange, a document, a row of a register that belong to a firm, and a released table of its park."""
    if relation == "absent" or firm.pk is None:
        return ABSENT
    park = firm.park
    exchange, _ = Exchange.objects.get_or_create(
        park=park, key=f"of-{firm.code}", defaults={"title": "Slag", "donor": firm}
    )
    document, _ = Document.objects.get_or_create(
        exchange=exchange, park=park, defaults={"name": "a.txt", "size": 1, "firm": firm}
    )
    (folder() / document.stored).write_bytes(b"x")
    row, _ = FollowRow.objects.get_or_create(
        park=park, entity="measure", key=f"of-{firm.code}",
        defaults={"about": firm.code, "position": 1, "values": {"firm": firm.code, "measure": "m"}},
    )  # fmt: skip
    table, _ = ReleasedTable.objects.get_or_create(
        park=park, figure="co2", year=2012,
        defaults={"rules": vars(Rules()), "table": {"unit": "t", "cells": []}, "contributions": {}, "time": timezone.now()},
    )  # fmt: skip
    return {"exchange": exchange.pk, "document": document.pk, "followed": row.pk, "release": table.pk}


@pytest.fixture(scope="session")
def designed(tmp_path_factory):
    """Return a way to a released design whose page is a real one."""
    from lichen.report.design import design_context
    from lichen.report.texts import Words
    from lichen.study.design import run_design

    found = run_design(study(tmp_path_factory.mktemp("design") / "s"))
    page = json.dumps(design_context(found, None, Words("en"))).encode()

    def made(world):
        result = {"exchanges": [], "currency": "CNY", "price_year": 2012}
        job = Job.objects.create(
            park=world.one, kind="design", about="d", state="done", ended=timezone.now(), result=result
        )
        for name, content in (("page.en.json", page), ("study.zip", b"x")):
            JobFile.objects.create(job=job, name=name, content=content)
        RunRelease.objects.create(park=world.one, run=job, by=world.people["facilitator"])
        return job

    return made


def address(route, world, relation):
    """Return the address of a route for the steelworks' things, another firm's, another park's, or none."""
    park, firm = {
        "own": (world.one, world.firms["steel"]), "other firm": (world.one, world.firms["cement"]),
        "other park": (world.two, world.foreign["steel"]), "foreign firm in own park": (world.one, world.foreign["steel"]),
        "absent": (world.one, FirmRow(pk=999_999)),
    }[relation]  # fmt: skip
    things = {
        "park": park.slug, "firm": firm.pk, "upload": uuid.uuid4(), "job": uuid.uuid4(), "opportunity": uuid.uuid4(), "run": uuid.uuid4(), "cost": 999_999, "flow": 999_999, "process": 999_999, "membership": 999_999,
    }  # fmt: skip
    if relation != "absent":
        things["flow"], things["process"] = world.flow(firm).pk, world.process(firm).pk
    things |= followed_things(world, relation, firm, "<int:followed>" in route)
    for name, value in things.items():
        for kind in ("slug", "int", "uuid", "uuidstr"):
            route = route.replace(f"<{kind}:{name}>", str(value))
    return f"/{route}"


def call(client, method, path):
    if "/follow/register" in path or re.search(r"/register(/table|/workbook)?$", path) or path.endswith("/follow/new"):
        path += "?of=measure"
    if path.endswith("/settings/edit"):
        path += "?at=design"
    if path.endswith("/released/preview"):
        path += "?figure=co2&year=2012"
    if path.endswith("/report"):
        path += "?name=committee"
    if path.endswith("/released") and method == "POST":
        return client.post(path, {"figure": "co2", "year": 2012}, "application/json")
    if path.endswith("/released/make"):
        return client.post(path, {"figure": "co2", "year": "2012"})
    api = path.startswith("/api/")
    more = {"headers": {"If-Match": '"1"'}, "content_type": "application/json"} if api else {}
    data = json.dumps({"values": {}}) if api and method in ("POST", "PUT") else {}
    if method in ("GET", "DELETE"):
        more.pop("content_type", None)
        return getattr(client, method.lower())(path, **more)
    return getattr(client, method.lower())(path, data, **more)


def cases():
    for route, (name, rules) in PARK_ROUTES.items():
        yield from ((name, method, route) for method in rules)


CASES = [pytest.param(*case, id=f"{case[1]} {case[0]}") for case in cases()]


@pytest.mark.parametrize(("name", "method", "route"), CASES)
def test_matrix(world, name, method, route, designed):
    """Role × own, other firm, other park, absent; a refusal is 404 and tells nothing more."""
    with_firm, with_upload, with_member = ("<int:firm>" in route, ":upload>" in route, "<int:membership>" in route)
    with_job, with_opportunity = ":job>" in route, ":opportunity>" in route
    with_run, with_cost = ":run>" in route, "<int:cost>" in route
    run, cost = (
        designed(world) if with_run else None,
        CostRow.objects.create(park=world.one, position=1, values=dict(COST)),
    )
    for role, person in PEOPLE.items():
        client = world.client(person)
        client.raise_request_exception = True
        for relation in ("own", "other firm", "other park", "foreign firm in own park", "absent"):
            path = address(route, world, relation)
            if with_upload:
                mine = Upload.objects.create(park=world.one, user=world.people[person], name="s.csv", content=b"x")
                path = (
                    path.replace(path.split("/surveys/")[1].split("/")[0], str(mine.pk)) if relation == "own" else path
                )
            if with_member and relation == "own":
                membership = Membership.objects.get(user=world.people["auditor"])
                path = path.replace("999999", str(membership.pk))
            if with_job and relation == "own":
                path = path.replace(path.split("/jobs/")[1].split("/")[0], str(world.job.pk)) + "?name=a.txt"
            if with_opportunity and relation in ("own", "other firm"):
                # one of the steelworks, and one that does not concern it
                named = world.shared if relation == "own" else world.others
                path = path.replace(path.split("/opportunities/")[1].split("/")[0], str(named.pk))
            if name.endswith("knowledge_entry"):
                path += "?kind=case&id=kalundborg"
            if with_run and relation == "own":
                path = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", str(run.pk), path) + "?name=study.zip"
            if with_cost and relation == "own":
                path = path.replace("999999", str(cost.pk))
            allowed = role in EXPECTED[name, method] and relation != "other park"
            if any(f"<int:{thing}>" in route for thing in ("exchange", "followed")):
                allowed &= relation == "own" or (relation == "other firm" and role == FAC)
            elif "<int:release>" in route:
                allowed &= relation in ("own", "other firm")
            elif with_firm or with_opportunity:
                allowed &= relation == "own" or (relation == "other firm" and role == FAC)
            elif with_upload or with_member or with_job or with_run or with_cost:
                allowed &= relation == "own"
            before = (Change.objects.count(), FlowRow.objects.count(), Membership.objects.count())
            from django.db import transaction

            with transaction.atomic():
                answer = call(client, method, path)
                transaction.set_rollback(True)
            assert (answer.status_code != 404) == allowed, (role, relation, path, answer.status_code)
            assert answer.status_code < 500
            if not allowed:
                assert answer.status_code == 404
                assert (Change.objects.count(), FlowRow.objects.count(), Membership.objects.count()) == before


@pytest.mark.parametrize(("name", "method", "route"), CASES)
def test_who_has_no_role_in_the_park_finds_nothing(world, name, method, route):
    for person in OTHERS:
        assert call(world.client(person), method, address(route, world, "own")).status_code == 404


@pytest.mark.parametrize(("name", "method", "route"), CASES)
def test_the_public_is_sent_to_the_log_in_whether_there_is_such_a_thing_or_not(world, name, method, route):
    answers = [call(world.client(None), method, address(route, world, r)) for r in ("own", "absent")]
    if route.startswith("api/"):
        assert [a.status_code for a in answers] == [401, 401]
    else:
        assert {a.status_code for a in answers} == {302}
        assert all(a["Location"].startswith("/account/login/?next=/") for a in answers)


def test_not_found_pages_of_foreign_and_absent_things_are_alike(world):
    client = world.client("steel")
    texts = {
        re.sub(r'value="\w{64}"', "", client.get(f"/p/one/firms/{pk}/").content.decode()).replace(f"/{pk}/", "")
        for pk in (world.firms["cement"].pk, world.foreign["cement"].pk, 999_999)
    }
    assert len(texts) == 1


def test_other_methods_are_refused(world):
    assert world.client("facilitator").put("/p/one/").status_code == 405
    assert world.client("facilitator").get(f"/p/one/firms/{world.firms['steel'].pk}/remove").status_code == 405
    assert world.client("facilitator").head("/p/one/").status_code == 200


def test_what_an_administrator_sees_of_a_firm_is_its_name(world):
    scope = scope_of(world.people["administrator"], "one")
    assert shown(scope, world.firms["steel"]) == ("id", "name", "industry")
    assert shown(scope, world.flow(world.firms["steel"])) == ()
    page = world.client("administrator").get("/p/one/firms/").content.decode()
    assert "Steelworks" in page
    assert "iron ore" not in world.client("administrator").get("/p/one/").content.decode()


def test_reach_by_role(world):
    scopes = {
        name: scope_of(world.people[name], "one") for name in ("steel", "facilitator", "administrator", "auditor")
    }
    flows = {name: reach(s, Action.READ_ROWS, FlowRow).count() for name, s in scopes.items()}
    assert flows == {"steel": 7, "facilitator": 12, "administrator": 0, "auditor": 0}
    assert reach(scopes["steel"], Action.READ_AUDIT, Audit).count() == 0
    assert reach(scopes["auditor"], Action.READ_AUDIT, Audit).count() > 0
    assert {m.role for m in reach(scopes["facilitator"], Action.MANAGE_MEMBERS, Membership)} == {"firm"}


def test_two_roles_add_up(world):
    Membership.objects.create(park=world.one, user=world.people["steel"], role=Role.AUDITOR)
    scope = scope_of(world.people["steel"], "one")
    assert scope.may(Action.READ_AUDIT)
    assert reach(scope, Action.READ_ROWS, FlowRow).count() == 7
    assert not scope.everywhere(Action.READ_ROWS)


def test_a_flow_of_another_firm_under_ones_own_address_is_not_found(world):
    steel, cement = world.firms["steel"], world.firms["cement"]
    path = f"/p/one/firms/{steel.pk}/flows/{world.flow(cement).pk}/"
    for person in ("steel", "facilitator"):
        assert world.client(person).get(path).status_code == 404


def test_every_action_is_allowed_to_somebody():
    assert set(ALLOWED) == set(Action)
    assert all(ALLOWED.values())


def test_a_scope_has_what_the_address_names(world):
    scope = scope_of(world.people["steel"], "one")
    found = target(scope, Action.READ_ROWS, {"park": "one", "firm": world.firms["steel"].pk})
    assert found.firm == world.firms["steel"]
    assert isinstance(found, Scope)
