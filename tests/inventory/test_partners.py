"""Who gives what to whom."""

from dataclasses import replace

from lichen.figures import Figure
from lichen.inventory.partners import firms_by_name, handovers, partner_of
from lichen.inventory.values import Firm, Flow, Inventory


def flow(firm, direction, code, partner="", fate="", given=""):
    return Flow(
        firm,
        "",
        direction,
        "by-product",
        code,
        given or code,
        Figure(1, "t/a", "measured", "x"),
        2012,
        fate=fate,
        partner=partner,
    )


PARK = Inventory(
    (Firm("a", "Alpha Works", "31"), Firm("b", "乙厂", "30"), Firm("c", "Twin", "30"), Firm("d", "twin", "30"))
)
KNOWN = firms_by_name(PARK)


def test_partners_are_known_by_code_or_name_and_never_guessed():
    assert partner_of(flow("a", "out", "slag.steel.bof", "b"), KNOWN) == "b"
    assert partner_of(flow("a", "out", "slag.steel.bof", "乙厂"), KNOWN) == "b"
    assert partner_of(flow("b", "in", "slag.steel.bof", "alpha works"), KNOWN) == "a"
    assert partner_of(flow("a", "out", "slag.steel.bof", "Alpha"), KNOWN) == ""
    assert partner_of(flow("a", "out", "slag.steel.bof", "Twin"), KNOWN) == ""
    assert partner_of(flow("a", "out", "slag.steel.bof", fate="sold"), KNOWN) == ""


def test_reuse_on_site_stays_in_the_firm():
    assert partner_of(flow("a", "out", "slag.steel.bof", fate="reused on site"), KNOWN) == "a"
    assert partner_of(flow("a", "out", "slag.steel.bof", "b", "reused on site"), KNOWN) == "b"


def test_a_handover_joins_both_sides_through_the_hierarchy_of_materials():
    flows = (
        flow("a", "out", "slag.steel.bof", "b"), flow("a", "out", "slag.steel.eaf", "b"), flow("b", "in", "slag.steel", "a"),
        flow("a", "out", "scrap.steel", "b"), flow("a", "in", "water.fresh", "outside"),
        flow("a", "out", "metal.iron.pig", "a"), flow("a", "in", "metal.iron.pig", "a"),
    )  # fmt: skip
    slag, scrap, iron = handovers((flows[2], *flows[:2], *flows[3:]), KNOWN)
    assert slag.material == "slag.steel"
    assert len(slag.out) == 2
    assert slag.both_tell
    assert not slag.internal
    assert not scrap.both_tell
    assert iron.internal
    assert iron.both_tell


def test_names_outside_the_vocabulary_match_as_they_are_written():
    out, into = flow("a", "out", "", "b", given="Mystery dust"), flow("b", "in", "", "a", given="mystery dust")
    (found,) = handovers((out, into), KNOWN)
    assert found.both_tell
    assert found.material == "Mystery dust"
    assert len(handovers((out, replace(into, given="other dust")), KNOWN)) == 2
