"""Runs by the API: asked for, shown to firms, compared, run again, with the lines of the audit that the pages write."""

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from appraisals import ADDED, newcomer, study, threshold
from asking import API, ask
from lichen.web import worker
from lichen.web.models import Audit, FirmRow, Job, Membership, Park, Role, User
from lichen.web.run_models import Run
from lichen.web.studies import new_park
from workbench import client_of

GUIYANG = Path(__file__).parents[2] / "examples" / "guiyang"
PARK = "/parks/small"


@pytest.fixture
def small(db, tmp_path):
    """Return a park of a power station and a cement works, and browsers of its facilitator and of a firm."""
    park = new_park("small", "Small", study(tmp_path / "small", settings=threshold(high=0.5, code="energy")))
    users = {
        name: User.objects.create_user(f"{name}@example.org", name=name.title()) for name in ("facilitator", "power")
    }
    Membership.objects.create(park=park, user=users["facilitator"], role=Role.FACILITATOR)
    Membership.objects.create(
        park=park, user=users["power"], role=Role.FIRM, firm=FirmRow.objects.get(park=park, code="power")
    )
    return {name: client_of(user) for name, user in users.items()}


def done(client, path, body):
    answer = ask(client, "post", f"{PARK}{path}", body)
    assert answer.status_code == 202, answer.content
    assert worker.run_waiting() == 1
    return answer.json()["id"]


def lines(action):
    return list(Audit.objects.filter(action=action).order_by("id").values_list("about", flat=True))


def test_firms_are_shown_their_part_and_it_is_taken_back(small):
    client, run = small["facilitator"], done(small["facilitator"], "/designs", {"name": "D", "years": 10})
    path = f"{PARK}/runs/{run}"
    assert ask(small["power"], "get", path).status_code == 404
    assert ask(small["power"], "put", f"{path}/shown", {"shown": True}).status_code == 404
    for _ in range(2):
        assert ask(client, "put", f"{path}/shown", {"shown": True}).json()["shown_to_firms"] is True
    assert ask(small["power"], "get", path).json()["result"]
    assert ask(client, "put", f"{path}/shown", {"shown": False}).json()["shown_to_firms"] is False
    assert ask(small["power"], "get", path).status_code == 404
    assert lines("design released") == lines("design taken back") == [f"D #{run[:8]}"]


def test_designs_side_by_side(small):
    client = small["facilitator"]
    runs = [done(client, "/designs", {"name": name, "years": years}) for name, years in (("Ten", 10), ("Twenty", 20))]
    query = "&".join(f"run={run}" for run in runs)
    told = ask(client, "get", f"{PARK}/compare?{query}").json()
    assert told["runs"] == runs
    assert told["figures"]["gain"] == [pytest.approx(Run.objects.get(pk=run).result["gain"] / 1e6) for run in runs]
    assert told["exchanges"]
    assert all(len(row["amounts"]) == 2 for row in told["exchanges"])
    assert ask(client, "get", f"{PARK}/compare?{query}&{query}&run={runs[0]}").status_code == 422
    assert ask(client, "get", f"{PARK}/compare").status_code == 422
    assert ask(small["power"], "get", f"{PARK}/compare?{query}").status_code == 404
    foreign = Job.objects.create(
        park=Park.objects.create(slug="other", name="Other"), kind="design", about="x", state="done"
    )
    assert ask(client, "get", f"{PARK}/compare?run={foreign.pk}").json()["runs"] == []


def test_a_run_is_stopped_run_again_appraised_and_removed(small):
    client = small["facilitator"]
    asked = ask(client, "post", f"{PARK}/designs", {"name": "Long"}).json()["id"]
    assert ask(client, "delete", f"{PARK}/runs/{asked}").status_code == 204
    assert ask(client, "get", f"{PARK}/runs/{asked}").json()["state"] == "cancelled"
    again = ask(client, "post", f"{PARK}/runs/{asked}/again")
    assert again.status_code == 202
    run = again.json()["id"]
    assert worker.run_waiting() == 1
    assert ask(client, "post", f"{PARK}/runs/{run}/again").status_code == 409
    appraisal = done(client, f"/runs/{run}/appraisals", {"paid_by": "receiver"})
    assert Run.objects.get(pk=appraisal).params["paid_by"] == "receiver"
    assert ask(client, "put", f"{PARK}/runs/{appraisal}/shown", {"shown": True}).status_code == 409
    assert ask(client, "post", f"{PARK}/runs/{run}/appraisals", {"paid_by": "city"}).status_code == 422
    assert ask(client, "delete", f"{PARK}/runs/{appraisal}").status_code == 204
    assert lines("job stopped") == [f"design #{asked[:8]}"]
    assert lines("appraisal started") == [f"Long #{appraisal[:8]}"]
    assert lines("run removed") == [f"appraisal Long #{appraisal[:8]}"]


def test_page_and_api_ask_alike(small):
    client = small["facilitator"]
    page = client.post("/p/small/designs/new", {"name": "Page"})["Location"].split("/runs/")[1][:36]
    api = ask(client, "post", f"{PARK}/designs", {"name": "API"}).json()["id"]
    assert lines("design started") == [f"Page #{page[:8]}", f"API #{api[:8]}"]
    assert {**Run.objects.get(pk=page).params, "name": ""} == {**Run.objects.get(pk=api).params, "name": ""}


def test_a_newcomer_is_checked_and_not_taken_in(small, tmp_path):
    client, url = small["facilitator"], f"{API}{PARK}/settlement"
    sent = SimpleUploadedFile("brick.xlsx", newcomer(tmp_path).read_bytes())
    asked = client.post(url, {"file": sent, "value_added": f"{ADDED.value:g} 万元/a"})
    assert asked.status_code == 202, asked.content
    assert worker.run_waiting() == 1
    told = ask(client, "get", f"{PARK}/runs/{asked.json()['id']}").json()
    assert (told["state"], [f["id"] for f in told["result"]["firms"]]) == ("done", ["brick"])
    assert not FirmRow.objects.filter(code="brick").exists()
    wrong = client.post(url, {"land": "wide"})
    assert wrong.status_code == 422
    assert wrong.json()["problems"][0]["field"] == "land"
    assert client.post(url).status_code == 202  # only what the park looks for
    assert small["power"].post(url).status_code == 404
    assert lines("settlement started")[0] == f"brick.xlsx #{asked.json()['id'][:8]}"


def test_what_a_scenario_is_made_of(small):
    guiyang = new_park("guiyang", "Guiyang", GUIYANG)
    person = User.objects.create_user("g@example.org")
    Membership.objects.create(park=guiyang, user=person, role=Role.FACILITATOR)
    client = client_of(person)
    told = ask(client, "get", "/parks/guiyang/scenarios").json()
    assert {"BAU2012", "UIS2012"} <= {step["id"] for step in told["scenarios"]}
    picks = {one["id"]: one for one in told["exchanges"]}
    assert picks["steel-slag-cement"]["unit"] == "t/a"
    body = {"name": "S", "reference": told["reference"], "quantities": {"steel-slag-cement": "60 kt/a"}}
    assert ask(client, "post", "/parks/guiyang/scenarios", body).status_code == 202
    Membership.objects.create(park=Park.objects.create(slug="none", name="None"), user=person, role=Role.FACILITATOR)
    none = ask(client, "get", "/parks/none/scenarios")
    assert none.status_code == 422
    assert "economy" in none.json()["detail"]
    assert ask(client, "get", "/parks/guiyang/scenarios?design=00000000-0000-4000-8000-000000000000").status_code == 422
    assert ask(small["facilitator"], "get", "/parks/guiyang/scenarios").status_code == 404
