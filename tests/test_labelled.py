"""The numbered rules of labelled values, one after the other."""

import numpy as np
import pytest

from lichen.errors import LabelError, Where
from lichen.labelled import aligned, as_labels, frozen, match, suggest


def codes(error) -> list[str]:
    return [p.code for p in error.value.problems]


def test_rule_1_labels_are_text_not_empty_not_padded_and_unique():
    assert as_labels((1, "b"), "sectors") == ("1", "b")
    with pytest.raises(LabelError) as error:
        as_labels(["", " ", "a ", "b", "b", float("nan"), None, "b"], "sectors", Where(file="t.csv"))
    assert codes(error) == ["labels.empty"] * 2 + ["labels.padded", "labels.doubled"] + ["labels.empty"] * 2 + [
        "labels.doubled"
    ]
    assert error.value.problems[3].values["first"] == 4
    assert error.value.problems[3].values["second"] == 5
    assert all(p.where.file == "t.csv" for p in error.value.problems)


def test_rule_2_labels_are_the_same_set_and_the_order_is_followed():
    assert match(("c", "a", "b"), ("a", "b", "c"), "sectors") == [1, 2, 0]
    np.testing.assert_array_equal(aligned({"b": 2.0, "a": 1.0}, ("a", "b"), "x"), [1, 2])


def test_rule_3_missing_and_unknown_labels_are_named_and_nothing_is_filled():
    with pytest.raises(LabelError) as error:
        aligned({"agriculture": 1.0, "manufactoring": 2.0}, ("agriculture", "manufacturing", "services"), "x")
    assert codes(error) == ["labels.missing", "labels.missing", "labels.unknown"]
    assert error.value.problems[2].values["near"] == "manufacturing"
    assert suggest("zzzz", ("agriculture",)) == ""


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_rule_4_cells_that_are_not_finite_are_named(bad):
    values = np.ones((3, 4))
    values[1, 2] = bad
    with pytest.raises(LabelError) as error:
        frozen(values, (3, 4), "Z")
    assert codes(error) == ["labels.not_finite"]
    assert error.value.problems[0].values["cell"] == "2, 3"
    assert error.value.problems[0].values["count"] == 1


def test_rule_4_opposite_infinities_and_absent_values():
    with pytest.raises(LabelError):
        frozen([np.inf, -np.inf], (2,), "x")
    with pytest.raises(LabelError):
        frozen([1.0, None], (2,), "x")
    with pytest.raises(LabelError) as error:
        frozen(np.ma.masked_array([1.0, 2.0], [False, True]), (2,), "x")
    assert error.value.problems[0].values["cell"] == "2"


def test_rule_4_a_sum_that_overflows_is_no_fault():
    assert frozen([1e308, 1e308], (2,), "x")[0] == 1e308


@pytest.mark.parametrize("text", [["1.234", "2"], [[1.0, "x"]], ["a"], [b"1"], [[1.0, 2.0], [3.0]], [object()]])
def test_text_is_no_number(text):
    with pytest.raises(LabelError) as error:
        frozen(text, (2,), "x")
    assert codes(error) == ["labels.not_numbers"]


def test_shapes_are_exact():
    with pytest.raises(LabelError) as error:
        frozen(np.ones((1, 2)), (2,), "x")
    assert codes(error) == ["labels.shape"]


def test_rule_5_arrays_are_read_only_and_detached():
    mine = np.array([1.0, 2.0])
    value = frozen(mine, (2,), "x")
    mine[0] = 9.0
    assert value[0] == 1.0
    with pytest.raises(ValueError, match="read-only"):
        value[0] = 5.0


def test_rule_5_an_array_handed_over_becomes_read_only_for_its_giver():
    mine = np.array([1.0, 2.0])
    assert frozen(mine, (2,), "x", copy=False) is mine
    with pytest.raises(ValueError, match="read-only"):
        mine[0] = 5.0
