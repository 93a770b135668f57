"""The library in the browser: every entry of every kind with its sources, found by words in both languages."""

import pytest

from lichen.knowledge.read import knowledge
from lichen.web.knowledge import KINDS, entries, found, lines, related
from lichen.web.models import StudyFile


@pytest.mark.parametrize("person", ["steel", "facilitator", "administrator", "auditor"])
def test_everybody_of_a_park_reads_it(world, person):
    client = world.client(person)
    for kind in KINDS:
        page = client.get(f"/p/one/knowledge/?kind={kind}").content.decode()
        assert page.count("/knowledge/entry?kind=") >= 10


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_entry_can_be_shown(lang):
    from lichen import errors

    base = knowledge()
    with errors.language(lang):
        for kind in KINDS:
            listed = entries(base, kind, lang)
            assert len(listed) == len({"type": base.types, "case": base.cases, "technology": base.technologies,
                                       "standard": base.standards}[kind])  # fmt: skip
            for entry in listed:
                said = lines(base, kind, entry.id)
                assert said[0][1]
                assert all(text for _, text in said)
                for other in related(base, kind, entry.id, lang):
                    assert lines(base, other.kind, other.id) is not None


def test_an_entry_names_its_sources(world):
    page = world.client("steel").get("/p/one/knowledge/entry?kind=type&id=ggbs-cement").content.decode()
    assert "UK Cementitious Slag Makers Association" in page
    assert "second hand" in page
    assert "kind=case&amp;id=kawasaki" in page


@pytest.mark.parametrize(("query", "wanted"), [("高炉渣", "ggbs-cement"), ("blast furnace slag", "ggbs-cement"), ("Kalundborg", "kalundborg"),
                                               ("GB 175", "GB 175"), ("granulation", "granulation")])  # fmt: skip
def test_search(world, query, wanted):
    page = world.client("steel").get("/p/one/knowledge/", {"q": query}).content.decode()
    assert wanted in page


@pytest.mark.parametrize("query", ["", "%", "' OR 1=1", "x" * 500, "\u0000", "<script>", "。"])
def test_search_for_anything(world, query):
    answer = world.client("steel").get("/p/one/knowledge/", {"q": query})
    assert answer.status_code == (400 if "\0" in query else 200)
    assert "<script" not in answer.content.decode()


def test_what_is_not_there(world):
    for query in ("", "?kind=type", "?kind=type&id=nothing", "?kind=source&id=x", "?id=ggbs-cement"):
        assert world.client("steel").get(f"/p/one/knowledge/entry{query}").status_code == 404
    assert found(knowledge(), "qqqqzzzz", "en") == []


def test_a_studys_own_entries_are_seen_by_who_works_on_it(world):
    head = "id,name_en,name_zh,donor,receiver,stream,replaces,sources"
    row = "own-idea,Secret idea of the park,园区自有构想,3120,3011,slag.bf.granulated,cement.clinker,Park office 2020"
    StudyFile.objects.create(park=world.one, path="knowledge/exchange_types.csv", content=f"{head}\n{row}\n".encode())
    page = world.client("facilitator").get("/p/one/knowledge/?q=Secret+idea+of+the+park").content.decode()
    own = "Secret idea" in page.split("<table", 1)[-1]
    for person in ("steel", "auditor"):
        assert "Secret idea" not in world.client(person).get("/p/one/knowledge/").content.decode()
    assert own


def test_own_entries_that_are_wrong_hide_nothing_else(world):
    StudyFile.objects.create(park=world.one, path="knowledge/exchange_types.csv", content=b"x,y\n1,2\n")
    page = world.client("facilitator").get("/p/one/knowledge/").content.decode()
    assert page.count("/knowledge/entry?kind=") >= 50
