"""Follow-up: registers with forms, files and pasted rows; problems at their cells; what a firm sees; studies in and out."""

import io
import shutil
import zipfile
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from follow_ups import FULL
from lichen.monitor.read import read_follow_up
from lichen.sheets import read_sheets
from lichen.study.follow import run_follow
from lichen.web.followed import followed
from lichen.web.followed_models import Exchange, FollowRow, LogRow
from lichen.web.models import Audit, Change, Park
from lichen.web.policy import scope_of
from lichen.web.store import Origin
from lichen.web.studies import export_study, import_study

EXAMPLE = Path(__file__).parents[2] / "examples" / "guiyang"
HEADS = ("firm", "measure", "category", "state", "year", "investment", "investment unit", "saving", "saving unit",
         "co2", "co2 unit", "kind", "source")  # fmt: skip
CATEGORIES = ("drives", "pumps", "compressed air", "cooling and ventilation", "management")


def measures(count=108, firm=None):
    """Return a register as it is pasted from a spreadsheet."""
    rows = [
        (firm or f"F{i % 25}", f"measure {i}", CATEGORIES[i % 5], "implemented", 2016, 40 + i, "万元", 30 + i, "万元/年", 200 + i,
         "tCO2/a", "reported", "audit") for i in range(count)
    ]  # fmt: skip
    return "\n".join("\t".join(map(str, row)) for row in (HEADS, *rows))


def paste(client, text, of="measure", **more):
    return client.post(f"/p/one/follow/register?of={of}", {"pasted": text, "answer": "take", **more})


def row(**values):
    return {"firm": "steel", "measure": "new pump", "category": "pumps", "state": "idea", "kind": "estimated", "source": "visit",
            **values}  # fmt: skip


def test_a_register_of_108_measures(world):
    client = world.client("facilitator")
    checked = paste(client, measures(), answer="check")
    assert checked.status_code == 200
    assert not FollowRow.objects.exists()
    assert paste(client, measures()).status_code == 302
    assert FollowRow.objects.filter(entity="measure").count() == 108
    result = followed(scope_of(world.people["facilitator"], "one"))
    assert sum(m.investment for m in result.measures) == pytest.approx(sum(40 + i for i in range(108)) * 1e4)
    page = client.get("/p/one/follow/").content.decode()
    assert "108" in page
    assert "compressed air" in page
    assert Change.objects.filter(entity="measure", what="new", field="firm").count() == 108
    assert Audit.objects.filter(action="register taken over").exists()


def test_the_same_rows_again_change_nothing_and_a_changed_one_changes_itself(world):
    client = world.client("facilitator")
    paste(client, measures())
    versions = dict(FollowRow.objects.values_list("pk", "version"))
    paste(client, measures())
    assert dict(FollowRow.objects.values_list("pk", "version")) == versions
    paste(client, measures().replace("\t40\t万元\t", "\t41.5\t万元\t"))
    assert FollowRow.objects.filter(version=2).count() == 1
    changed = Change.objects.get(what="changed")
    assert (changed.field, changed.before, changed.after) == ("investment", "40", "41.5")


def test_replacing_takes_away_what_the_table_does_not_hold(world):
    client = world.client("facilitator")
    paste(client, measures(5))
    paste(client, measures(3), replace="yes")
    assert FollowRow.objects.count() == 3
    gone = Change.objects.filter(entity="measure", what="gone")
    assert gone.filter(field="firm").exclude(before="").filter(after="").count() == 2, "what went can be read still"


@pytest.mark.parametrize(("wrong", "cell", "says"), [
    (("\tpumps\t", "\tpomps\t"), "C3", "pumps"), (("\treported\taudit", "\treported\t"), "M2", "empty"),
    (("\t万元\t30\t", "\ttonnes\t30\t"), "G2", "tonnes"), (("\t200\ttCO2/a", "\t22.347\ttCO2/a"), "J2", "22.347"),
    (("firm\t", "company\t"), "A1", "Firm"),
])  # fmt: skip
def test_problems_stand_at_their_cells_and_nothing_is_written(world, wrong, cell, says):
    answer = paste(world.client("facilitator"), measures(5).replace(*wrong, 1))
    assert answer.status_code == 422
    page = answer.content.decode()
    assert f">{cell}<" in page.replace(" ", "")
    assert says in page
    assert "measure 3" in page  # what was pasted is still there
    assert not FollowRow.objects.exists()


def test_a_workbook_goes_out_and_in_again(world):
    client = world.client("facilitator")
    paste(client, measures())
    before = list(FollowRow.objects.values_list("values", flat=True))
    for lang in ("en", "zh"):
        book = client.get("/p/one/follow/register.xlsx?of=measure", headers={"Accept-Language": lang}).content
        answer = client.post("/p/one/follow/register?of=measure", {
            "file": SimpleUploadedFile("m.xlsx", book), "answer": "take", "replace": "yes"})  # fmt: skip
        assert answer.status_code == 302
    assert list(FollowRow.objects.values_list("values", flat=True)) == before
    assert not Change.objects.filter(what="changed").exists()


def test_workbooks_hold_no_formulas(world, tmp_path):
    client = world.client("facilitator")
    client.post("/p/one/follow/new?of=measure", row(measure="=1+1", note="@SUM(A1)"))
    for path in ("follow/register.xlsx?of=measure", "reports/follow-up.xlsx"):
        book = client.get(f"/p/one/{path}").content
        with zipfile.ZipFile(io.BytesIO(book)) as archive:
            assert not any(b"<f>" in archive.read(n) for n in archive.namelist() if "worksheets" in n)
    (tmp_path / "m.xlsx").write_bytes(client.get("/p/one/follow/register.xlsx?of=measure").content)
    assert "=1+1" in read_sheets(tmp_path / "m.xlsx")[0].rows[1]


@pytest.mark.parametrize(("name", "content"), [("m.xlsx", b"PK\x03\x04broken"), ("m.csv", b"\xff\xfe\x00"), ("m.exe", b"MZ"),
                                               ("../../m.csv", b"a,b\n1,2")])  # fmt: skip
def test_files_that_are_none(world, name, content):
    answer = world.client("facilitator").post(
        "/p/one/follow/register?of=measure", {"file": SimpleUploadedFile(name, content), "answer": "take"}
    )
    assert answer.status_code == 422
    assert 'class="badge error"' in answer.content.decode()


def test_a_row_by_its_form(world):
    client = world.client("facilitator")
    assert (
        client.post("/p/one/follow/new?of=measure", row(investment="12.5", **{"investment unit": "万元"})).status_code
        == 302
    )
    made = FollowRow.objects.get()
    assert made.values["investment"] == 12.5
    path = f"/p/one/follow/{made.pk}/"
    assert 'value="12.5"' in client.get(path).content.decode()
    fields = {k: str(v) for k, v in made.values.items()}
    assert client.post(path, {**fields, "state": "implemented", "version": "1"}).status_code == 302
    assert FollowRow.objects.get().values["state"] == "implemented"
    late = client.post(path, {**fields, "state": "rejected", "version": "1"})
    assert late.status_code == 409
    assert "implemented" in late.content.decode()
    assert client.post(f"{path}remove", {"version": "1"}).status_code == 409
    assert client.post(f"{path}remove", {"version": "2"}).status_code == 302
    assert not FollowRow.objects.exists()
    told = Change.objects.filter(entity="measure").order_by("id").values_list("what", flat=True)
    assert list(dict.fromkeys(told)) == ["new", "changed", "gone"]


@pytest.mark.parametrize("values", [{}, {"firm": "steel"}, row(investment="12"), row(year="20x6"), row(told="a lot"),
                                    row(source="")])  # fmt: skip
def test_a_form_with_a_fault_says_so_at_the_field(world, values):
    answer = world.client("facilitator").post("/p/one/follow/new?of=measure", values)
    assert answer.status_code == 422
    assert 'class="problem error"' in answer.content.decode()
    assert not FollowRow.objects.exists()


def test_one_plan_a_year(world):
    client = world.client("facilitator")
    Exchange.objects.create(park=world.one, key="slag", title="Slag")
    given = {
        "exchange": "slag",
        "year": "2026",
        "quantity": "10",
        "quantity unit": "kt/a",
        "kind": "reported",
        "source": "contract",
    }
    assert client.post("/p/one/follow/new?of=planned", given).status_code == 302
    assert client.post("/p/one/follow/new?of=planned", given).status_code == 422
    assert (
        client.post("/p/one/follow/new?of=actual", {**given, "quantity": "5000", "quantity unit": "t/a"}).status_code
        == 302
    )
    page = client.get("/p/one/follow/").content.decode()
    assert "50\u00a0%" in page
    assert "10" in page
    assert "50\u00a0%" not in client.get("/p/one/follow/?year=2025").content.decode()


def test_milestones_and_targets(world):
    client = world.client("facilitator")
    client.post("/p/one/follow/new?of=milestone", {"milestone": "kick-off", "due": "2020-01"})
    client.post("/p/one/follow/new?of=target", {
        "indicator": "solid_waste_utilisation", "year": "2012", "direction": "at least", "target": "60", "unit": "%",
        "source": "plan"})  # fmt: skip
    page = client.get("/p/one/follow/").content.decode()
    assert "kick-off" in page
    assert "worked out" in page


def test_a_firm_writes_its_own_measures_alone(world):
    steel = world.client("steel")
    assert paste(steel, measures(3, firm="steel")).status_code == 302
    answer = paste(steel, measures(3, firm="cement"))
    assert answer.status_code == 422
    assert "cement" in answer.content.decode()
    assert steel.post("/p/one/follow/new?of=measure", row(firm="cement")).status_code == 422
    assert steel.post("/p/one/follow/new?of=measure", row()).status_code == 302
    paste(world.client("facilitator"), measures(2, firm="cement"))
    assert FollowRow.objects.filter(about="cement").count() == 2
    paste(steel, measures(1, firm="steel"), replace="yes")
    assert FollowRow.objects.filter(about="cement").count() == 2
    assert FollowRow.objects.filter(about="steel").count() == 1
    page = steel.get("/p/one/follow/register?of=measure").content.decode()
    assert "cement" not in page
    assert len(followed(scope_of(world.people["steel"], "one")).measures) == 1


def test_a_firm_sees_plans_of_its_exchanges_and_no_targets(world):
    for key, firm in (("own", "steel"), ("foreign", "cement")):
        exchange = Exchange.objects.create(park=world.one, key=key, title=f"title of {key}", donor=world.firms[firm])
        for entity in ("planned", "actual", "milestone"):
            FollowRow.objects.create(park=world.one, entity=entity, about=exchange.key, key=key, position=1, values={
                "exchange": key, "year": 2026, "quantity": 10, "quantity unit": "t/a", "kind": "reported", "source": "s",
                "milestone": f"built {key}", "due": "2026"})  # fmt: skip
    steel = world.client("steel")
    for path in ("follow/", "follow/register?of=planned", "follow/register?of=milestone"):
        page = steel.get(f"/p/one/{path}").content.decode()
        assert "own" in page
        assert "foreign" not in page
    assert steel.get("/p/one/follow/register?of=target").status_code == 404
    assert steel.get("/p/one/follow/register?of=event").status_code == 404
    for of in ("planned", "actual", "milestone", "target"):
        assert steel.get(f"/p/one/follow/new?of={of}").status_code == 404
        assert paste(steel, "x", of=of).status_code == 404
    mine = FollowRow.objects.get(entity="planned", about="own")
    assert steel.get(f"/p/one/follow/{mine.pk}/").status_code == 200
    assert steel.post(f"/p/one/follow/{mine.pk}/", {"version": "1"}).status_code == 404


def test_an_empty_register_says_what_to_do_next(world):
    client = world.client("facilitator")
    assert "Nothing is followed yet" in client.get("/p/one/follow/").content.decode()
    for of in ("planned", "actual", "measure", "milestone", "target"):
        assert (
            "The workbook to download has the headings"
            in client.get(f"/p/one/follow/register?of={of}").content.decode()
        )
        assert client.get(f"/p/one/follow/register.xlsx?of={of}").status_code == 200


# --- studies -----------------------------------------------------------------------------------------------------------
@pytest.fixture
def guiyang(db):
    park = Park.objects.create(slug="guiyang", name="Guiyang")
    import_study(park, EXAMPLE, Origin(None, "example"))
    return Park.objects.get(pk=park.pk)


def test_the_state_of_guiyang_in_2018(guiyang):
    from lichen.web.models import Membership, User

    user = User.objects.create_user("a@example.org")
    Membership.objects.create(park=guiyang, user=user, role="facilitator")
    here, there = followed(scope_of(user, "guiyang")), run_follow(EXAMPLE, followed(scope_of(user, "guiyang")).date)
    assert {s.exchange: s.state for s in here.standings} == {s.exchange: s.state for s in there.standings}
    assert [(a.exchange, a.year, a.planned, a.actual, a.verdict) for a in here.lines] == [
        (b.exchange, b.year, b.planned, b.actual, b.verdict) for b in there.lines
    ]
    assert here.names == there.names
    assert here.loaded is not None


def test_a_study_goes_in_and_out_letter_for_letter(guiyang, tmp_path):
    export_study(guiyang, tmp_path / "out")
    files = sorted(p.name for p in (tmp_path / "out" / "follow-up").iterdir())
    assert files == sorted(p.name for p in (EXAMPLE / "follow-up").iterdir())
    for name in files:
        assert (tmp_path / "out" / "follow-up" / name).read_bytes() == (EXAMPLE / "follow-up" / name).read_bytes()


def test_what_changed_goes_out_and_in_again(tmp_path, db):
    """Files with everything in them, a workbook among them, and numbers that could be read in two ways."""
    study = tmp_path / "study"
    shutil.copytree(EXAMPLE / "inventory", study / "inventory")
    (study / "follow-up").mkdir()
    for name, text in FULL.items():
        (study / "follow-up" / name).write_text(text, encoding="utf-8")
    park = Park.objects.create(slug="a", name="A")
    import_study(park, study, Origin(None, "t"))
    planned = FollowRow.objects.filter(entity="planned").first()
    planned.values["quantity"] = 22.347
    planned.save()
    Exchange.objects.filter(key="ash").update(origin="opportunity 3", named=True)
    export_study(park, tmp_path / "out")
    follow = read_follow_up(tmp_path / "out")
    assert follow.planned[0].quantity.value == 22.347
    again = Park.objects.create(slug="b", name="B")
    import_study(again, tmp_path / "out", Origin(None, "t"))
    assert list(FollowRow.objects.filter(park=again).values_list("entity", "values", "key")) == list(
        FollowRow.objects.filter(park=park).values_list("entity", "values", "key")
    )
    assert list(LogRow.objects.filter(park=again).values_list("values", flat=True)) == list(
        LogRow.objects.filter(park=park).values_list("values", flat=True)
    )
    ash = Exchange.objects.get(park=again, key="ash")
    assert (ash.origin, ash.named) == ("opportunity 3", True)


def test_a_study_whose_follow_up_is_wrong_is_refused(tmp_path, db):
    from lichen.errors import FileError

    study = tmp_path / "study"
    shutil.copytree(EXAMPLE / "inventory", study / "inventory")
    (study / "follow-up").mkdir()
    (study / "follow-up" / "events.csv").write_text("exchange,date,state\na,2018,wonder\n", encoding="utf-8")
    with pytest.raises(FileError):
        import_study(Park.objects.create(slug="a", name="A"), study, Origin(None, "t"))
