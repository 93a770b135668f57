"""Designs, appraisals, checks of new firms, scenarios: run, kept, compared; a firm sees its own gain and nothing else."""

import json
import re
import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from appraisals import ADDED, BRICK, newcomer, study, threshold
from lichen.study.design import run_design
from lichen.study.design_tables import design_as_dict
from lichen.web import worker
from lichen.web.followed_models import Exchange
from lichen.web.models import Consent, FirmRow, Job, JobFile, Membership, Opportunity, Role, User
from lichen.web.policy import Action, reach, scope_of
from lichen.web.run_models import CostRow, Run, RunRelease
from lichen.web.studies import new_park
from workbench import client_of

GUIYANG = Path(__file__).parents[2] / "examples" / "guiyang"


def people_of(park):
    """Return browsers by name: a facilitator, an administrator, and a firm each."""
    found = {}
    roles = [("facilitator", Role.FACILITATOR, None), ("administrator", Role.ADMINISTRATOR, None),
             ("auditor", Role.AUDITOR, None)]  # fmt: skip
    roles += [(firm.code, Role.FIRM, firm) for firm in FirmRow.objects.filter(park=park)[:4]]
    for name, role, firm in roles:
        user = User.objects.create_user(f"{name}@{park.slug}.org", name=name.title())
        Membership.objects.create(park=park, user=user, role=role, firm=firm)
        found[name] = user
    return found


@pytest.fixture
def small(db, tmp_path):
    """Return a park of a power station and a cement works with all costs told, its people, and its study."""
    folder = study(tmp_path / "small", settings=threshold(high=0.5, code="energy"))
    park = new_park("small", "Small", folder)
    return park, people_of(park), folder


def done(client, path, data=None):
    """Ask for a run, do it, and return it."""
    answer = client.post(path, data or {})
    assert answer.status_code == 302, answer.content.decode()[:3000]
    assert worker.run_waiting() == 1
    return Run.objects.get(pk=re.search(r"runs/([0-9a-f-]{36})", answer["Location"])[1])


def text(client, run, lang="en"):
    answer = client.get(f"/p/{run.park.slug}/runs/{run.pk}/", headers={"accept-language": lang})
    assert answer.status_code == 200
    return answer.content.decode()


NEW = "/p/small/designs/new"


def test_a_design_is_what_the_command_line_gives(small):
    _, people, folder = small
    client = client_of(people["facilitator"])
    run = done(
        client, NEW, {"name": "First try", "years": "12", "carbon_price": "60 CNY/tCO2", "what_ifs": "close=cement"}
    )
    assert run.state == "done", run.problems
    with zipfile.ZipFile(BytesIO(bytes(JobFile.objects.get(job=run, name="study.zip").content))) as archive:
        archive.extractall(folder.parent / "kept")
    from lichen.web.designs import money

    wanted = run_design(
        folder.parent / "kept" / "small",
        0,
        "",
        {"years": 12, "carbon_price": money("carbon_price", "60 CNY/tCO2")},
        ["close=cement"],
    )
    assert run.result["gain"] == pytest.approx(wanted.outcome.gain)
    assert run.result["count"] == len(wanted.flowing) > 0
    kept = json.loads(bytes(JobFile.objects.get(job=run, name="design.en.json").content))
    assert kept["network"] == json.loads(json.dumps(design_as_dict(wanted, None, "en")))["network"]
    for lang, word in (("en", "First try"), ("zh", "网络设计")):
        page = text(client, run, lang)
        assert word in page
        assert "<svg" in page
        assert "style=" not in page
        assert "&lt;svg" not in page
    listed = client.get("/p/small/designs/").content.decode()
    assert "First try" in listed
    names = re.findall(r"\?name=([^\"]+)", text(client, run))
    assert {"design.en.xlsx", "study.zip", "network.en.csv"} <= set(names)
    for name in names:
        answer = client.get(f"/p/small/runs/{run.pk}/file?name={name}")
        assert answer.status_code == 200
        assert "attachment" in answer["Content-Disposition"]
    assert client.get(f"/p/small/runs/{run.pk}/file?name=page.en.json").status_code == 404


@pytest.mark.parametrize(
    ("field", "value"),
    [("years", "0"), ("years", "x"), ("budget", "lots"), ("carbon_price", "60 kg"), ("rate", "−"), ("objective", "fun"),
     ("points", "999"), ("existing", "some"), ("what_ifs", "\n".join(["rate=5%"] * 30))],
)  # fmt: skip
def test_settings_that_cannot_be_stand_at_their_fields(small, field, value):
    _, people, _ = small
    for lang in ("en", "zh"):
        client = client_of(people["facilitator"], headers={"accept-language": lang})
        answer = client.post(NEW, {field: value})
        assert answer.status_code == 422
        assert "problem error" in answer.content.decode()
    assert not Run.objects.exists()


def test_what_cannot_hold_together_is_said_in_words(small):
    park, people, _ = small
    from lichen.web.models import StudyFile

    told = StudyFile.objects.get(park=park, path="study.toml")
    limit = '\n[[design.limit]]\nid = "much"\nmeasure = "co2"\nhigh = { value = -1e12, unit = "tCO2", kind = "reported", source = "made-up" }\n'
    told.content = bytes(told.content) + limit.encode()
    told.save()
    client = client_of(people["facilitator"])
    run = done(client, NEW)
    assert run.state == "failed"
    assert "much" in text(client, run)
    assert "不能同时成立" in text(client, run, "zh")
    assert "from=" in text(client, run)


def test_a_change_that_names_nothing_is_said_in_words(small):
    _, people, _ = small
    client = client_of(people["facilitator"])
    run = done(client, NEW, {"what_ifs": "close=nobody"})
    assert run.state == "failed"
    assert "nobody" in text(client, run)
    again = client.get(f"{NEW}?from={run.pk}").content.decode()
    assert "close=nobody" in again


def test_a_question_is_answered_where_it_is_asked_and_the_next_run_counts_it(small):
    park, people, _ = small
    CostRow.objects.filter(park=park, values__item="disposal").delete()
    client = client_of(people["facilitator"])
    run = done(client, NEW)
    page = text(client, run)
    assert 'name="key" value="ash.fly.coal"' in page
    found = next(
        q for q in json.loads(bytes(JobFile.objects.get(job=run, name="asked.json").content)) if q["item"] == "disposal"
    )
    answer = client.post("/p/small/costs/new", {
        "item": found["item"], "key": found["key"], "unit": found["unit"], "kind": "reported", "value": "20",
        "source": "asked", "year": "2012", "back": f"/p/small/runs/{run.pk}/",
    })  # fmt: skip
    assert answer["Location"] == f"/p/small/runs/{run.pk}/"
    page = text(client, run)
    assert "answered: run again" in page
    assert "The park changed since" in page
    after = done(client, NEW)
    questions = json.loads(bytes(JobFile.objects.get(job=after, name="asked.json").content))
    assert "disposal" not in {q["item"] for q in questions}
    assert after.result["count"] > run.result["count"]


def test_a_firm_sees_its_own_gain_of_what_was_released_and_nothing_of_others(small):
    _, people, _ = small
    facilitator = client_of(people["facilitator"])
    run = done(facilitator, NEW, {"name": "Draft"})
    one = run.result["exchanges"][0]
    donor, receiver = client_of(people[one["donor"]]), client_of(people[one["receiver"]])
    url = f"/p/small/runs/{run.pk}/"
    for client in (donor, receiver):
        assert client.get(url).status_code == 404
        assert "Draft" not in client.get("/p/small/designs/").content.decode()
    facilitator.post(f"{url}release", {"answer": "yes"})
    for side, client, other in (("donor", donor, "receiver"), ("receiver", receiver, "donor")):
        page = client.get(url).content.decode()
        assert one[f"{side}_name"] in page
        assert one[f"{other}_name"] not in page
        assert (one["stream"]["en"] in page) == (side == "donor")  # the other side's material is a class
        assert f"{one['quantity'] / 1e3:.3g}" not in re.findall(r'<td class="n">([^<]*)</td>', page)
        assert not any(
            f"{one[f'{side}_gain'] / 1e6:.3g}" == cell for cell in re.findall(r'<td class="n">([^<]*)</td>', page)
        )
        for hidden in (one["gain"], one[f"{other}_gain"], run.result["gain"]):
            for shown in (f"{hidden:.0f}", f"{hidden / 1e6:.3f}", f"{hidden / 1e6:.4g}"):
                assert len(shown) < 3 or shown not in page
        assert "260" not in re.sub(r"<head>.*?</head>", "", page, flags=re.S)  # price of what the receiver buys
        for way in ("file?name=design.en.xlsx", "file?name=study.zip"):
            assert client.get(url + way).status_code == 404
        for way in ("release", "stop", "remove", "appraise", "again"):
            assert client.post(url + way).status_code == 404
        assert client.get(f"/p/small/compare?run={run.pk}&run={run.pk}").status_code == 404
        assert client.get(f"/p/small/jobs/{run.pk}/").status_code == 404
    bystander = client_of(people["shop"]).get(url).content.decode()
    assert one["donor_name"] not in bystander
    facilitator.post(f"{url}release", {"answer": "no"})
    assert donor.get(url).status_code == 404
    for name in ("administrator", "auditor"):
        assert client_of(people[name]).get(url).status_code == 404


def test_a_firm_that_keeps_its_data_private_gives_no_number_away(small):
    _, people, _ = small
    facilitator = client_of(people["facilitator"])
    run = done(facilitator, NEW)
    facilitator.post(f"/p/small/runs/{run.pk}/release", {"answer": "yes"})
    one = run.result["exchanges"][0]
    for firm in FirmRow.objects.filter(code=one["receiver"]):
        firm.values["disclosure"] = "private"
        firm.save()
    shown = client_of(people[one["donor"]]).get(f"/api/v1/parks/small/runs/{run.pk}").json()["result"]
    assert [(row["quantity"], row["gain"], row["other"]) for row in shown] == [("", "", "")]


def test_names_are_shown_where_both_consented(small):
    park, people, _ = small
    facilitator = client_of(people["facilitator"])
    run = done(facilitator, NEW)
    facilitator.post(f"/p/small/runs/{run.pk}/release", {"answer": "yes"})
    one = run.result["exchanges"][0]
    firms = {f.code: f for f in FirmRow.objects.filter(park=park)}
    handle = Opportunity.objects.create(
        park=park,
        key=json.loads(bytes(JobFile.objects.get(job=run, name="facts.json").content))[one["id"]]["key"],
        donor=firms[one["donor"]],
        receiver=firms[one["receiver"]],
    )
    client = client_of(people[one["donor"]])
    for step in (2, 3):
        for side in ("donor", "receiver"):
            firm = firms[one[side]]
            Consent.objects.filter(opportunity=handle, firm=firm).delete()
            Consent.objects.create(park=park, opportunity=handle, firm=firm, step=step, by=people["facilitator"])
        page = client.get(f"/p/small/runs/{run.pk}/").content.decode()
        assert one["receiver_name"] in page
    told = client.get(f"/api/v1/parks/small/runs/{run.pk}").json()["result"][0]
    assert told["quantity_low"] == told["quantity_high"] == pytest.approx(one["quantity"])
    assert " – " not in told["gain"]


def test_only_done_designs_can_be_released(small):
    _, people, _ = small
    client = client_of(people["facilitator"])
    client.post(NEW, {})
    run = Run.objects.get()
    client.post(f"/p/small/runs/{run.pk}/release", {"answer": "yes"})
    assert not RunRelease.objects.exists()
    scope = scope_of(people["power"], "small")
    assert reach(scope, Action.READ_RUNS, Run).count() == 0


def test_an_appraisal_counts_with_the_terms_that_were_agreed_since_the_design(small):
    park, people, _ = small
    client = client_of(people["facilitator"])
    run = done(client, NEW)
    client.post(f"/p/small/runs/{run.pk}/release", {"answer": "yes"})
    one = run.result["exchanges"][0]
    added = client.post("/p/small/board/add", {"exchange": one["id"], "title": "Ash", "donor": one["donor"],
                                               "receiver": one["receiver"], "date": "2026"})  # fmt: skip
    key = Exchange.objects.get(park=park).key
    assert added.status_code == 302
    terms = {"exchange": key, "start": "2013", "price": "31.25", "price unit": "CNY/t", "price_year": "2012",
             "quantity": "45.5", "quantity unit": "kt/a", "low": "43.75", "source": "contract 9"}  # fmt: skip
    assert client.post("/p/small/follow/new?of=terms", terms).status_code == 302
    appraisal = done(client, f"/p/small/runs/{run.pk}/appraise")
    assert appraisal.state == "done", appraisal.problems
    for lang, words in (("en", "At 31.25 CNY/t the donor"), ("zh", "按 31.25 CNY/t 计，供方净现值")):
        assert words in text(client, appraisal, lang)
    again = done(client, NEW)
    assert again.result["gain"] == run.result["gain"]  # a price moves money and makes none
    client.post(f"/p/small/runs/{again.pk}/release", {"answer": "yes"})
    for firm in (one["donor"], one["receiver"]):
        theirs = client_of(people[firm])
        assert theirs.get(f"/p/small/runs/{appraisal.pk}/").status_code == 404
        for number in (run.pk, again.pk):
            page = theirs.get(f"/p/small/runs/{number}/").content.decode()
            assert not [secret for secret in ("31.25", "45.5", "43.75", "contract 9") if secret in page]


def test_an_appraisal_is_of_the_network_that_was_designed_even_after_costs_change(small):
    park, people, folder = small
    client = client_of(people["facilitator"])
    run = done(client, NEW)
    price = CostRow.objects.get(park=park, values__item="price")
    client.post(f"/p/small/costs/{price.pk}/", {**price.values, "value": "290", "version": "1"})
    appraisal = done(client, f"/p/small/runs/{run.pk}/appraise")
    assert appraisal.state == "done", appraisal.problems
    from lichen.study.appraisal import run_appraisal

    assert appraisal.result["npv"] == pytest.approx(run_appraisal(folder, appraising={"draws": 0}).whole.npv)
    for lang in ("en", "zh"):
        page = text(client, appraisal, lang)
        assert "<svg" in page
        assert "style=" not in page
    assert str(appraisal.pk) in text(client, run)
    assert client.get(f"/p/small/runs/{appraisal.pk}/file?name=appraise.en.xlsx").status_code == 200
    RunRelease.objects.create(park=park, run=appraisal, by=people["facilitator"])
    assert client_of(people["power"]).get(f"/p/small/runs/{appraisal.pk}/").status_code == 404


def test_an_exchange_of_a_design_is_put_on_the_board_once(small):
    park, people, _ = small
    client = client_of(people["facilitator"])
    run = done(client, NEW)
    one = run.result["exchanges"][0]
    form = re.search(r'<form method="post" action="(/p/small/board/add)".*?</form>', text(client, run), re.S)
    fields = dict(re.findall(r'name="(exchange|title|title_zh|donor|receiver)" value="([^"]*)"', form[0]))
    fields["exchange"] = fields["exchange"].replace("&gt;", ">")
    assert fields["exchange"] == one["id"]
    first, again = client.post(form[1], fields), client.post(form[1], fields)
    assert first.status_code == again.status_code == 302
    assert first["Location"] == again["Location"]
    row = Exchange.objects.get(park=park)
    assert (row.donor.code, row.receiver.code) == (one["donor"], one["receiver"])


def test_the_job_of_a_run_leads_to_its_page(small):
    _, people, _ = small
    client = client_of(people["facilitator"])
    run = done(client, NEW)
    assert client.get(f"/p/small/jobs/{run.pk}/")["Location"] == f"/p/small/runs/{run.pk}/"


def test_two_designs_side_by_side(small):
    _, people, _ = small
    client = client_of(people["facilitator"])
    runs = [done(client, NEW, {"name": name, "years": years}) for name, years in (("Ten", "10"), ("Twenty", "20"))]
    for lang in ("en", "zh"):
        query = "&".join(f"run={run.pk}" for run in runs)
        page = client.get(f"/p/small/compare?{query}", headers={"accept-language": lang}).content.decode()
        assert "Ten" in page
        assert "Twenty" in page
    assert "Choose at least two" in client.get(f"/p/small/compare?run={runs[0].pk}&run=x").content.decode()


def test_a_design_is_stopped_and_run_again_and_removed(small):
    _, people, _ = small
    client = client_of(people["facilitator"])
    answer = client.post(NEW, {"name": "Long"})
    url = answer["Location"]
    assert 'http-equiv="refresh"' in client.get(url).content.decode()
    client.post(f"{url}stop")
    run = Run.objects.get()
    assert run.state == "cancelled"
    assert worker.run_waiting() == 0
    again = client.post(f"{url}again")
    assert worker.run_waiting() == 1
    assert Run.objects.filter(state="done").count() == 1
    assert client.post(f"{again['Location']}remove").status_code == 302
    assert client.get(again["Location"]).status_code == 404


def test_a_newcomer_is_checked_and_not_taken_in(small, tmp_path):
    park, people, _ = small
    client = client_of(people["facilitator"])
    content = newcomer(tmp_path).read_bytes()
    sent = SimpleUploadedFile("brick.xlsx", content)
    run = done(client, "/p/small/settlement/", {"file": sent, "value_added": f"{ADDED.value:g} 万元/a"})
    assert run.state == "done", run.problems
    assert [f["id"] for f in run.result["firms"]] == ["brick"]
    for lang in ("en", "zh"):
        page = text(client, run, lang)
        assert "style=" not in page
        assert BRICK.name in page
    assert not FirmRow.objects.filter(park=park, code="brick").exists()
    assert client.post("/p/small/settlement/", {"land": "wide"}).status_code == 422
    criteria = done(client, "/p/small/settlement/")
    assert criteria.state == "done"
    wrong = done(client, "/p/small/settlement/", {"file": SimpleUploadedFile("b.xlsx", b"PK nothing")})
    assert wrong.state == "failed"
    assert "message error" in text(client, wrong)


def test_where_there_is_no_economy_the_pages_say_what_to_do(world):
    client = world.client("facilitator")
    for lang, word in (("en", "no economy"), ("zh", "经济账户")):
        page = client.get("/p/one/scenarios/", headers={"accept-language": lang}).content.decode()
        assert word in page
    assert client.get("/p/one/scenarios/new").status_code == 302
    assert client.get("/p/one/designs/").status_code == 200


@pytest.fixture
def guiyang(db):
    park = new_park("guiyang", "Guiyang", GUIYANG)
    return park, client_of(people_of(park)["facilitator"])


def test_a_scenario_of_guiyang_is_picked_from_the_study_and_from_a_design(guiyang):
    _, client = guiyang
    assert "UIS2012" in client.get("/p/guiyang/scenarios/").content.decode()
    start = client.get("/p/guiyang/scenarios/new?start=UIS2012").content.decode()
    assert "120\u202f000 t/a" in start
    assert client.post("/p/guiyang/scenarios/new", {}).status_code == 422
    bad = client.post("/p/guiyang/scenarios/new", {"q:steel-slag-cement": "heaps"})
    assert bad.status_code == 422
    run = done(client, "/p/guiyang/scenarios/new", {
        "name": "Slag", "reference": "BAU2012", "q:steel-slag-cement": "120 kt/a", "q:fly-ash-cement": "200000",
    })  # fmt: skip
    assert run.state == "done", run.problems
    assert {e["id"] for e in run.result["exchanges"]} == {"steel-slag-cement", "fly-ash-cement"}
    assert run.result["change"] < 0
    assert len(run.result["sectors"]) == 13
    for lang, word in (("en", "Slag"), ("zh", "受益")):
        page = text(client, run, lang)
        assert word in page
        assert "style=" not in page
        assert page.count("<svg") >= 4
    too_much = done(client, "/p/guiyang/scenarios/new", {"reference": "BAU2012", "q:steel-slag-cement": "900 Mt/a"})
    assert too_much.state == "failed"
    assert "message error" in text(client, too_much)
    design = done(client, "/p/guiyang/designs/new", {"name": "Net", "second": "co2", "points": "3"})
    assert design.state == "done", design.problems
    page = text(client, design)
    assert "Pareto" in page or "front" in page
    drawn = json.loads(re.search(r'<script id="map-values" type="application/json">(.*?)</script>', page)[1])
    assert {(line["from"], line["to"]) for line in drawn["lines"]} == {
        (e["donor"], e["receiver"]) for e in design.result["exchanges"]
    }
    assert len(drawn["points"]) == 45
    assert page.count("<noscript>") == 1
    form = client.get(f"/p/guiyang/scenarios/new?design={design.pk}").content.decode()
    own = re.findall(r'name="(q:network [^"]+)" value="([^"]+)"', form)
    assert own
    both = done(client, "/p/guiyang/scenarios/new", {
        "name": "Net in accounts", "reference": "BAU2012", "design": str(design.pk), **dict(own)},
    )  # fmt: skip
    assert both.state == "done", both.problems
    kept = json.loads(bytes(JobFile.objects.get(job=design, name="design.en.json").content))
    sectors = [s for s in kept["network_sectors"] if s["account"] == both.result["account"]]
    assert both.result["change"] == pytest.approx(sum(s["change"] for s in sectors), rel=1e-6)
    query = f"run={run.pk}&run={both.pk}"
    for lang in ("en", "zh"):
        page = client.get(f"/p/guiyang/compare?{query}", headers={"accept-language": lang}).content.decode()
        assert "Net in accounts" in page
    Job.objects.filter(pk=design.pk).delete()
    gone = done(
        client,
        "/p/guiyang/scenarios/new",
        {"reference": "BAU2012", "design": str(design.pk), "q:steel-slag-cement": "60 kt/a"},
    )
    assert gone.state == "done"
    again = client.get(f"/p/guiyang/scenarios/new?from={run.pk}").content.decode()
    assert "120 kt/a" in again


def test_the_api_speaks_of_costs_with_versions_and_problems(small):
    _, people, _ = small
    client, url = client_of(people["facilitator"]), "/api/v1/parks/small/costs"
    told = client.get(url).json()
    assert told["count"] == len(told["rows"]) == 5
    values = {
        "item": "price",
        "key": "coal",
        "value": 700,
        "unit": "CNY/t",
        "kind": "reported",
        "source": "x",
        "year": 2012,
    }

    def send(method, path, body=None, **headers):
        return getattr(client, method)(path, json.dumps(body), content_type="application/json", headers=headers)

    made = send("post", url, {"values": values})
    assert made.status_code == 201
    one = f"{url}/{made.json()['id']}"
    assert client.get(one).json()["values"]["value"] == "700"
    assert send("put", one, {"values": {**values, "value": 800}}).status_code == 428
    assert send("put", one, {"values": {**values, "value": 800}}, if_match='"1"').json()["version"] == 2
    assert send("put", one, {"values": {**values, "value": 900}}, if_match='"1"').status_code == 409
    wrong = send("put", one, {"values": {**values, "unit": "t"}}, if_match='"2"')
    assert wrong.status_code == 422
    assert wrong.json()["problems"][0]["field"] == "unit"
    assert send("post", url, {"values": {"price": 1}}).status_code == 422
    assert client.delete(one, headers={"if-match": '"2"'}).status_code == 204
    assert client.get(url).json()["count"] == 5


def test_the_api_runs_a_design_and_shows_a_firm_its_part(small):
    _, people, _ = small
    client, url = client_of(people["facilitator"]), "/api/v1/parks/small"

    def post(path, body):
        return client.post(f"{url}{path}", json.dumps(body), content_type="application/json")

    bad = post("/designs", {"years": 0, "budget": "lots"})
    assert bad.status_code == 422
    assert {p["field"] for p in bad.json()["problems"]} == {"years", "budget"}
    asked = post("/designs", {"name": "By API", "years": 12, "what_ifs": ["close=shop"]})
    assert asked.status_code == 202
    one = f"{url}/runs/{asked.json()['id']}"
    assert client.get(one).json()["state"] == "waiting"
    assert post(f"/runs/{asked.json()['id']}/appraisals", {}).status_code == 409
    assert worker.run_waiting() == 1
    found = client.get(one).json()
    assert found["state"] == "done"
    assert found["result"]["count"] > 0
    assert found["settings"]["years"] == 12
    assert client.get(f"{one}/questions").status_code == 200
    assert client.get(f"{url}/runs?kind=scenario").json()["count"] == 0
    firm = client_of(people["power"])
    assert firm.get(one).status_code == 404
    assert firm.get(f"{url}/runs").json()["count"] == 0
    client.post(f"/p/small/runs/{found['id']}/release", {"answer": "yes"})
    own = firm.get(one).json()
    assert [row["side"] for row in own["result"]] == ["donor"]
    assert own["settings"] == {}
    assert "Firm cement" not in json.dumps(own)
    assert post("/scenarios", {"reference": "x", "quantities": {"a": "1"}}).status_code == 422
    assert client.delete(one).status_code == 204
    assert client.get(one).status_code == 404
