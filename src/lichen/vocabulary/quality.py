"""How far numbers of a given quality are off: coefficients of variation by scores, from ``data/data_quality.csv``.

Each of five indicators has a score from 1 (best) to 4; the coefficients add up as independent errors do.

References
----------
Laner, D., Feketitsch, J., Rechberger, H. & Fellner, J. (2016) A novel approach to characterize data uncertainty in
material flow analysis and its application to plastics flows in Austria. J. Ind. Ecol. 20(5), 1050-1063.
doi:10.1111/jiec.12326
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping, Sequence

from lichen.figures import Kind
from lichen.vocabulary._files import rows

INDICATORS = ("reliability", "completeness", "year", "place", "technology")
RELIABILITY: Mapping[Kind, int] = {"measured": 1, "reported": 2, "estimated": 3, "assumed": 4}
"""Score of reliability where a number has no scores of its own: our reading of the four kinds."""


@functools.cache
def _coefficients() -> Mapping[tuple[str, int], float]:
    return {(r["indicator"], int(r["score"])): float(r["cv_percent"]) / 100 for r in rows("data_quality.csv")}


def variation(kind: Kind, scores: Sequence[int] = ()) -> float:
    """Return the coefficient of variation of a number [1]: standard deviation over value.

    Parameters
    ----------
    kind
        How it is known; counts where there are no scores.
    scores
        Reliability, completeness, year, place, technology: 1 to 4 each; or none.

    >>> round(variation("measured"), 3)
    0.023
    """
    if not scores:
        return _coefficients()["reliability", RELIABILITY[kind]]
    return math.hypot(*(_coefficients()[name, score] for name, score in zip(INDICATORS, scores, strict=True)))
