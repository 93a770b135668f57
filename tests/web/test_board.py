"""The exchange board: events that the library checked, a log that is only added to, documents, who sees what of it."""

import datetime
import hashlib
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, transaction
from django.utils import timezone

from lichen.web import board, documents
from lichen.web.followed import followed
from lichen.web.followed_models import Document, Exchange, FollowRow, LogRow
from lichen.web.models import Audit, Consent, FirmRow, Opportunity, Park
from lichen.web.policy import scope_of

PDF = b"%PDF-1.4 minutes"


@pytest.fixture
def slag(world):
    """Return an exchange of the steelworks and the cement works that the facilitator put on the board."""
    client = world.client("facilitator")
    answer = client.post("/p/one/board/add", {
        "title": "Slag for cement", "title_zh": "矿渣用于水泥", "donor": world.firms["steel"].pk,
        "receiver": world.firms["cement"].pk, "exchange": "opportunity 12", "date": "2026-01"})  # fmt: skip
    assert answer.status_code == 302
    return Exchange.objects.get()


def address(row):
    return f"/p/one/board/{row.pk}/"


def write(client, row, **values):
    return client.post(address(row), {"date": "2026-02-01", "state": "contact", **values})


def send(client, row, name="minutes.pdf", content=PDF, **more):
    return client.post(f"{address(row)}documents", {"file": SimpleUploadedFile(name, content), **more})


def test_an_exchange_comes_from_an_opportunity_once(world, slag):
    assert (slag.key, slag.origin) == ("opportunity-12", "opportunity 12")
    again = world.client("facilitator").post("/p/one/board/add", {"title": "Slag", "exchange": "opportunity 12"})
    assert again["Location"] == address(slag)
    assert Exchange.objects.count() == 1
    page = world.client("facilitator").get("/p/one/board/add?exchange=design-7&donor=steel&title=Ash").content.decode()
    assert 'value="design-7"' in page
    assert f'<option value="{world.firms["steel"].pk}" selected>' in page


def test_an_opportunity_comes_to_the_board_once_under_a_name_that_people_can_read(world):
    client = world.client("facilitator")
    for handle, key in ((world.shared, "bof-slag"), (world.others, "bof-slag-2")):
        link = f"/p/one/board/add?exchange={handle.pk}&title=BOF slag&donor=steel&receiver=cement"
        page = client.get(link).content.decode()
        assert f'name="key" value="{key}"' in page
        given = {"title": "BOF slag", "key": key, "origin": str(handle.pk), "donor": world.firms["steel"].pk,
                 "receiver": world.firms["cement"].pk}  # fmt: skip
        assert client.post("/p/one/board/add", given).status_code == 302
        row = Exchange.objects.get(key=key)
        page = client.get(address(row)).content.decode()
        assert f'href="/p/one/opportunities/{handle.pk}/"' in page
        assert str(handle.pk) not in re.sub(r"<[^>]+>", "", page), "nobody reads ids"
        assert client.get(link)["Location"] == address(row)
        assert client.post("/p/one/board/add", given | {"key": "again"})["Location"] == address(row)
    assert Exchange.objects.count() == 2


@pytest.mark.parametrize("given", [{}, {"title": "x" * 201}, {"title": "a", "key": "b\u0007"}, {"title": "a", "key": "c" * 121},
                                   {"title": "a", "donor": "999999"}, {"title": "a", "date": "3/4/2026"},
                                   {"title": "Slag for cement", "key": "opportunity-12"}])  # fmt: skip
def test_what_cannot_be_put_on_the_board(world, slag, given):
    answer = world.client("facilitator").post("/p/one/board/add", given)
    assert answer.status_code == 422
    assert Exchange.objects.count() == 1


def test_a_firm_of_another_park_takes_no_part(world):
    given = {"title": "a", "donor": world.foreign["steel"].pk}
    assert world.client("facilitator").post("/p/one/board/add", given).status_code == 422


def test_donor_and_receiver_are_two_firms(world):
    given = {"title": "a", "donor": world.firms["steel"].pk, "receiver": world.firms["steel"].pk}
    assert world.client("facilitator").post("/p/one/board/add", given).status_code == 422


def test_an_event_moves_the_exchange(world, slag):
    client = world.client("facilitator")
    assert write(client, slag, owner="Li", next_step="visit", due="2026-03").status_code == 302
    (card,) = board.cards(scope_of(world.people["facilitator"], "one"), datetime.date(2026, 4, 10))
    assert (card.state, card.standing.owner, card.late) == ("contact", "Li", 10)
    page = client.get("/p/one/board/").content.decode()
    assert "card late" in page
    assert "visit" in page
    assert "Slag for cement" in client.get("/p/one/board/?view=table&late=yes&state=contact&owner=Li").content.decode()
    assert "No exchange fits" in client.get("/p/one/board/?q=nothing").content.decode()
    assert "矿渣用于水泥" in client.get("/p/one/board/", headers={"Accept-Language": "zh"}).content.decode()


@pytest.mark.parametrize(("values", "says"), [
    ({"state": "idea", "date": "2026-03-01"}, "reason"), ({"state": "stopped"}, "may come"), ({"date": "soon"}, "soon"),
    ({"date": ""}, "empty"), ({"state": "wonder"}, "wonder"), ({"due": "tomorrow"}, "tomorrow"),
    ({"note": "x" * 501}, "500"),
])  # fmt: skip
def test_what_the_library_finds_wrong_stands_at_its_field(world, slag, values, says):
    client = world.client("facilitator")
    write(client, slag)
    before = LogRow.objects.count()
    answer = write(client, slag, **values)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert 'class="problem error"' in page
    assert says in page
    assert LogRow.objects.count() == before


def test_a_step_back_with_a_reason_and_being_taken_up_again(world, slag):
    client = world.client("facilitator")
    for values in ({}, {"state": "idea", "date": "2026-03", "note": "no kiln"}, {"state": "rejected", "date": "2026-04", "note": "x"},
                   {"state": "contact", "date": "2026-05", "note": "new kiln"}):  # fmt: skip
        assert write(client, slag, **values).status_code == 302
    assert board.card(scope_of(world.people["facilitator"], "one"), slag).state == "contact"


def test_the_log_is_only_added_to(world, slag):
    for attempt in (lambda: LogRow.objects.update(values={}), lambda: LogRow.objects.all().delete()):
        with pytest.raises(DatabaseError), transaction.atomic():
            attempt()


def test_a_firm_sees_its_own_exchanges_and_of_unshared_events_the_state_alone(world, slag):
    facilitator, steel = world.client("facilitator"), world.client("steel")
    write(
        facilitator,
        slag,
        note="the cement works is short of money",
        next_step="ask the bank",
        due="2026-03",
        owner="Li",
    )
    write(facilitator, slag, date="2026-02-10", note="secret remark")
    write(facilitator, slag, date="2026-02-20", note="both meet on Monday", shared="yes")
    page = steel.get(address(slag)).content.decode()
    assert "both meet on Monday" in page
    assert "contact" in page
    for hidden in ("short of money", "ask the bank", "secret remark", "Cement works"):
        assert hidden not in page, hidden
        assert hidden not in steel.get("/p/one/board/?view=table").content.decode()
        assert hidden not in str(followed(scope_of(world.people["steel"], "one")))
    shown = followed(scope_of(world.people["steel"], "one")).standings[0]
    assert shown.state == "contact"
    other = Exchange.objects.create(
        park=world.one, key="other", title="Ash to the brickworks", donor=world.firms["cement"]
    )
    assert "Ash to the brickworks" not in steel.get("/p/one/board/").content.decode()
    assert steel.get(address(other)).status_code == 404


@pytest.mark.parametrize("come_from", ["page", "design"])
def test_partners_see_each_other_while_both_agree_to_names(world, slag, come_from):
    name = "steel>slag.bf.granulated>cement"
    handle = Opportunity.objects.create(
        park=world.one, key=hashlib.sha256(name.encode()).hexdigest(), donor=slag.donor, receiver=slag.receiver
    )
    Exchange.objects.filter(pk=slag.pk).update(origin=str(handle.pk) if come_from == "page" else name)
    steel, partner = world.client("steel"), world.firms["cement"].name

    def agreed(firm, step):
        Consent.objects.create(
            park=world.one, opportunity=handle, firm=world.firms[firm], step=step, by=world.people[firm]
        )

    agreed("steel", 3)
    assert partner not in steel.get(address(slag)).content.decode()
    agreed("cement", 2)
    assert partner in steel.get(address(slag)).content.decode()
    assert partner in steel.get("/p/one/board/?view=table").content.decode()
    other = Exchange.objects.create(park=world.one, key="other", title="Ash", donor=slag.donor, receiver=slag.receiver)
    assert partner not in steel.get(address(other)).content.decode()  # what was agreed to was another exchange
    Consent.objects.filter(firm=world.firms["cement"]).update(ended=timezone.now())
    assert partner not in steel.get(address(slag)).content.decode()


def test_partners_see_each_other_once_they_were_told(world, slag):
    steel = world.client("steel")
    name = world.firms["cement"].name
    assert name not in steel.get(address(slag)).content.decode()
    fields = {"title": slag.title, "donor": slag.donor_id, "receiver": slag.receiver_id, "named": "yes", "version": "1"}
    assert world.client("facilitator").post(f"{address(slag)}edit", fields).status_code == 302
    assert name in steel.get(address(slag)).content.decode()
    assert world.client("facilitator").post(f"{address(slag)}edit", fields).status_code == 409


def test_a_firm_adds_notes_and_moves_nothing(world, slag):
    steel = world.client("steel")
    write(world.client("facilitator"), slag)
    assert write(steel, slag, state="agreed", date="2026-03").status_code == 422
    assert write(steel, slag, date="2026-03", note="samples are ready").status_code == 302
    assert board.card(scope_of(world.people["facilitator"], "one"), slag).state == "contact"
    assert "samples are ready" in world.client("cement").get(address(slag)).content.decode()


def test_documents_are_saved_and_never_run(world, slag):
    client = world.client("facilitator")
    send(client, slag, "../../会议 纪要\u202e.pdf")
    found = Document.objects.get()
    assert "/" not in found.name
    assert "\u202e" not in found.name
    answer = client.get(f"{address(slag)}documents/{found.pk}/")
    assert answer.content == PDF
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    path = documents.folder() / found.stored
    assert path.stat().st_mode & 0o077 == 0
    assert documents.folder().stat().st_mode & 0o077 == 0
    assert client.post(f"{address(slag)}documents/{found.pk}/remove").status_code == 302
    assert not path.exists()
    assert Audit.objects.filter(action="document removed", about__contains=found.digest).exists()


@pytest.mark.parametrize(("name", "content"), [
    ("page.html", b"<script>"), ("a.svg", b"<svg"), ("a.exe", b"MZ"), ("a.pdf", b"<html>"), ("a.docx", b"plain"), ("a.txt", b"a\0b"),
    ("a.pdf.js", PDF), ("pdf", PDF), ("a.png", b"\xff\xd8\xff"), ("empty.txt", b""),
])  # fmt: skip
def test_documents_that_are_not_taken(world, slag, name, content):
    before = set(documents.folder().iterdir())
    assert send(world.client("facilitator"), slag, name, content).status_code == 302
    assert not Document.objects.exists()
    assert set(documents.folder().iterdir()) == before


def test_a_document_that_is_too_large(world, slag, monkeypatch):
    monkeypatch.setattr(documents, "LARGEST", 8)
    page = world.client("facilitator").post(
        f"{address(slag)}documents", {"file": SimpleUploadedFile("a.pdf", PDF)}, follow=True
    )
    assert "larger than" in page.content.decode()
    assert not Document.objects.exists()


def test_who_reads_a_document(world, slag):
    steel, cement, facilitator = (world.client(n) for n in ("steel", "cement", "facilitator"))
    send(facilitator, slag, "park.pdf")
    send(facilitator, slag, "both.pdf", shared="yes")
    send(steel, slag, "steel.pdf")
    by_name = {d.name: f"{address(slag)}documents/{d.pk}/" for d in Document.objects.all()}
    for client, sees in ((facilitator, set(by_name)), (steel, {"both.pdf", "steel.pdf"}), (cement, {"both.pdf"})):
        assert {n for n, path in by_name.items() if client.get(path).status_code == 200} == sees
    assert cement.post(by_name["both.pdf"] + "remove").status_code == 404
    assert steel.post(by_name["steel.pdf"] + "remove").status_code == 302
    other = Exchange.objects.create(park=world.one, key="other", title="Ash", donor=world.firms["steel"])
    path = by_name["park.pdf"].replace(f"/board/{slag.pk}/", f"/board/{other.pk}/")
    assert facilitator.get(path).status_code == 404


def test_an_address_is_not_written_into_the_log(world):
    person = world.people["facilitator"]
    person.name = ""
    person.save()
    client = world.client("facilitator")
    given = {"title": "Slag", "donor": world.firms["steel"].pk, "receiver": world.firms["cement"].pk}
    assert client.post("/p/one/board/add", given).status_code == 302
    assert LogRow.objects.get().values["who"] == "facilitator"
    page = client.get(f"/p/one/board/{Exchange.objects.get().pk}/").content.decode()
    assert 'name="who" value="facilitator"' in page


def test_names_stay_text(world):
    client = world.client("facilitator")
    client.post("/p/one/board/add", {"title": "<script>alert(1)</script>", "donor": world.firms["steel"].pk})
    row = Exchange.objects.get()
    write(client, row, note="<img src=x onerror=alert(1)>", owner='"><b>', date="2030")
    for path in ("/p/one/board/", "/p/one/board/?view=table", address(row), "/p/one/follow/", "/p/one/reports/follow-up",
                 "/p/one/reports/committee"):  # fmt: skip
        page = client.get(path).content.decode()
        assert "<script>alert" not in page
        assert "<img src=x" not in page


def test_a_firm_that_goes_leaves_the_exchange(world, slag):
    FirmRow.objects.get(pk=world.firms["cement"].pk).delete()
    assert Exchange.objects.get().receiver is None
    assert world.client("facilitator").get(address(slag)).status_code == 200


def test_an_empty_board_says_what_to_do_next(world):
    assert "Put the first one on it" in world.client("facilitator").get("/p/one/board/").content.decode()
    assert "As soon as your firm takes part" in world.client("steel").get("/p/one/board/").content.decode()
    assert Park.objects.get(slug="one")


def test_titles_and_names_in_the_log_do_not_give_a_partner_away(world):
    facilitator, steel = world.client("facilitator"), world.client("steel")
    steel_firm, cement = world.firms["steel"], world.firms["cement"]
    facilitator.post("/p/one/board/add", {
        "title": f"{steel_firm.name} → {cement.name}: slag", "key": f"{steel_firm.code}-slag-{cement.code}", "donor": steel_firm.pk,
        "receiver": cement.pk, "origin": "design 1"})  # fmt: skip
    row = Exchange.objects.get()
    facilitator.post("/p/one/follow/new?of=planned", {
        "exchange": row.key, "year": "2026", "quantity": "10", "quantity unit": "kt/a", "kind": "reported", "source": "plan"})  # fmt: skip
    planned = FollowRow.objects.get()
    paths = ("board/", "board/?view=table", f"board/{row.pk}/", "follow/", "follow/register?of=planned", f"follow/{planned.pk}/",
             f"firms/{steel_firm.pk}/report")  # fmt: skip
    for path in paths:
        page = steel.get(f"/p/one/{path}")
        assert page.status_code == 200
        text = page.content.decode()
        # the firm's own flows name the works it sells to
        told = text if "report" not in path else text.split("flows in")[0]
        assert cement.name not in told, path
        assert row.key not in told, path
        assert "a partner" in told, path
    Exchange.objects.update(named=True)
    assert cement.name in steel.get("/p/one/board/").content.decode()


@pytest.mark.parametrize("lang", ["en", "zh-CN"])
def test_the_page_of_an_exchange_is_sound(world, slag, lang):
    facilitator = world.client("facilitator", headers={"Accept-Language": lang})
    write(facilitator, slag, owner="Li", next_step="visit", due="2026-03")
    send(facilitator, slag)
    for client in (facilitator, world.client("steel", headers={"Accept-Language": lang})):
        text = client.get(address(slag)).content.decode()
        assert f'<html lang="{lang}">' in text
        assert len(re.findall("<h1", text)) == 1
        assert not re.search(r"<script|<style|\sstyle=|\son\w+=", text)
        labels = set(re.findall(r'<label for="([^"]+)"', text))
        for field in re.findall(r"<(?:input|select|textarea)[^>]*>", text):
            if 'type="hidden"' not in field and "aria-label=" not in field:
                assert re.search(r'id="([^"]+)"', field)[1] in labels, field
        ids = re.findall(r'\sid="([^"]+)"', text)
        assert len(ids) == len(set(ids))
