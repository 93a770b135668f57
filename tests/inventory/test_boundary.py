"""What crosses a firm's boundary."""

import pytest

from lichen.figures import Figure
from lichen.inventory.boundary import crossings
from lichen.inventory.values import Firm, Flow, Inventory

FIRMS = (Firm("a", "Alpha Works", "3110"), Firm("b", "Beta", "3011"))


def flow(
    direction, value, unit="t/a", *, firm="a", material="coke.metallurgical", process="", role="fuel", year=2012, **more
):
    return Flow(
        firm,
        process,
        direction,
        role,
        material,
        material or "stuff",
        Figure(value, unit, "measured", "x"),
        year,
        **more,
    )


def shares(*flows):
    return [c.share for c in crossings(Inventory(FIRMS, (), flows), 2012)]


def test_a_flow_alone_crosses():
    assert shares(flow("in", 5), flow("out", 5, material="slag.steel")) == [1, 1]


@pytest.mark.parametrize("own", ["a", "A", "Alpha Works", "alpha works"])
def test_the_firm_itself_as_partner_is_inside(own):
    (found,) = crossings(Inventory(FIRMS, (), (flow("in", 5, partner=own),)), 2012)
    assert (found.share, found.inside, found.partner, found.named) == (0, True, "", False)


def test_partners_are_found_by_code_or_name_or_are_outside():
    inventory = Inventory(
        FIRMS, (), (flow("in", 1, partner="beta"), flow("in", 1, partner="b"), flow("in", 1, partner="Gamma"))
    )
    found = crossings(inventory, 2012)
    assert [(c.partner, c.named) for c in found] == [("b", True), ("b", True), ("", True)]


def test_a_name_that_two_firms_have_is_somebody_outside():
    firms = (*FIRMS, Firm("c", "Beta", "30"))
    (found,) = crossings(Inventory(firms, (), (flow("in", 1, partner="Beta"),)), 2012)
    assert (found.partner, found.named, found.share) == ("", True, 1)


def test_one_side_told_takes_the_other_along():
    made = flow("out", 60, fate="reused on site")
    assert shares(made, flow("in", 100)) == [0, pytest.approx(0.4)]
    assert shares(made, flow("in", 60)) == [0, 0]
    assert shares(made, flow("in", 40)) == [0, 0]
    assert shares(made, flow("in", 100, partner="b")) == [0, 1]
    assert shares(made, flow("in", 60, partner="a"), flow("in", 40)) == [0, 0, 1]
    assert shares(flow("in", 60, partner="a"), flow("out", 100)) == [0, pytest.approx(0.4)]
    assert shares(flow("in", 60, partner="a"), flow("out", 100, fate="sold")) == [0, 1]


def test_both_open_between_two_processes_stay_inside():
    made, used = flow("out", 100, process="coking"), flow("in", 70, process="furnace")
    assert shares(made, used) == [pytest.approx(0.3), 0]
    assert shares(flow("out", 100, process="coking"), flow("in", 70, process="coking")) == [1, 1]
    assert shares(flow("out", 100), used) == [1, 1]
    told = flow(
        "in", 20, process="foundry", partner="a"
    )  # where the firm tells what stays inside, nothing more is taken
    assert shares(made, used, told) == [pytest.approx(0.8), 1, 0]


def test_units_are_brought_together_and_what_cannot_be_is_left():
    made = flow("out", 60, "t/a", fate="reused on site")
    assert shares(made, flow("in", 120 * 28.435, "GJ/a")) == [0, pytest.approx(0.5)]
    assert shares(
        flow("out", 60, "t/a", material="slag.steel", fate="reused on site", role="by-product"),
        flow("in", 100, "m3/a", material="slag.steel", role="raw material"),
    ) == [0, 1]


def test_firms_materials_and_years_stay_apart():
    made = flow("out", 60, fate="reused on site")
    assert shares(made, flow("in", 60, firm="b")) == [0, 1]
    assert shares(made, flow("in", 60, material="coal.raw")) == [0, 1]
    assert shares(made, flow("in", 60, year=2011)) == [0]
    assert shares(flow("out", 60, material="", fate="reused on site"), flow("in", 60, material="")) == [0, 0]


def test_nothing_made_takes_nothing():
    assert shares(flow("out", 0, fate="reused on site"), flow("in", 0)) == [0, 1]
