"""Kin of what is known: how near codes are, and what discovery makes of it."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lichen.discover.kinship import industry_kinship, material_kinship, nearest, nearest_industry
from lichen.discover.match import candidates
from lichen.discover.quantity import rate_of
from lichen.discover.score import evidence
from lichen.discover.settings import setting
from lichen.discover.streams import demands, supplies
from lichen.errors import LabelError
from lichen.figures import Figure, Text
from lichen.inventory.values import Firm, Flow, Inventory
from lichen.knowledge.values import CITY, Evidence, ExchangeType, Reference, Substitution
from lichen.vocabulary.industries import industries
from lichen.vocabulary.materials import ancestors, descends, materials

CODES = [m.code for m in materials()]
INDUSTRIES = [i.code for i in industries()]
HERE = Reference("test", "test")


# --- kinship --------------------------------------------------------------------------------------------------------
@given(st.sampled_from(CODES), st.sampled_from(CODES))
def test_material_kinship_is_symmetrical_and_says_whether_a_heading_is_shared(one, other):
    near = material_kinship(one, other)
    assert near == material_kinship(other, one)
    assert 0 <= near <= 1
    assert (near == 1) == (one == other)
    shared = {one, *ancestors(one)} & {other, *ancestors(other)}
    same_form = {m.form for m in materials() if m.code in (one, other)}
    assert (near > 0) == (bool(shared) and len(same_form) == 1)


@given(st.sampled_from(INDUSTRIES), st.sampled_from(INDUSTRIES))
def test_industry_kinship_needs_the_same_division(one, other):
    near = industry_kinship(one, other)
    assert near == industry_kinship(other, one)
    assert (near > 0) == (one[:2] == other[:2])
    assert (near == 1) == (one == other)


def test_kinship_is_that_of_lin():
    below = {code: sum(descends(m, code) for m in CODES) for code in ("slag", "slag.steel.bof", "slag.phosphorus")}
    information = {code: -math.log(n / len(CODES)) for code, n in below.items()}
    wanted = 2 * information["slag"] / (information["slag.steel.bof"] + information["slag.phosphorus"])
    assert material_kinship("slag.steel.bof", "slag.phosphorus") == pytest.approx(wanted)
    assert material_kinship("slag.steel.bof", "slag.steel.eaf") > material_kinship("slag.steel.bof", "slag.phosphorus")


def test_narrow_headings_make_nearer_kin_than_broad_ones():
    assert material_kinship("gypsum.fgd", "gypsum.phospho") > material_kinship("waste.plastic", "waste.paper")
    assert industry_kinship("3011", "3012") > industry_kinship("3011", "3041")


def test_the_city_and_forms_apart_are_no_kin():
    assert industry_kinship(CITY, "3011") == 0
    assert industry_kinship(CITY, CITY) == 1
    assert material_kinship("gas.coke-oven", "coal.raw") == 0  # both fuels, but a gas and a solid


def test_nearest_takes_the_nearest():
    assert nearest("gypsum.fgd", ("slag.steel", "gypsum.phospho")) == material_kinship("gypsum.fgd", "gypsum.phospho")
    assert nearest("gypsum.fgd", ()) == 0
    assert nearest_industry("3012", ("3120", "3011")) == industry_kinship("3012", "3011")
    assert nearest_industry("3012", ()) == 0


def test_codes_that_are_none_are_refused():
    with pytest.raises(LabelError):
        material_kinship("slag.nothing", "slag")
    with pytest.raises(LabelError):
        industry_kinship("9999", "3011")


# --- what discovery makes of it -------------------------------------------------------------------------------------
def kind(name="known", donors=("3120",), receivers=("3011",), streams=("slag.steel",), replaces=("mineral.limestone",),
         status="implemented", basis="mass"):  # fmt: skip
    return ExchangeType(
        name,
        Text(name),
        donors,
        receivers,
        streams,
        tuple(Substitution(m, basis, None) for m in replaces),
        "",
        (),
        (),
        (),
        "",
        "",
        Text(""),
        None,
        "",
        Text(""),
        Text(""),
        (Evidence("jinan", status, HERE),),
        (HERE,),
        (),
        (),
        Text(""),
    )


def flow(firm, direction, name, role=None, unit="t/a"):
    role = role or ("by-product" if direction == "out" else "raw material")
    return Flow(firm, "", direction, role, name, name, Figure(1000.0, unit, "reported", "test"), 2012)


def found(types, stream, receiver, need="", donor="3212"):
    role, unit = ("water", "m3/a") if stream.startswith("water") else (None, "t/a")
    flows = [flow("donor", "out", stream, role, unit)] + ([flow("taker", "in", need)] if need else [])
    inventory = Inventory((Firm("donor", "donor", donor), Firm("taker", "taker", receiver)), (), tuple(flows))
    made = candidates(supplies(inventory, 2012), demands(inventory, 2012), inventory.firms, types)
    return next((c for c in made if c.receiver.id == "taker"), None)


def test_a_sector_that_takes_the_stream_is_suggested_to_other_donors_without_a_told_need():
    one = found([kind()], "slag.steel", "3011")
    assert (one.way, one.demand, one.replaces) == ("known substitute", None, "mineral.limestone")
    assert evidence(one) == setting("evidence_implemented") * setting("evidence_substitute")
    assert found([kind()], "slag.steel", "3011", donor="3120").way == "documented"
    assert found([kind()], "slag.steel", "2221") is None


def test_a_stream_of_the_same_kind_is_similar_and_has_no_rate():
    one = found([kind()], "slag.phosphorus", "3011", "mineral.limestone")
    assert (one.way, one.demand.material, one.kinship) == (
        "similar", "mineral.limestone", material_kinship("slag.phosphorus", "slag.steel"),
    )  # fmt: skip
    assert rate_of(one) is None
    assert evidence(one) == pytest.approx(setting("evidence_similar") * one.kinship)


def test_a_receiver_of_the_same_kind_is_similar_and_keeps_the_rate_of_the_stream():
    one = found([kind()], "slag.steel", "3012", "mineral.limestone")
    assert one.way == "known substitute"  # a told need of what it replaces is surer
    one = found([kind()], "slag.steel", "3012")
    assert (one.way, one.kinship) == ("similar", industry_kinship("3012", "3011"))
    assert rate_of(one) == 1.0


def test_one_step_and_no_more():
    assert found([kind()], "slag.phosphorus", "3012") is None


def test_a_need_of_the_same_kind_is_similar_and_rests_on_no_type():
    one = found([], "gypsum.fgd", "3011", "gypsum.phospho")
    assert (one.way, one.types) == ("similar", [])
    wanted = setting("evidence_same_material") * setting("evidence_similar") * one.kinship
    assert evidence(one) == pytest.approx(wanted)
    assert found([], "gypsum.fgd", "3011", "slag.steel") is None


def test_water_has_qualities_instead_of_kin():
    assert found([kind(streams=("water.reclaimed",))], "water.blowdown", "3011") is None


def test_what_is_similar_is_never_surer_than_what_is_known():
    both = [kind("near", streams=("slag.steel.eaf",)), kind("known", streams=("slag.steel.bof",), status="studied")]
    one = found(both, "slag.steel.bof", "3011", donor="3120")
    assert (one.way, [t.id for t in one.types]) == ("documented", ["known"])


def test_the_nearest_kin_speaks_and_farther_kin_is_left_out():
    both = [kind("far", streams=("slag.phosphorus",)), kind("near", streams=("slag.steel.eaf",))]
    for order in (both, both[::-1]):
        one = found(order, "slag.steel.bof", "3011")
        assert [t.id for t in one.types] == ["near"]
        assert one.kinship == material_kinship("slag.steel.bof", "slag.steel.eaf")


def test_a_documented_exchange_takes_over_no_need_of_another_type():
    types = [kind("cement", donors=("06",), streams=("coal.gangue",), replaces=("mineral.clay",)),
             kind("power", donors=("06",), receivers=("4411",), streams=("coal.gangue",), replaces=("coal.raw",))]  # fmt: skip
    one = found(types, "coal.gangue", "3011", "coal.raw", donor="0610")
    assert (one.way, one.demand, one.replaces) == ("documented", None, "mineral.clay")
