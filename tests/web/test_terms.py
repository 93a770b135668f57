"""Agreed terms of an exchange: a form, the API, their history, and who sees them."""

import hashlib
import io
import zipfile

import pytest
from django.utils import timezone, translation

from lichen.monitor import read_follow_up
from lichen.web.followed_models import Exchange, FollowRow
from lichen.web.models import Change, Consent, Opportunity, Park
from lichen.web.studies import export_study, new_park
from lichen.web.templatetags.lichen import settings_told

NAME = "steel>slag.bf.granulated>cement"
TERMS = {
    "start": "2026", "end": "2030", "price": "20", "price unit": "元/吨", "price_low": "15", "price_high": "25",
    "adjustment": "other index", "index": "cement price index", "quantity": "8", "quantity unit": "万吨/年", "low": "6",
    "source": "contract 7-2026", "note": "moisture below 10 %",
}  # fmt: skip
SECRETS = ("contract 7-2026", "moisture below", "cement price index")


@pytest.fixture
def slag(world):
    """Return an exchange of a design between steelworks and cement works, with terms that the facilitator wrote down."""
    row = Exchange.objects.create(park=world.one, key="slag", title="Slag", donor=world.firms["steel"],
                                  receiver=world.firms["cement"], origin=NAME)  # fmt: skip
    answer = world.client("facilitator").post("/p/one/follow/new?of=terms", {"exchange": "slag", **TERMS})
    assert answer.status_code == 302, answer.content.decode()
    assert answer["Location"] == f"/p/one/board/{row.pk}/"
    return row


def consent(world, step, *firms):
    key = hashlib.sha256(NAME.encode()).hexdigest()
    ends = {"donor": world.firms["steel"], "receiver": world.firms["cement"]}
    handle, _ = Opportunity.objects.get_or_create(park=world.one, key=key, defaults=ends)
    for firm in firms:
        Consent.objects.create(
            park=world.one, opportunity=handle, firm=world.firms[firm], step=step, by=world.people[firm]
        )


def pages(row):
    told, firm = FollowRow.objects.get(entity="terms"), Exchange.objects.get(pk=row.pk).donor_id
    return {
        "exchange": f"/p/one/board/{row.pk}/", "follow": "/p/one/follow/",
        "register": "/p/one/follow/register?of=terms", "form": f"/p/one/follow/{told.pk}/",
        "workbook": "/p/one/follow/register.xlsx?of=terms", "report": "/p/one/reports/follow-up",
        "report workbook": "/p/one/reports/follow-up.xlsx", "firm": f"/p/one/firms/{firm}/report",
        "committee": "/p/one/reports/committee", "sustainability": "/p/one/reports/sustainability",
        "api exchange": f"/api/v1/parks/one/board/{row.pk}", "api rows": "/api/v1/parks/one/register?of=terms",
        "api row": f"/api/v1/parks/one/register/{told.pk}", "history": "/p/one/history/", "audit": "/p/one/audit/",
    }  # fmt: skip


def shown(client, row):
    """Return the pages that tell something of the terms."""
    found = {}
    for name, path in pages(row).items():
        found[name] = client.get(path).content
        if found[name].startswith(b"PK"):
            with zipfile.ZipFile(io.BytesIO(found[name])) as book:
                found[name] = b" ".join(map(book.read, book.namelist()))
    return {name for name, text in found.items() if any(secret.encode() in text for secret in SECRETS)}


@pytest.mark.parametrize(("lang", "words"), [
    ("en", ("20 CNY/t (15 – 25) at prices of 2026", "8 ×10⁴ t/a (6 – …)", "from 2026 to 2030", "in force")),
    ("zh", ("20 元/吨 (15 – 25)（2026 年价格）", "8 万吨/年 (6 – …)", "2026 至 2030", "有效")),
])  # fmt: skip
def test_terms_stand_on_the_page_of_their_exchange(world, slag, lang, words):
    page = world.client("facilitator", headers={"accept-language": lang}).get(pages(slag)["exchange"]).content.decode()
    for text in (*words, "contract 7-2026", "moisture below 10 %"):
        assert text in page


def test_firms_see_terms_only_where_both_consent_to_prices(world, slag):
    everywhere = shown(world.client("facilitator"), slag)
    assert everywhere >= {"exchange", "follow", "register", "form", "workbook", "report", "api row"}
    firms = [world.client(name) for name in ("steel", "cement")]
    for given in ((2, "steel", "cement"), (3, "steel")):
        Consent.objects.all().delete()
        consent(world, *given)
        assert [shown(firm, slag) for firm in firms] == [set(), set()]
        for firm in firms:
            assert FollowRow.objects.get().pk not in {r["id"] for r in firm.get(pages(slag)["api rows"]).json()["rows"]}
            assert firm.get(pages(slag)["form"]).status_code == 404
    Consent.objects.all().delete()
    consent(world, 3, "steel", "cement")
    for firm in firms:
        seen = shown(firm, slag)
        assert seen >= {"exchange", "follow", "register", "form", "workbook", "api exchange", "api row"}
        assert not seen & {"history", "committee", "audit"}  # who wrote what when stays with the park
        assert firm.post(pages(slag)["form"], {"exchange": "slag", **TERMS, "version": "1"}).status_code == 404
        assert firm.post("/p/one/follow/new?of=terms", {"exchange": "slag", **TERMS}).status_code == 404
    Consent.objects.filter(firm=world.firms["cement"]).update(ended=timezone.now())
    assert [shown(firm, slag) for firm in firms] == [set(), set()]


def test_nobody_else_sees_terms(world, slag):
    consent(world, 3, "steel", "cement")
    Exchange.objects.update(named=True)
    for name in ("administrator", "auditor", "stranger", "foreigner", "nobody", "anonymous"):
        assert shown(world.client(name), slag) == set(), name
    # a firm of another exchange of the same park
    Exchange.objects.create(park=world.one, key="other", title="O", donor=world.firms["steel"], named=True)
    Exchange.objects.filter(pk=slag.pk).update(donor=world.firms["shop"])
    assert shown(world.client("steel"), slag) == set()


@pytest.mark.parametrize(("origin", "named", "seen"), [("", True, True), ("workshop of May", True, True),
                                                       ("", False, False), (NAME, True, False)])  # fmt: skip
def test_where_there_is_no_opportunity_the_facilitator_says_that_they_know_each_other(world, slag, origin, named, seen):
    Exchange.objects.update(origin=origin, named=named)
    assert bool(shown(world.client("steel"), slag)) is seen
    page = world.client("steel").get(pages(slag)["exchange"]).content.decode()
    assert ("shown here once both firms consent" in page) is not seen


@pytest.mark.parametrize(
    ("change", "field"),
    [({"price": "", "quantity": "", "low": ""}, "price"), ({"end": "2025"}, "end"), ({"price_low": "30"}, "price_low"),
     ({"price unit": ""}, "price unit"), ({"start": ""}, "start"), ({"source": ""}, "source"),
     ({"start": "2028", "end": "2040"}, "start"), ({"price": "a lot"}, "price")],
)  # fmt: skip
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_what_is_wrong_stands_at_its_field_and_nothing_is_written(world, slag, change, field, lang):
    client = world.client("facilitator", headers={"accept-language": lang})
    # other days than those of the terms there are, unless the days are what is wrong
    other = {**TERMS, "start": "2031", "end": "2035", **change}
    answer = client.post("/p/one/follow/new?of=terms", {"exchange": "slag", **other})
    assert answer.status_code == 422
    entries = answer.context["entries"]
    assert field in {e.key for e in entries if e.problems} | {e.unit.key for e in entries if e.unit and e.unit.problems}
    assert FollowRow.objects.filter(entity="terms").count() == 1
    sent = client.post("/api/v1/parks/one/register?of=terms", {"values": {"exchange": "slag", **other}},
                       "application/json")  # fmt: skip
    assert sent.status_code == 422
    assert field in {p["field"] for p in sent.json()["problems"]}


def test_changes_have_a_history_and_two_at_once_lose_nothing(world, slag):
    client, row = world.client("facilitator"), FollowRow.objects.get()
    path = f"/p/one/follow/{row.pk}/"
    changed = {"exchange": "slag", **TERMS, "price": "22", "version": "1"}
    assert client.post(path, changed).status_code == 302
    assert client.post(path, {**changed, "price": "23"}).status_code == 409
    told = Change.objects.filter(entity="terms", field="price")
    assert [(c.before, c.after) for c in told] == [("", "20"), ("20", "22")]
    history = client.get(path).content.decode()
    assert '<h2 id="history">' in history
    assert '<td class="nowrap">browser</td>' in history
    read = client.get("/p/one/history/", headers={"accept-language": "zh"}).content.decode()
    assert "<td>随其他指数</td>" in read
    assert '<td class="nowrap">浏览器</td>' in read
    assert "other index" not in read
    api = f"/api/v1/parks/one/register/{row.pk}"
    assert client.put(api, {"values": {"exchange": "slag", **TERMS}}, "application/json",
                      headers={"If-Match": '"2"'}).json()["version"] == 3  # fmt: skip
    assert client.get(f"/api/v1/parks/one/board/{slag.pk}").json()["terms"][0]["values"]["price"] == 20
    assert client.delete(api, headers={"If-Match": '"3"'}).status_code == 204
    assert client.get(f"/api/v1/parks/one/board/{slag.pk}").json()["terms"] == []


def test_terms_go_out_with_the_study_and_come_back(world, slag, tmp_path):
    handle = Opportunity.objects.create(park=world.one, key=hashlib.sha256(NAME.encode()).hexdigest(),
                                        donor=slag.donor, receiver=slag.receiver)  # fmt: skip
    Exchange.objects.update(origin=str(handle.pk))  # it came from the page of an opportunity
    export_study(world.one, tmp_path / "out")
    (terms,) = read_follow_up(tmp_path / "out").terms
    assert (terms.exchange, terms.price, terms.price_unit, terms.low) == ("slag", 20, "元/吨", 6)
    # the id of a row here means nothing elsewhere: the exchange goes out with the name that a design gives it
    assert f"slag,Slag,,steel,cement,no,{NAME}" in (tmp_path / "out" / "follow-up" / "parties.csv").read_text()
    back = new_park("back", "Back", tmp_path / "out")
    (row,) = FollowRow.objects.filter(park=back, entity="terms")
    assert row.values == FollowRow.objects.get(park=world.one, entity="terms").values
    assert Exchange.objects.get(park=back).origin == NAME
    assert Park.objects.count() == 3


def test_terms_of_a_design_that_come_with_a_study_make_an_exchange_between_its_firms(world, tmp_path):
    export_study(world.one, tmp_path / "out")
    (tmp_path / "out" / "follow-up").mkdir(exist_ok=True)
    (tmp_path / "out" / "follow-up" / "terms.csv").write_text(
        f"exchange,start,price,price unit,source\n{NAME},2026,20,CNY/t,contract 7\n", encoding="utf-8"
    )
    back = new_park("back", "Back", tmp_path / "out")
    row = Exchange.objects.get(park=back)
    assert (row.donor.code, row.receiver.code, row.origin, row.named) == ("steel", "cement", NAME, False)


def test_what_came_from_a_design_is_not_put_on_the_board_again_from_its_opportunity(world, slag):
    consent(world, 2, "steel")
    handle = Opportunity.objects.get(key=hashlib.sha256(NAME.encode()).hexdigest())
    answer = world.client("facilitator").get(f"/p/one/board/add?exchange={handle.pk}&title=Slag")
    assert answer["Location"] == f"/p/one/board/{slag.pk}/"


@pytest.mark.parametrize(
    ("text", "shown"), [("5000 万元", "5000 ×10⁴ CNY"), ("60 CNY/tCO2", "60 CNY/tCO2"), ("60", "60"), ("6%", "6 %")]
)
def test_amounts_of_a_run_are_told_in_units_of_the_language(text, shown):
    with translation.override("en"):
        assert settings_told({"budget": text}) == [("Budget", shown)]
