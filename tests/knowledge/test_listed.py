"""Uses that a catalogue lists: every row is sound, is known beside the types, and rests on no case."""

from dataclasses import replace

import pytest

from lichen.knowledge.listed import listed_uses
from lichen.knowledge.read import knowledge
from lichen.knowledge.words import type_lines
from lichen.vocabulary.industries import industry
from lichen.vocabulary.materials import ancestors, material


@pytest.mark.parametrize("one", listed_uses().values(), ids=list(listed_uses()))
def test_a_row_is_sound(one):
    assert one.id.startswith("listed-")
    assert one.name.en[0].isupper()
    assert one.name.zh
    assert one.streams
    assert one.receivers
    for code in one.streams:
        material(code)
        assert not set(ancestors(code)) & set(one.streams), "a code stands beside one above it"
    for code in one.receivers:
        industry(code)
    assert one.donors == ()
    assert one.cases == ()
    assert one.status == "reported"
    assert one.sources[0].key == "vat-catalogue-2022"
    assert list(type_lines(one))


def test_listed_uses_are_known_beside_the_types_and_not_among_them():
    base = knowledge()
    assert base.listed == listed_uses()
    assert not set(base.listed) & set(base.types)
    found = base.known(["steel-slag-cement", "no such", "listed-rubber"])
    assert [item.id for item in found] == ["steel-slag-cement", "listed-rubber"]
    assert replace(base, listed={}).known(["listed-rubber"]) == ()


def test_granulated_slag_is_no_residue_of_the_catalogue():
    assert not [
        one.id for one in listed_uses().values() if {"slag", "slag.bf", "slag.bf.granulated"} & set(one.streams)
    ]
