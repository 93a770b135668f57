"""The balance: of the park in the background, of a firm's own flows at once; what is at fault leads to its form."""

import json
import re

import pytest

from lichen.errors import Language
from lichen.figures import Text
from lichen.report.flows import flow_context
from lichen.report.texts import Words
from lichen.study.flows import flows_of, run_flows
from lichen.web import worker
from lichen.web.balance import park_balance, plain_values
from lichen.web.models import FlowRow, Job, Park
from lichen.web.rows import whole
from lichen.web.studies import export_study


def text_of(answer):
    return answer.content.decode()


def test_the_library_takes_values_in_place_of_a_folder(world, tmp_path):
    export_study(world.one, tmp_path)
    stored, given = run_flows(tmp_path), flows_of(whole(world.one), Text("One"))
    for lang in Language.__args__:
        one, other = (flow_context(r, Words(lang)) for r in (stored, given))
        one["groups"] = other["groups"] = []
        assert str(one) == str(other)


@pytest.mark.parametrize("lang", ["en", "zh-CN"])
def test_the_parks_balance_is_made_in_the_background(world, lang):
    client = world.client("facilitator", headers={"Accept-Language": lang})
    before = text_of(client.get("/p/one/balance/"))
    assert '<meta http-equiv="refresh"' in before
    assert "<progress" in before
    assert worker.run_waiting() == 1
    after = text_of(client.get("/p/one/balance/"))
    assert "refresh" not in after
    assert "<svg" in after
    assert "Steelworks" in after
    assert not re.search(r"<script|<style|\sstyle=|\son\w+=", re.sub(r"<svg.*?</svg>", "", after, flags=re.S))
    assert ("Reconciliation" if lang == "en" else "协调") in after


def test_pictures_of_the_balance_pass_the_policy_for_styles(world):
    _, pictures = park_balance(world.one, 0)
    assert pictures
    assert not any(re.search(r"<script|<style|\sstyle=|\son\w+=", svg) for svg in pictures.values())


def test_the_balance_is_renewed_when_a_flow_changes_and_the_last_one_is_shown_meanwhile(world, fields_of):
    client = world.client("facilitator")
    client.get("/p/one/balance/")
    worker.run_waiting()
    row = world.flow(world.firms["steel"])
    client.post(f"/p/one/firms/{row.firm_id}/flows/{row.pk}/", fields_of(row, note="looked at again"))
    page = text_of(client.get("/p/one/balance/"))
    assert "being renewed" in page
    assert "<svg" in page
    worker.run_waiting()
    assert "being renewed" not in text_of(client.get("/p/one/balance/"))


def test_a_gross_error_leads_to_its_form(world):
    """The cement works says it took a tenth of the slag that the steelworks says it gave: one of the two is at fault."""
    value, _ = park_balance(world.one, 0)
    keys = {row["key"] for row in value["en"]["reconciled"]}
    assert keys
    assert set(FlowRow.objects.filter(park=world.one, key__in=keys).values_list("key", flat=True)) == keys
    client = world.client("facilitator")
    client.get("/p/one/balance/")
    worker.run_waiting()
    page = text_of(client.get("/p/one/balance/"))
    for row in FlowRow.objects.filter(park=world.one, key__in=keys):
        assert f'href="/p/one/firms/{row.firm_id}/flows/{row.pk}/"' in page


def test_a_firm_sees_its_own_balance_at_once_and_nothing_of_others(world):
    page = text_of(world.client("steel").get("/p/one/balance/"))
    assert "Of your own flows alone" in page
    assert "Steelworks" in page
    for foreign in ("Repair", "clinker", "portland", "1 010", ">206"):
        assert foreign not in page, "what it told itself names its customer, and nothing more"
    assert not Job.objects.filter(kind="balance").exists()
    assert "/jobs/" not in page


def test_a_year_without_flows_says_what_to_do_next(world):
    page = text_of(world.client("facilitator").get("/p/one/balance/?year=1999"))
    assert 'class="empty"' in page
    assert not Job.objects.filter(kind="balance").exists()
    assert 'class="empty"' not in text_of(world.client("facilitator").get("/p/one/balance/?year=x"))


def test_values_are_plain(world):
    value, pictures = plain_values(flows_of(whole(world.one), Text("One")), [2012])
    assert json.loads(json.dumps(value)).keys() == {"year", "years", "en", "zh"}
    assert set(pictures) == {name for lang in ("en", "zh") for _, name, _ in value[lang]["sankeys"]}


def test_a_study_file_that_is_wrong_is_told(world):
    from lichen.web.models import StudyFile

    StudyFile.objects.create(park=world.one, path="study.toml", content=b"[study\n")
    client = world.client("facilitator")
    client.get("/p/one/balance/")
    worker.run_waiting()
    page = text_of(client.get("/p/one/balance/"))
    assert "could not be computed" in page
    job = Job.objects.get(kind="balance")
    assert job.problems
    assert Park.objects.get(pk=world.one.pk).revision == job.revision
