"""Coefficients of variation by quality scores."""

import itertools
import math

import pytest

from lichen.figures import KINDS
from lichen.vocabulary._files import rows
from lichen.vocabulary.quality import INDICATORS, RELIABILITY, variation


def test_worse_is_never_surer():
    for name in INDICATORS:
        values = [float(r["cv_percent"]) for r in rows("data_quality.csv") if r["indicator"] == name]
        assert len(values) == 4
        assert all(a < b for a, b in itertools.pairwise(values))
    kinds = [variation(k) for k in KINDS]
    assert kinds == sorted(kinds)
    assert set(RELIABILITY) == set(KINDS)


def test_scores_add_up_as_independent_errors():
    assert variation("assumed", (1, 1, 1, 1, 1)) == pytest.approx(0.023)
    assert variation("measured", (2, 2, 1, 4, 1)) == pytest.approx(math.hypot(0.068, 0.023, 0.206))
    with pytest.raises(ValueError, match="zip"):
        variation("measured", (1, 2))


def test_every_row_has_a_source():
    assert all(r["source"] and r["checked"] in ("seen", "recalled") for r in rows("data_quality.csv"))
