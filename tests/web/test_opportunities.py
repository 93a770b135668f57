"""Opportunities and graded disclosure: a firm sees names and numbers of others only while both sides agree, by no route else."""

import itertools
import json
import re
from dataclasses import replace
from urllib.parse import quote

import pytest

from lichen.discover.visibility import band
from lichen.inventory.survey import survey_of
from lichen.inventory.values import Firm, Inventory, Place
from lichen.vocabulary.materials import materials
from lichen.web import worker
from lichen.web.consent import State, set_consent, state_of
from lichen.web.disclosure import LEAST_CLASS, class_name, levels_now, order_of, view
from lichen.web.models import Audit, Consent, FirmRow, Membership, Opportunity, Park, Role, User
from lichen.web.opportunities import found_in
from lichen.web.opportunity_lists import filter_facts, filter_views
from lichen.web.policy import scope_of
from lichen.web.store import Conflict
from parks import flow
from surveys import sheets_of
from workbench import client_of, park_of

SECRETS = {
    "donor": ("Zollern Ironworks", "zollern", "3110", "312345", "312 345", "312\u2009345", "312.3", "312", "0.4137", "41.37", "-17.5", "17.5"),
    "receiver": ("Quarrystone Binders", "quarry", "3011", "478901", "478 901", "478\u2009901", "478.9", "479", "333.25", "333"),
}  # fmt: skip
"""What each side told or is called; whatever of it the other sees before both agree is a leak."""


def two_firms(donor_level="park", receiver_level="park", **more):
    """Return an ironworks with unused slag, a cement works that buys clinker, and a third firm."""
    slag = {"CaO": 0.4137, "SiO2": 0.35}
    return Inventory(
        (Firm("zollern", "Zollern Ironworks", "3110", disclosure=donor_level), Firm("quarry", "Quarrystone Binders", "3011", disclosure=receiver_level),
         Firm("third", "Third Party Dyeing", "1713")),
        (),
        (
            flow("zollern", "", "out", "by-product", "granulated blast furnace slag", 312345, composition=slag, fate="stored", price=(-17.5, "CNY/t"), **more),
            flow("quarry", "", "in", "raw material", "cement clinker", 478901, price=(333.25, "CNY/t")),
            flow("quarry", "", "out", "product", "slag cement", 700123, fate="sold"),
            flow("third", "", "out", "waste", "sewage sludge", 1234, fate="landfill"),
        ),
    )  # fmt: skip


def world_of(inventory):
    park = park_of("p", survey_of("s.xlsx", sheets_of(inventory)).inventory)
    firms = {f.code: f for f in FirmRow.objects.filter(park=park)}
    people = {}
    for name, role, firm in (("zollern", Role.FIRM, "zollern"), ("quarry", Role.FIRM, "quarry"), ("third", Role.FIRM, "third"),
                             ("facilitator", Role.FACILITATOR, None), ("auditor", Role.AUDITOR, None)):  # fmt: skip
        people[name] = User.objects.create_user(f"{name}@example.org", name=f"Person {name[0]}")
        Membership.objects.create(park=park, user=people[name], role=role, firm=firms.get(firm))
    client_of(people["facilitator"]).get("/p/p/opportunities/")
    assert worker.run_waiting() == 1
    return Park.objects.get(pk=park.pk), firms, people


@pytest.fixture
def made(db):
    """Return a park in which discovery ran, its firms, and its people."""
    return world_of(two_firms())


@pytest.fixture
def pair(made):
    """Return the opportunity that the tests speak of: the slag of the one in place of the clinker of the other."""
    park, firms, _ = made
    return Opportunity.objects.get(park=park, donor=firms["zollern"], receiver=firms["quarry"])


def main_of(answer):
    """Return what an answer says, without the menu with the account's own name and the form's token."""
    text = answer.content.decode()
    text = text.split("<main", 1)[-1].split("</main>")[0]
    text = re.sub(r'<input type="hidden" name="csrfmiddlewaretoken"[^>]*>', "", text)
    return re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{4}-\d\d-\d\d \d\d:\d\d", "", text)


FILTERS = ["", "?side=donor", "?side=receiver", "?unit=t/a", "?least=1", "?least=100000", "?page=2", "?order=score", "?sort=place", "?best=1",
           "?donor=zollern", "?receiver=quarry", "?way=documented", "?stream=slag", "?stream=" + quote("slag"), "?q=Zollern", "?limit=1000"]  # fmt: skip


def everything_seen_by(person, pair, lang="en"):
    """Yield each page and answer of the API that could speak of an opportunity, as the person gets it."""
    client = client_of(person, headers={"Accept-Language": lang})
    for query in FILTERS:
        yield f"page {query}", main_of(client.get(f"/p/p/opportunities/{query}"))
        yield f"api {query}", re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "", client.get(f"/api/v1/parks/p/opportunities{query}").content.decode())  # fmt: skip
    yield "one", main_of(client.get(f"/p/p/opportunities/{pair.pk}/"))
    yield "api one", re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "", client.get(f"/api/v1/parks/p/opportunities/{pair.pk}").content.decode())  # fmt: skip
    for path in ("", "firms/", "flows/", "history/", "balance/", "jobs/", "audit/", "study.zip"):
        answer = client.get(f"/p/p/{path}")
        yield path, main_of(answer) if answer.status_code == 200 else ""
    for path in ("", "/firms", "/flows", "/history", "/jobs"):
        yield f"api{path}", client.get(f"/api/v1/parks/p{path}").content.decode()


def leaks(text, side):
    return [s for s in SECRETS[side] if re.search(rf"(?<![\d.]){re.escape(s)}(?![\d])", text)]


def agree(client, pair, side, step, seen):
    return client.post(f"/p/p/opportunities/{pair.pk}/", {"side": side, "step": step, "seen": seen})


@pytest.mark.parametrize("lang", ["en", "zh-CN"])
def test_before_consent_nothing_of_the_other_side_is_seen_by_any_route(made, pair, lang):
    _, _, people = made
    for me, other in (("zollern", "receiver"), ("quarry", "donor")):
        seen = 0
        for where, text in everything_seen_by(people[me], pair, lang):
            assert not leaks(text, other), (me, where, leaks(text, other))
            seen += bool(text)
        assert seen > 20


@pytest.mark.parametrize(("mine", "theirs"), [(2, 1), (3, 1), (1, 2), (1, 3)])
def test_consent_of_one_side_opens_nothing(made, pair, mine, theirs):
    _, _, people = made
    for side, who, step in (("donor", "zollern", mine), ("receiver", "quarry", theirs)):
        if step > 1:
            assert agree(client_of(people[who]), pair, side, step, state_of(pair).count).status_code == 302
    assert state_of(pair) == State(mine, theirs, 1)
    for me, other in (("zollern", "receiver"), ("quarry", "donor")):
        for where, text in everything_seen_by(people[me], pair):
            assert not leaks(text, other), (me, where)


def test_names_after_both_agree_and_composition_and_price_a_step_later(made, pair):
    _, _, people = made
    donor, receiver = client_of(people["zollern"]), client_of(people["quarry"])
    path = f"/p/p/opportunities/{pair.pk}/"
    agree(donor, pair, "donor", 2, 0)
    agree(receiver, pair, "receiver", 3, 1)
    assert state_of(pair).step == 2
    text = main_of(donor.get(path))
    assert "Quarrystone Binders" in text
    assert "cement clinker" in text
    assert not {"333.25", "333", "478901"} & set(leaks(text, "receiver"))
    text = main_of(receiver.get(path))
    assert "Zollern Ironworks" in text
    assert "granulated blast furnace slag" in text
    assert not {"41.37", "17.5", "-17.5", "312345"} & set(leaks(text, "donor")), "names alone"
    agree(donor, pair, "donor", 3, 2)
    assert state_of(pair).step == 3
    text = main_of(receiver.get(path))
    assert "41.4 %" in text
    assert "−17.5" in text or "-17.5" in text
    assert "333" in main_of(donor.get(path))


@pytest.mark.parametrize("who", ["donor", "receiver"])
def test_withdrawal_closes_again_for_both(made, pair, who):
    _, _, people = made
    clients = {"donor": client_of(people["zollern"]), "receiver": client_of(people["quarry"])}
    agree(clients["donor"], pair, "donor", 3, 0)
    agree(clients["receiver"], pair, "receiver", 3, 1)
    assert state_of(pair).step == 3
    agree(clients[who], pair, who, 1, 2)
    assert state_of(pair).step == 1
    for me, other in (("zollern", "receiver"), ("quarry", "donor")):
        for where, text in everything_seen_by(people[me], pair):
            assert not leaks(text, other), (me, where)
    said = list(Audit.objects.filter(action__startswith="consent").order_by("id").values_list("action", "by__email"))
    mine = {"donor": "zollern", "receiver": "quarry"}[who] + "@example.org"
    assert said[-1] == ("consent withdrawn", mine)
    assert len(said) == 3
    assert Consent.objects.get(ended__isnull=False).ended_by.email == mine
    assert Consent.objects.count() == 2, "what was given stays on record"


def test_what_was_given_and_withdrawn_is_shown_to_its_own_side_and_the_facilitator(made, pair):
    _, _, people = made
    path = f"/p/p/opportunities/{pair.pk}/"
    agree(client_of(people["zollern"]), pair, "donor", 2, 0)
    agree(client_of(people["zollern"]), pair, "donor", 1, 1)
    assert main_of(client_of(people["zollern"]).get(path)).count("Person z") == 2
    assert main_of(client_of(people["facilitator"]).get(path)).count("Person z") == 2
    assert "Person z" not in main_of(client_of(people["quarry"]).get(path))


def test_the_audit_of_a_consent_names_the_firm_that_gave_it_alone(made, pair):
    _, _, people = made
    agree(client_of(people["zollern"]), pair, "donor", 2, 0)
    about = Audit.objects.get(action="consent given").about
    assert "zollern" in about
    assert "quarry" not in about


def test_who_saw_an_older_state_is_told_so(made, pair):
    _, _, people = made
    agree(client_of(people["quarry"]), pair, "receiver", 2, 0)
    answer = agree(client_of(people["zollern"]), pair, "donor", 3, 0)
    assert answer.status_code == 409
    assert state_of(pair) == State(1, 2, 1)


@pytest.mark.parametrize(("person", "side", "step"), [
    ("quarry", "donor", 2), ("zollern", "receiver", 2), ("third", "donor", 2), ("facilitator", "donor", 2), ("auditor", "donor", 2),
    ("zollern", "donor", 0), ("zollern", "donor", 4), ("zollern", "both", 2), ("zollern", "", 2)])  # fmt: skip
def test_nobody_consents_for_another_nor_to_what_is_no_step(made, pair, person, side, step):
    _, _, people = made
    assert agree(client_of(people[person]), pair, side, step, 0).status_code in (400, 404)
    assert not Consent.objects.exists()
    answer = client_of(people[person]).put(f"/api/v1/parks/p/opportunities/{pair.pk}/consent",
                                           json.dumps({"side": side, "step": step, "seen": 0}), content_type="application/json")  # fmt: skip
    assert answer.status_code in (404, 422)
    assert not Consent.objects.exists()


def test_a_third_firm_and_the_auditor_reach_nothing_of_it(made, pair):
    _, _, people = made
    for person in ("third", "auditor"):
        client = client_of(people[person])
        assert client.get(f"/p/p/opportunities/{pair.pk}/").status_code == 404
        assert client.get(f"/api/v1/parks/p/opportunities/{pair.pk}").status_code == 404
        for where, text in everything_seen_by(people[person], pair):
            assert not leaks(text, "donor"), where
            assert not leaks(text, "receiver"), where
            assert str(pair.pk) not in text


@pytest.mark.parametrize(("donor", "receiver"), [*itertools.product(("public", "park", "private"), repeat=2)])
def test_levels_of_disclosure_hold_beside_consent(db, donor, receiver):
    """Without consent a private side shows no quantity and no distance, a public one no more than a band."""
    park, firms, _ = world_of(two_firms(donor, receiver))
    handle = Opportunity.objects.get(park=park, donor=firms["zollern"], receiver=firms["quarry"])
    f = found_in(park, [handle]).facts[handle.key]
    levels = levels_now([f], firms)
    for side, other in (("donor", receiver), ("receiver", donor)):
        first = view(handle, f, side, State(1, 1), levels, "en")
        if other == "private":
            assert (first["quantity"], first["quantity_low"], first["distance"]) == ("", None, "")
        else:
            assert (first["quantity_low"], first["quantity_high"]) == band(f["quantity"][1])
        second = view(handle, f, side, State(2, 3), levels, "en")
        assert second["other"] == f[{"donor": "receiver", "receiver": "donor"}[side]]["name"]
        assert (second["quantity"] == "") == (other == "private")
        third = view(handle, f, side, State(3, 3), levels, "en")
        assert third["quantity_low"] == third["quantity_high"] == f["quantity"][1]
        assert {"content", "prices"} & set(second) == set()
        assert {"content", "prices"} <= set(third)


def test_a_level_that_was_closed_since_holds_for_results_made_before(made, pair, fields_of):
    park, firms, people = made
    f = found_in(park, [pair]).facts[pair.key]
    row = firms["quarry"]
    client_of(people["quarry"]).post(f"/p/p/firms/{row.pk}/edit", fields_of(row, disclosure="private"))
    assert FirmRow.objects.get(pk=row.pk).values["disclosure"] == "private"
    now = {code: FirmRow.objects.get(pk=firm.pk) for code, firm in firms.items()}
    assert view(pair, f, "donor", State(1, 1), levels_now([f], now), "en")["quantity"] == ""
    page = client_of(people["zollern"]).get("/p/p/opportunities/").content.decode()
    assert "being renewed" in page
    assert " kt/a" not in main_of(client_of(people["zollern"]).get(f"/p/p/opportunities/{pair.pk}/"))


def test_a_view_is_the_same_whatever_hides_behind_it(made, pair):
    """Metamorphic: what a firm sees at step 1 does not change with what the other told, within class and bands."""
    park, firms, _ = made
    f = found_in(park, [pair]).facts[pair.key]
    levels = levels_now([f], firms)
    low, high = band(f["quantity"][1])
    other = f | {
        "place": 99, "score": 0.01, "rank": [7, 80], "components": {}, "rival_count": 5, "rivals": [], "quantity": [low, (low + high) / 2.1, high],
        "receiver": f["receiver"] | {"name": "Somebody else", "industry": "4620"}, "demand": f["demand"] and f["demand"] | {"amount": [1, 2, 3]},
        "gains": {}, "reasons": [], "remedies": [], "questions": [], "checks": [], "months": [1] * 12, "treatment": [], "way": "similar", "types": [],
        "prices": {"supply": [], "demand": [[1, "CNY/t"]]}, "content": {}, "limits": [], "bounded": False, "fit": "possible",
    }  # fmt: skip
    assert view(pair, f, "donor", State(1, 3), levels, "en") == view(pair, other, "donor", State(1, 3), levels, "en")


def test_a_firms_list_is_ordered_filtered_and_counted_by_what_it_shows(made):
    """Whatever differs behind views that show the same changes neither order nor filters."""
    rows = [
        {"id": f"{n}", "side": "donor", "step": 1, "unit": "t/a", "quantity_low": low, "distance_up_to": km, "stream": "slag", "replaces": "x"}
        for n, (low, km) in enumerate(itertools.product((None, 10.0, 20.0), (None, 5.0, 50.0)))
    ]  # fmt: skip
    ordered = [r["id"] for r in sorted(rows, key=order_of)]
    loud = [r | {"score": 9 - n, "place": n, "true": 1e9 - n} for n, r in enumerate(rows)]
    loud.reverse()
    assert [r["id"] for r in sorted(loud, key=order_of)] == ordered
    assert [r["quantity_low"] for r in filter_views(rows, {"least": "15"})] == [20.0] * 3
    assert len(filter_views(rows, {"least": "x", "side": "z", "unit": "kg"})) == len(rows)
    assert filter_views(rows, {"side": "receiver"}) == []


def test_the_filter_for_quantities_cannot_ask_for_what_a_band_hides(made, pair):
    """Asking with ever finer bounds finds the end of the band, and not the number in it."""
    _, _, people = made
    client = client_of(people["zollern"])
    shown = client.get(f"/api/v1/parks/p/opportunities/{pair.pk}").json()[0]

    def there(least):
        rows = client.get(f"/api/v1/parks/p/opportunities?least={least}").json()["rows"]
        return str(pair.pk) in {r["id"] for r in rows}

    low = shown["quantity_low"]
    assert there(low)
    assert not there(low * 1.0001)


def test_classes_name_no_material_alone():
    names = {m.code: m.names() for m in materials() if not m.group}
    by_class = {}
    for code in names:
        for lang in ("en", "zh"):
            by_class.setdefault((lang, class_name(code, lang)), set()).add(code)
    assert all(len(codes) >= LEAST_CLASS for codes in by_class.values())


def test_ids_tell_nothing(made):
    park, _, _ = made
    for handle in Opportunity.objects.filter(park=park):
        assert handle.pk.version == 4


def test_a_facilitator_sees_everything(made, pair):
    _, _, people = made
    client = client_of(people["facilitator"])
    page = main_of(client.get("/p/p/opportunities/"))
    assert "Zollern Ironworks" in page
    assert "Quarrystone Binders" in page
    page = main_of(client.get(f"/p/p/opportunities/{pair.pk}/"))
    assert "312" in page
    assert "What it rests on" in page
    assert re.search(r'href="/p/p/firms/\d+/flows/\d+/"', page)
    assert client.get("/p/p/opportunities/?donor=third&least=1e9").status_code == 200
    form = client.get(re.search(r'href="(/p/p/board/add[^"]*)"', page)[1].replace("&amp;", "&")).content.decode()
    assert "granulated blast furnace slag" in form
    assert re.findall(r'<option value="[^"]*" selected>([^<]*)</option>', form), "donor and receiver are filled in"
    zh = main_of(
        client_of(people["facilitator"], headers={"Accept-Language": "zh-CN"}).get(f"/p/p/opportunities/{pair.pk}/")
    )
    assert "数据依据" in zh


def test_filters_of_a_facilitator(made):
    park, _, _ = made
    facts = list(found_in(park, Opportunity.objects.filter(park=park)).facts.values())
    assert len(facts) >= 3
    assert [f["place"] for f in facts] == sorted(f["place"] for f in facts)
    for name, read in (
        ("donor", lambda f: f["donor"]["code"]),
        ("way", lambda f: f["way"]),
        ("unit", lambda f: f["unit"]),
    ):
        value = read(facts[-1])
        assert filter_facts(facts, {name: value}) == [f for f in facts if read(f) == value]
    least = sorted(f["quantity"][1] for f in facts)[len(facts) // 2]
    assert all(f["quantity"][1] >= least for f in filter_facts(facts, {"least": str(least)}))
    best = filter_facts(facts, {"best": "1"})
    assert len({(f["donor"]["code"], f["stream"]) for f in best}) == len(best)


def test_consent_by_the_library_of_the_page(made, pair):
    _, _, people = made
    scope = scope_of(people["zollern"], "p")
    set_consent(scope, pair, "donor", 2, 0, people["zollern"])
    set_consent(scope, pair, "donor", 2, 1, people["zollern"])
    assert Consent.objects.count() == 1, "the same answer twice is one"
    set_consent(scope, pair, "donor", 3, 1, people["zollern"])
    assert state_of(pair) == State(3, 1, 3)
    with pytest.raises(Conflict):
        set_consent(scope, pair, "donor", 1, 1, people["zollern"])
    with pytest.raises(ValueError):
        set_consent(scope, pair, "receiver", 1, 3, people["zollern"])


def test_opportunities_keep_their_addresses_and_consents_when_found_again(made, pair, fields_of):
    park, firms, people = made
    agree(client_of(people["zollern"]), pair, "donor", 2, 0)
    row = FirmRow.objects.get(pk=firms["third"].pk)
    client_of(people["third"]).post(f"/p/p/firms/{row.pk}/edit", fields_of(row, note="x"))
    client_of(people["facilitator"]).get("/p/p/opportunities/")
    before = set(Opportunity.objects.filter(park=park).values_list("pk", "key"))
    worker.run_waiting()
    assert set(Opportunity.objects.filter(park=park).values_list("pk", "key")) == before
    assert state_of(pair).donor == 2


def test_a_firm_that_is_removed_takes_its_opportunities_along(made, pair):
    _, firms, people = made
    client = client_of(people["facilitator"])
    client.post(f"/p/p/firms/{firms['quarry'].pk}/remove", {"version": "1"})
    assert not FirmRow.objects.filter(pk=firms["quarry"].pk).exists()
    assert client.get(f"/p/p/opportunities/{pair.pk}/").status_code == 404
    page = main_of(client_of(people["zollern"]).get("/p/p/opportunities/"))
    assert "Quarrystone" not in page
    table = main_of(client.get("/p/p/opportunities/")).split("<tbody>")[1].split("</tbody>")[0]
    assert "Quarrystone" not in table, "the pictures are of then, and say so"


def test_an_empty_park_says_what_to_do_next(db):
    _, _, people = world_of(Inventory((Firm("zollern", "Z", "3110"), Firm("quarry", "Q", "3011"), Firm("third", "T", "1713")), (), (
        flow("third", "", "out", "product", "sewage sludge", 1, fate="sold"),)))  # fmt: skip
    for person in ("facilitator", "zollern"):
        assert 'class="empty"' in client_of(people[person]).get("/p/p/opportunities/").content.decode()


def test_the_first_search_is_waited_for(world):
    for person in ("facilitator", "steel"):
        page = world.client(person).get("/p/one/opportunities/").content.decode()
        assert "computed for the first time" in page
        assert '<meta http-equiv="refresh"' in page
    assert "/jobs/" not in world.client("steel").get("/p/one/opportunities/").content.decode()


def test_the_api_speaks_of_jobs(made):
    _, _, people = made
    client = client_of(people["facilitator"])
    rows = client.get("/api/v1/parks/p/jobs").json()["rows"]
    assert [(r["kind"], r["state"]) for r in rows] == [("opportunities", "done")]
    one = client.get(f"/api/v1/parks/p/jobs/{rows[0]['id']}").json()
    assert one["result"]["count"] > 0
    assert client.post(f"/api/v1/parks/p/jobs/{rows[0]['id']}/stop").status_code == 409
    assert client.post(f"/api/v1/parks/p/jobs/{rows[0]['id']}/again").status_code == 409
    assert client_of(people["zollern"]).get("/api/v1/parks/p/jobs").status_code == 404


def test_the_api_takes_consent(made, pair):
    _, _, people = made
    client = client_of(people["quarry"])
    path = f"/api/v1/parks/p/opportunities/{pair.pk}/consent"
    ok = client.put(path, json.dumps({"side": "receiver", "step": 2, "seen": 0}), content_type="application/json")
    assert ok.status_code == 200
    assert ok.json()[0]["own_consent"] == 2
    late = client.put(path, json.dumps({"side": "receiver", "step": 3, "seen": 0}), content_type="application/json")
    assert late.status_code == 409


def placed(inventory, at):
    """Return an inventory whose firms are where ``at`` says."""
    firms = tuple(replace(f, place=Place(*at[f.id], "WGS84", at[f.id])) if f.id in at else f for f in inventory.firms)
    return replace(inventory, firms=firms)


PLACES = {"zollern": (26.5, 106.6), "quarry": (26.6, 106.8), "third": (26.7, 106.7)}


def values_of(page):
    """Return the values that a page draws its map from; ``None`` where it has no map."""
    found = re.search(r'<script id="map-values" type="application/json">(.*?)</script>', page.content.decode())
    return found and json.loads(found[1])


def test_the_map_shows_what_the_filter_leaves_and_leads_there(db):
    park, firms, people = world_of(placed(two_firms(), PLACES))
    client = client_of(people["facilitator"])
    values = values_of(client.get("/p/p/opportunities/"))
    assert {p["id"]: (p["lat"], p["lon"]) for p in values["points"]} == PLACES
    slag = next(line for line in values["lines"] if (line["from"], line["to"]) == ("zollern", "quarry"))
    shown = Opportunity.objects.filter(park=park, donor=firms["zollern"], receiver=firms["quarry"])
    assert {url for _, url in slag["items"]} == {f"/p/p/opportunities/{o.pk}/" for o in shown}
    assert values["of"] == len({(line["from"], line["to"]) for line in values["lines"]})
    for point in values["points"]:
        assert client.get(f"{values['firms']}{point['pk']}/").status_code == 200
        for _, url in values["links"]:
            assert client.get(url + point["id"]).status_code == 200
    left = values_of(client.get("/p/p/opportunities/?donor=third"))
    assert left is None or {line["from"] for line in left["lines"]} == {"third"}
    assert values_of(client.get("/p/p/opportunities/?donor=zollern"))["lines"] == [
        line for line in values["lines"] if line["from"] == "zollern"
    ]


def test_a_firm_without_a_place_is_on_no_map(db):
    _, _, people = world_of(placed(two_firms(), {"zollern": PLACES["zollern"]}))
    client = client_of(people["facilitator"])
    values = values_of(client.get("/p/p/opportunities/"))
    assert [p["id"] for p in values["points"]] == ["zollern"]
    assert values["lines"] == []


@pytest.mark.parametrize("path", ["/p/p/", "/p/p/opportunities/"])
def test_a_firm_gets_no_map_of_the_others(db, path):
    _, _, people = world_of(placed(two_firms(), PLACES))
    page = client_of(people["zollern"]).get(path)
    assert values_of(page) is None
    assert "106.8" not in page.content.decode()


def test_the_map_of_a_large_park_is_made_in_the_background(db, monkeypatch):
    _, _, people = world_of(placed(two_firms(), PLACES))
    client = client_of(people["facilitator"])
    at_once = values_of(client.get("/p/p/"))
    monkeypatch.setattr("lichen.web.overview.LARGE", 1)
    assert values_of(client.get("/p/p/")) is None
    assert worker.run_waiting() == 1
    assert values_of(client.get("/p/p/")) == at_once
    assert len(at_once["points"]) == 3
