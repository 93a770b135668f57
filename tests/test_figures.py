"""A figure: unit, range, kind, source; each fault is named."""

import pytest

from lichen.errors import UnitError, Where
from lichen.figures import KINDS, Figure, Text, Used, share_by_kind


def codes(**changes) -> list[str]:
    given = {"value": 1.0, "unit": "t/a", "kind": "reported", "source": "s"} | changes
    with pytest.raises(UnitError) as error:
        Figure(**given)
    return [p.code for p in error.value.problems]


def test_conversion_of_value_and_range():
    figure = Figure(2.0, "万吨/年", "estimated", "s", 1.0, 4.0)
    assert figure.to("kt/a") == pytest.approx(20)
    assert figure.range_in("t/a") == pytest.approx((10_000, 40_000))
    assert Figure(2.0, "t", "reported", "s").range_in("kg") == pytest.approx((2000, 2000))


def test_a_unit_that_does_not_fit_names_its_place():
    with pytest.raises(UnitError) as error:
        Figure(300, "tons/year", "reported", "paper").to("GJ/a", Where(key="exchange.heat.designed"))
    assert error.value.problems[0].where.key == "exchange.heat.designed"


@pytest.mark.parametrize(("changes", "expected"), [
    ({"value": float("nan")}, ["figures.not_finite"]), ({"value": float("inf")}, ["figures.not_finite"]),
    ({"low": float("nan"), "high": 2.0}, ["figures.not_finite"]), ({"low": 0.5}, ["figures.half_range"]),
    ({"high": 2.0}, ["figures.half_range"]), ({"low": 2.0, "high": 3.0}, ["figures.range"]),
    ({"low": 0.0, "high": 0.5}, ["figures.range"]), ({"low": 3.0, "high": 0.0}, ["figures.range"]),
    ({"source": "  "}, ["figures.no_source"]), ({"kind": "guess"}, ["figures.kind"]), ({"unit": ""}, ["units.empty"]),
    ({"unit": "tonn"}, ["units.unknown"]),
    ({"value": float("nan"), "source": "", "kind": ""}, ["figures.not_finite", "figures.kind", "figures.no_source"]),
])  # fmt: skip
def test_faults(changes, expected):
    assert codes(**changes) == expected


def test_shares_by_kind_add_up():
    figures = [
        Used(str(i), Figure(1, "t", kind, "s")) for i, kind in enumerate(("measured", "assumed", "assumed", "reported"))
    ]
    shares = share_by_kind(figures)
    assert shares == {"measured": 0.25, "reported": 0.25, "estimated": 0.0, "assumed": 0.5}
    assert tuple(shares) == KINDS
    assert share_by_kind([]) == {}


def test_text_falls_back_to_english():
    assert Text("slag", "渣").text("zh") == "渣"
    assert Text("slag").text("zh") == "slag"
