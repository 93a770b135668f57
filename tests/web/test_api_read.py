"""What the API tells beside rows: knowledge, attention, warnings, histories, consents, workbooks."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from asking import ask
from lichen.inventory.workbook import write_inventory
from lichen.knowledge.read import knowledge
from lichen.web.models import Audit, Consent, FlowRow, StudyFile, Upload
from lichen.web.rows import whole
from lichen.web.run_models import CostRow

KNOWLEDGE = "/parks/one/knowledge"
COST = {"item": "disposal", "key": "slag.bf.granulated", "value": "20", "low": "", "high": "", "unit": "CNY/t",
        "kind": "reported", "source": "contract", "year": "2023", "note": ""}  # fmt: skip


def rows_of(content):
    """Return the texts of a workbook, sheet by sheet."""
    from python_calamine import CalamineWorkbook

    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def test_entries_of_a_kind_in_both_languages(world):
    found = ask(world.client("auditor"), "get", f"{KNOWLEDGE}?kind=case&limit=1000").json()
    cases = knowledge().cases
    assert found["count"] == len(cases) == len(found["rows"])
    for row in found["rows"]:
        assert row["name"] == {lang: cases[row["id"]].name.text(lang) for lang in ("en", "zh")}
    every = ask(world.client("steel"), "get", f"{KNOWLEDGE}?limit=1").json()
    assert every["count"] > found["count"]


@pytest.mark.parametrize(
    ("q", "wanted"), [("高炉渣", "ggbs-cement"), ("blast furnace slag", "ggbs-cement"), ("GB 175", "GB 175")]
)
def test_words_are_looked_for(world, q, wanted):
    found = ask(world.client("steel"), "get", f"{KNOWLEDGE}?q={q}").json()
    assert any(wanted in row["id"] or wanted in row["name"]["en"] for row in found["rows"])
    kinds = {row["kind"] for row in ask(world.client("steel"), "get", f"{KNOWLEDGE}?q={q}&kind=type").json()["rows"]}
    assert kinds <= {"type"}


def test_an_entry_with_its_sources(world):
    told = ask(world.client("steel"), "get", f"{KNOWLEDGE}/entry?kind=type&id=ggbs-cement").json()
    assert "UK Cementitious Slag Makers Association" in str(told["lines"]["en"])
    assert told["name"]["en"] != told["name"]["zh"]
    assert len(told["lines"]["en"]) == len(told["lines"]["zh"])
    assert ("case", "kawasaki") in {(one["kind"], one["id"]) for one in told["related"]}
    for query, status in (
        ("kind=type&id=none", 404),
        ("kind=firm&id=x", 422),
        ("kind=case", 422),
        ("kind=case&id=%00", 400),
    ):
        assert ask(world.client("steel"), "get", f"{KNOWLEDGE}/entry?{query}").status_code == status


def test_own_entries_are_seen_by_who_works_on_the_study(world):
    head = "id,name_en,name_zh,donor,receiver,stream,replaces,sources"
    row = "own-idea,Secret idea,园区自有构想,3120,3011,slag.bf.granulated,cement.clinker,Park office 2020"
    StudyFile.objects.create(park=world.one, path="knowledge/exchange_types.csv", content=f"{head}\n{row}\n".encode())
    entry = f"{KNOWLEDGE}/entry?kind=type&id=own-idea"
    told = ask(world.client("facilitator"), "get", entry).json()
    assert told["name"] == {"en": "Secret idea (own-idea)", "zh": "园区自有构想 (own-idea)"}
    for person in ("steel", "auditor"):
        assert ask(world.client(person), "get", entry).status_code == 404
        listed = ask(world.client(person), "get", f"{KNOWLEDGE}?kind=type&limit=1000").json()
        assert "own-idea" not in {row["id"] for row in listed["rows"]}


def test_what_needs_attention_is_what_the_page_says(world):
    from lichen.web.attention import attention
    from lichen.web.overview import overview
    from lichen.web.policy import scope_of

    for person in ("facilitator", "steel"):
        told = ask(world.client(person), "get", "/parks/one/attention").json()
        scope = scope_of(world.people[person], "one")
        shown = attention(scope, overview(scope), "en")
        assert [(p["key"], p["count"]) for p in told["points"]] == [
            (s.key.removeprefix("attention_"), s.count) for s in shown
        ]
        assert [[r["text"] for r in p["rows"]] for p in told["points"]] == [
            [text for text, _ in s.shown] for s in shown
        ]
    assert ask(world.client("auditor"), "get", "/parks/one/attention").json() == {
        "year": None, "points": [], "being_renewed": False,
    }  # fmt: skip
    assert ask(world.client("facilitator"), "get", "/parks/one/attention?year=1999").json()["year"] is None
    assert ask(world.client("stranger"), "get", "/parks/one/attention").status_code == 404


def test_figures_of_a_year(world):
    client, year = world.client("facilitator"), FlowRow.objects.first().year
    assert ask(client, "get", f"/parks/one?year={year}").json() == ask(client, "get", "/parks/one").json()
    assert ask(client, "get", "/parks/one?year=1999").json()["mass_in"] is None


def test_warnings_name_their_rows(world):
    firm, client, row = world.firms["steel"], world.client("steel"), world.flow(world.firms["steel"], role="fuel")
    assert ask(client, "get", f"/parks/one/firms/{firm.pk}/warnings").json() == []
    values = {"values": row.values | {"material": "unobtainium"}}
    assert ask(client, "put", f"/parks/one/firms/{firm.pk}/flows/{row.pk}", values, 1).status_code == 200
    told = ask(client, "get", f"/parks/one/firms/{firm.pk}/warnings").json()
    assert ("inventory.unknown_material", "flow", row.pk) in {(w["code"], w["entity"], w["row"]) for w in told}
    assert "unobtainium" in str(told)
    assert ask(world.client("cement"), "get", f"/parks/one/firms/{firm.pk}/warnings").status_code == 404


def test_flows_that_fit(world):
    client = world.client("facilitator")
    every = ask(client, "get", "/parks/one/flows?limit=1000").json()["rows"]
    for key, value in (("direction", "in"), ("role", "fuel"), ("quality", "measured")):
        found = ask(client, "get", f"/parks/one/flows?{key}={value}").json()
        assert found["count"] == sum(row["values"].get(key) == value for row in every)
    assert 0 < ask(client, "get", "/parks/one/flows?q=slag").json()["count"] < len(every)
    assert ask(client, "get", "/parks/one/flows?q=zzz").json()["count"] == 0


def test_histories_are_apart(world):
    facilitator, administrator = world.client("facilitator"), world.client("administrator")
    made = ask(facilitator, "post", "/parks/one/costs", {"values": COST})
    assert made.status_code == 201, made.content
    row = world.flow(world.firms["steel"], role="fuel")
    values = {"values": row.values | {"quantity": 455.5}}
    ask(facilitator, "put", f"/parks/one/firms/{row.firm_id}/flows/{row.pk}", values, 1)
    costs = ask(administrator, "get", "/parks/one/costs/history").json()
    assert {c["entity"] for c in costs["rows"]} == {"cost"}
    assert costs["count"] >= 5
    assert ask(administrator, "get", "/parks/one/settings/history").json()["count"] == 0
    assert ask(administrator, "get", "/parks/one/history").status_code == 404
    assert {c["entity"] for c in ask(facilitator, "get", "/parks/one/history").json()["rows"]} == {"cost", "flow"}
    assert ask(facilitator, "get", "/parks/one/history?q=granulated").json()["count"] == costs["count"]
    assert ask(world.client("steel"), "get", "/parks/one/costs/history").status_code == 404


def test_consents_are_of_own_firms_or_of_both(world):
    path = f"/parks/one/opportunities/{world.shared.pk}/consents"
    for name in ("steel", "cement"):
        Consent.objects.create(
            park=world.one, opportunity=world.shared, firm=world.firms[name], step=2, by=world.people[name]
        )
    assert [c["firm"] for c in ask(world.client("facilitator"), "get", path).json()] == ["steel", "cement"]
    own = ask(world.client("steel"), "get", path).json()
    assert [(c["firm"], c["step"], c["by"], c["ended"]) for c in own] == [("steel", 2, "Steel", "")]
    other = f"/parks/one/opportunities/{world.others.pk}/consents"
    assert ask(world.client("steel"), "get", other).status_code == 404


def test_costs_come_and_go_as_a_workbook(world):
    client = world.client("facilitator")
    sent = ",".join(COST) + "\n" + ",".join(COST.values()) + "\n"

    def send(content, **more):
        return client.post("/api/v1/parks/one/costs/table", {"file": SimpleUploadedFile("costs.csv", content), **more})

    assert send(sent.encode()).json() == {"rows": 1, "changed": 1, "problems": []}
    book = client.get("/api/v1/parks/one/costs/workbook")
    assert any("contract" in map(str, row) for rows in rows_of(book.content).values() for row in rows)
    wrong = send(sent.replace("20", "lots").encode())
    assert wrong.status_code == 422
    assert wrong.json()["problems"][0]["severity"] == "error"
    assert CostRow.objects.get().values["value"] == "20"
    other = sent.replace("slag.bf.granulated", "ash.fly.coal")
    assert send(other.encode(), whole="true").json()["changed"] == 2
    assert CostRow.objects.get().values["key"] == "ash.fly.coal"
    assert set(Audit.objects.filter(action__startswith="costs").values_list("action", flat=True)) == {
        "costs sent",
        "costs exported",
    }
    assert world.client("steel").get("/api/v1/parks/one/costs/workbook").status_code == 404
    shipped = client.get("/api/v1/parks/one/costs/shipped").json()
    assert all(row["source"] and row["value"] for row in shipped)
    assert len(shipped) > 10


def test_surveys_of_ones_own_and_their_workbooks(world, tmp_path):
    client = world.client("steel")
    assert rows_of(client.get("/api/v1/parks/one/surveys/template").content)
    told = rows_of(client.get("/api/v1/parks/one/inventory").content)
    names = [row[1] for rows in told.values() for row in rows[1:] if row[0] in ("steel", "cement", "shop")]
    assert "Steelworks" in names
    assert "Cement works" not in names
    assert Audit.objects.filter(action="inventory exported", by=world.people["steel"]).count() == 1
    write_inventory(whole(world.one), tmp_path / "all.xlsx", "en")
    with (tmp_path / "all.xlsx").open("rb") as file:
        made = client.post("/api/v1/parks/one/surveys", {"file": file}).json()
    listed = client.get("/api/v1/parks/one/surveys").json()
    assert [(u["id"], u["name"]) for u in listed["rows"]] == [(made["id"], "all.xlsx")]
    assert rows_of(client.get(f"/api/v1/parks/one/surveys/{made['id']}/marked").content)
    assert world.client("facilitator").get("/api/v1/parks/one/surveys").json()["count"] == 0
    assert world.client("facilitator").get(f"/api/v1/parks/one/surveys/{made['id']}/marked").status_code == 404
    Upload.objects.update(content=b"\0")
    assert client.get(f"/api/v1/parks/one/surveys/{made['id']}/marked").status_code == 404


# --- what every part refuses alike ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("path", "module"),
    [("surveys", "api_files"), ("costs/table", "api_costs"), ("register/table?of=measure", "api_follow"),
     ("settlement", "api_runs")],
)  # fmt: skip
def test_a_file_that_is_too_large_is_refused_and_not_kept(world, monkeypatch, path, module):
    monkeypatch.setattr(f"lichen.web.{module}.LARGEST", 2**20)
    sent = SimpleUploadedFile("s.csv", b"x" * (2**20 + 1))
    answer = world.client("facilitator").post(f"/api/v1/parks/one/{path}", {"file": sent})
    assert (answer.status_code, answer.json()["detail"]) == (422, "more than 1 MiB")
    assert not Upload.objects.exists()


@pytest.mark.parametrize("path", ["firms", "costs", "register?of=target", "board/{exchange}/events"])
def test_keys_that_are_not_known_are_named(world, path):
    client = world.client("facilitator")
    if "exchange" in path:
        made = ask(client, "post", "/parks/one/board", {"title": "Slag", "date": "2026-01"}).json()
        path = path.format(exchange=made["id"])
    answer = ask(client, "post", f"/parks/one/{path}", {"values": {"nothing": "1", "never": "2"}})
    assert (answer.status_code, answer.json()["detail"]) == (422, "unknown keys: never, nothing")
