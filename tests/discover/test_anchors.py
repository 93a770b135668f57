"""Missing firms: who could take most of what nobody uses."""

from discoveries import CEMENT, STEEL, bought, firm, kind, park, replaced, slag
from lichen.discover.anchors import anchors, missing_donors
from lichen.discover.streams import demands, supplies
from lichen.discover.values import Span
from lichen.knowledge.values import CITY
from parks import flow


def missing(inventory, *types):
    return anchors(supplies(inventory, 2012), inventory.firms, types)


ALONE = (firm("steel", STEEL), firm("other", "31"))


def test_a_kind_of_firm_that_is_there_is_not_missing():
    assert missing(park(slag()), kind()) == ()
    assert missing(park(slag(), firms=(firm("steel", STEEL), firm("x", "30"))), kind()) == ()
    assert missing(park(slag(), firms=(firm("steel", STEEL), firm("x", "3011"))), kind(receivers=["30"])) == ()
    (one,) = missing(park(slag(), firms=(firm("steel", STEEL), firm("x", "3012"))), kind())
    assert (one.industry, one.types, one.donors, one.total) == (CEMENT, ("t",), ("steel",), Span(95, 100, 105))


def test_streams_count_once_however_many_types_know_them():
    ash = flow("steel", "", "out", "waste", "coal fly ash", 30, fate="landfill")
    inventory = park(slag(100), slag(40, who="other"), ash, firms=ALONE)
    (one,) = missing(inventory, kind("a"), kind("b", donors=["31"]), kind("c", streams=["ash.fly.coal", "slag.steel"]))
    assert one.types == ("a", "b", "c")
    assert {m: s.value for m, s in one.takes.items()} == {"slag.steel": 140, "ash.fly.coal": 30}
    assert list(one.takes) == ["slag.steel", "ash.fly.coal"]
    assert one.total.value == 170
    assert one.donors == ("steel", "other")


def test_those_that_could_take_most_come_first_and_ties_go_by_code():
    ash = flow("steel", "", "out", "waste", "coal fly ash", 30, fate="landfill")
    found = missing(
        park(slag(), ash, firms=ALONE), kind("a", receivers=["3012", "2614"], streams=["ash.fly.coal"]), kind("b")
    )
    assert [(a.industry, a.total.value) for a in found] == [(CEMENT, 100), ("2614", 30), ("3012", 30)]


def test_what_is_used_or_not_in_tonnes_or_of_another_sector_does_not_count():
    heat = flow("steel", "", "out", "heat", "low-pressure steam", 5, "GJ/a")
    inventory = park(slag(fate="sold"), heat, bought("limestone", 4), firms=ALONE)
    assert missing(inventory, kind(), kind("h", streams=["heat.steam"])) == ()
    assert (
        missing(
            park(slag(), firms=ALONE), kind(donors=["3011"]), kind(streams=["slag.steel.eaf"]), kind(receivers=[CITY])
        )
        == ()
    )
    assert missing(park(firms=()), kind()) == ()
    assert len(missing(park(slag(who="other"), firms=ALONE), kind())) == 1


def test_missing_donors_are_those_that_could_stand_in_for_what_is_bought():
    firms = (firm("cement", CEMENT),)
    inventory = park(bought("cement clinker", 800), bought("limestone", 90), firms=firms)
    types = (
        kind("slag", replaces=[replaced("cement.clinker")]),
        kind("own", donors=(CEMENT,), replaces=[replaced("mineral.limestone")]),
    )
    found = missing_donors(demands(inventory, 2012), firms, types)
    (steel,) = found
    assert (steel.industry, steel.types, steel.donors) == (STEEL, ("slag",), ("cement",))
    assert {m: s.value for m, s in steel.takes.items()} == {"cement.clinker": 800}
    both = (*firms, firm("steel", STEEL))
    assert missing_donors(demands(inventory, 2012), both, types) == ()
