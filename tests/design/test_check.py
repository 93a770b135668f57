"""Bad networks: every problem is told, with its place and how to mend it, in both languages."""

from dataclasses import replace
from math import inf, nan

import pytest

from lichen.design.build import build
from lichen.design.check import check
from lichen.design.network import Blend, Demand, Facility, Limit, Link, Node, Period, Step, Stream, Supply
from lichen.errors import InputError
from lichen.figures import Figure
from networks import COST, ash_and_cement


def told(network):
    return {(p.code, p.where.key) for p in check(network)}


def with_link(**changes):
    network = ash_and_cement()
    return replace(network, links=(replace(network.links[0], **changes), *network.links[1:]))


def with_mill(**changes):
    network = ash_and_cement()
    return replace(network, facilities=(replace(network.facilities[0], **changes),))


def test_a_good_network_has_no_problem():
    assert told(ash_and_cement()) == set()


@pytest.mark.parametrize(
    ("network", "code", "key"),
    [
        (with_link(capacity=-1.0), "negative", "link east>mill"),
        (with_link(rate=-0.5), "negative", "link east>mill"),
        (with_link(length_km=-3.0), "negative", "link east>mill"),
        (with_link(rate=nan), "not_a_number", "link east>mill"),
        (with_link(least=inf), "not_a_number", "link east>mill"),
        (with_link(least=5.0, capacity=4.0), "contradiction", "link east>mill"),
        (with_link(per_unit={"co2": 1.0}), "missing", "link east>mill"),
        (with_link(per_unit={"cost": None}), "missing", "link east>mill"),
        (with_link(per_unit={"cost": nan}), "not_a_number", "link east>mill"),
        (with_link(per_unit={"cost": Figure(3.0, "t", "assumed", "s")}), "unit", "link east>mill"),
        (with_link(per_unit={"cost": Figure(3.0, "USD/t", "assumed", "s")}), "unit", "link east>mill"),
        (with_link(per_unit={"cost": 1.0, "noise": 1.0}), "unknown", "link east>mill"),
        (with_link(origin="eest"), "unknown", "link east>mill"),
        (with_link(target="east"), "loop", "link east>mill"),
        (with_link(id=""), "doubled", "link"),
        (with_link(id="west>mill"), "doubled", "link"),
        (with_mill(standing=-1.0), "negative", "facility mill"),
        (with_mill(links={}), "empty", "facility mill"),
        (with_mill(links={"grinding": -1.0}), "negative", "facility mill"),
        (with_mill(links={"grindin": 1.0}), "unknown", "facility mill"),
        (with_mill(steps=(), state="kept"), "no_step", "facility mill"),
        (with_mill(steps=(Step("s", -1.0, {"cost": 1.0}),)), "negative", "facility mill, step s"),
        (with_mill(steps=(Step("s", inf, {"cost": 1.0}),)), "not_a_number", "facility mill, step s"),
        (with_mill(steps=(Step("s", 1.0, {}),)), "missing", "facility mill, step s"),
        (with_mill(steps=(Step("s", 1.0, {"cost": 1.0}, least=2.0),)), "contradiction", "facility mill, step s"),
        (replace(ash_and_cement(), limits=(Limit("b", 2.0, 1.0, {"cost": 1.0}),)), "contradiction", "limit b"),
        (replace(ash_and_cement(), limits=(Limit("b", nan, 1.0, {"cost": 1.0}),)), "not_a_number", "limit b"),
        (replace(ash_and_cement(), limits=(Limit("b", high=1.0),)), "empty", "limit b"),
        (replace(ash_and_cement(), limits=(Limit("b", high=1.0, periods=("x",), links={"grinding": 1.0}),)), "unknown", "limit b"),
        (replace(ash_and_cement(), blends=(Blend("b", {"grinding": 1.0}, 0.5, 0.1),)), "contradiction", "blend b"),
        (replace(ash_and_cement(), periods=()), "no_period", ""),
        (replace(ash_and_cement(), periods=(Period("a", times=-1.0),)), "negative", "period a"),
        (replace(ash_and_cement(), measures=(replace(COST, unit="t"), ash_and_cement().measures[1])), "no_currency", "measure cost"),
        (replace(ash_and_cement(), measures=(replace(COST, unit=" "), ash_and_cement().measures[1])), "no_unit", "measure cost"),
        (replace(ash_and_cement(), supplies=(Supply("east", "ash", -4.0, {"cost": 1.0}),)), "negative", "supply east · ash"),
        (replace(ash_and_cement(), supplies=(Supply("east", "ash", (1.0, 2.0)),)), "periods", "supply east · ash"),
        (replace(ash_and_cement(), demands=(Demand("bricks", "ash", 4.0),)), "missing", "demand bricks · ash"),
        (replace(ash_and_cement(), nodes=(*ash_and_cement().nodes, Node("far"))), "idle", ""),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(network, code, key):
    assert (f"design.{code}", key) in told(network)
    for problem in check(network):
        assert problem.mend("en")
        assert problem.mend("zh")


def test_all_is_told_at_once():
    network = with_link(capacity=-1.0, per_unit={"cost": None})
    network = replace(network, limits=(Limit("b", 2.0, 1.0, {"cost": 1.0}),))
    with pytest.raises(InputError) as caught:
        build(network)
    assert {p.code for p in caught.value.problems} == {"design.negative", "design.missing", "design.contradiction"}


def test_unconnected_is_an_error_only_where_something_must_flow():
    network = ash_and_cement()
    lone = (Node("lone"),)
    warned = replace(network, nodes=(*network.nodes, *lone), supplies=(*network.supplies, Supply("lone", "ash", 3.0)))
    assert [(p.code, p.severity) for p in check(warned)] == [("design.unconnected", "warning")]
    build(warned)
    refused = replace(
        network, nodes=(*network.nodes, *lone), demands=(*network.demands, Demand("lone", "ash", 3.0, must=True))
    )
    assert [(p.code, p.severity) for p in check(refused)] == [("design.unconnected", "error")]


def test_links_that_take_more_than_a_plant_holds_contradict_it():
    network = ash_and_cement()
    links = tuple(replace(k, least=130.0) if k.id == "grinding" else k for k in network.links)
    assert ("design.contradiction", "facility mill") in told(replace(network, links=links))


def test_figures_are_converted():
    cheap = Link("k", "east", "mill", "ash", {"cost": Figure(0.2, "万 CNY/kt", "reported", "s"), "co2": 0.0})
    network = ash_and_cement()
    graph = build(
        replace(network, streams=(Stream("ash", "t"), Stream("ground", "t")), links=(cheap, *network.links[1:]))
    )
    assert graph.per_unit[0, 0] == pytest.approx(2.0)
    mill = Facility("mill", {"grinding": 1.0}, (Step("s", 9.0, {"cost": Figure(3.0, "万 CNY", "reported", "s")}),))
    assert build(replace(network, facilities=(mill,))).plants.fixed[0, 0] == pytest.approx(30_000)
