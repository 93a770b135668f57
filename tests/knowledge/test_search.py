"""Search and filters: by words in both languages, by codes, materials and cases."""

import pytest

from lichen.errors import LabelError
from lichen.knowledge.read import knowledge
from lichen.knowledge.search import search, select


def ids(text, most=8, **more):
    return [hit.id for hit in search(knowledge(), text, most, **more)]


@pytest.mark.parametrize(
    ("text", "found", "within"),
    [
        ("steel slag", "steel-slag-cement", 2), ("钢渣", "steel-slag-cement", 2), ("鋼渣", "steel-slag-cement", 2),
        ("steel slg", "steel-slag-cement", 3), ("GGBS", "ggbs-cement", 3), ("phosphogypsum", "phosphogypsum-building", 4),
        ("磷石膏", "phosphogypsum-building", 4), ("糖蜜", "molasses-alcohol", 1), ("bagasse", "bagasse-paper", 1),
        ("污泥 水泥窑", "sewage-sludge-cement", 4), ("Kawasaki", "kawasaki", 1), ("柳州", "liuzhou", 1),
        ("Guigang", "guitang", 1), ("starch works", None, 0), ("scrap tires", "tyres-kiln", 3), ("alumina dross", None, 0),
        ("data centre waste heat", "low-heat-city", 1), ("fly ash cement", "fly-ash-cement", 1),
        ("spent pot lining", "spl-cement", 1), ("trust", "kalundborg", 6), ("地下水", "kalundborg", 2),
    ],
)  # fmt: skip
def test_words(text, found, within):
    if found is not None:
        assert found in ids(text)[:within], ids(text)


def test_an_industry_finds_its_types():
    assert "fly-ash-cement" in ids("Cement", most=200)
    assert set(ids("3011", most=200)) >= {"fly-ash-cement", "cement-heat"}
    assert "scrap-steel" in ids("城市", most=200)


def test_hits_are_ranked_and_named_in_the_language():
    hits = search(knowledge(), "waste plastics", 50, "zh")
    assert [h.score for h in hits] == sorted((h.score for h in hits), reverse=True)
    assert all(60 <= h.score <= 100 for h in hits)
    assert len({(h.kind, h.id) for h in hits}) == len(hits)
    assert hits[0].name == knowledge().types[hits[0].id].name.zh
    assert len(search(knowledge(), "waste plastics", 3)) == 3


@pytest.mark.parametrize("text", ["", "  ", "?!", "zzzzqqqq"])
def test_nothing_finds_nothing(text):
    assert search(knowledge(), text) == ()


def test_filters():
    base = knowledge()
    by_donor = {t.id for t in select(base, donor="3120")}
    assert "steel-slag-cement" in by_donor
    assert "steel-steam-chemical" in by_donor  # all of division 31
    assert "fly-ash-cement" not in by_donor
    assert {t.id for t in select(base, donor="31")} > by_donor
    city = select(base, donor="city", receiver="3011")
    assert {t.id for t in city} == {"plastics-kiln", "tyres-kiln", "sewage-sludge-cement"}
    assert {t.id for t in select(base, material="slag")} >= {"ggbs-cement", "steel-slag-cement", "lead-slag-cement"}
    assert "lime-dust" in {t.id for t in select(base, material="cement.lime")}  # replaced, not given
    assert {t.id for t in select(base, case="ulsan", material="heat.steam")} == {
        "incinerator-steam", "refining-steam-paper", "chemical-steam-refinery",
    }  # fmt: skip
    assert len(select(base)) == len(base.types)


@pytest.mark.parametrize("filters", [{"donor": "3199"}, {"receiver": "town"}, {"material": "slag.steal"}])
def test_unknown_codes_are_refused(filters):
    with pytest.raises(LabelError):
        select(knowledge(), **filters)
