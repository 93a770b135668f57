"""How near two codes of a hierarchy are: what a known exchange says of one may hold for its kin, the less the farther.

    kinship(a, b) = 2 I(c) / (I(a) + I(b)),  I(x) = −log(share of all codes that are x or below it)

with c the nearest heading over both. It is 1 for equal codes and 0 where only the whole list is over both; a narrow
heading (steel slag) makes its members near, a broad one (chemicals) hardly. Nothing in it is chosen.

References
----------
Lin, D. (1998) An information-theoretic definition of similarity. Proc. 15th Int. Conf. on Machine Learning, 296-304.
"""

from __future__ import annotations

import functools
import math
from collections import Counter
from collections.abc import Iterable, Mapping

from lichen.knowledge.values import CITY
from lichen.vocabulary.industries import industries, industry
from lichen.vocabulary.materials import ancestors, material, materials


@functools.lru_cache(65536)
def material_kinship(one: str, other: str) -> float:
    """Return how near two materials are [0 to 1]; 0 if their forms differ: a gas does not go where a solid goes.

    Raises
    ------
    LabelError
        A code that is none.
    """
    if material(one).form != material(other).form:
        return 0.0
    return _kinship((one, *ancestors(one)), (other, *ancestors(other)), _materials())


@functools.lru_cache(65536)
def industry_kinship(one: str, other: str) -> float:
    """Return how near two industries are [0 to 1]; the city is only near to itself.

    Raises
    ------
    LabelError
        A code that is none.
    """
    if CITY in (one, other):
        return float(one == other)
    return _kinship(_prefixes(one), _prefixes(other), _industries())


def nearest(code: str, others: Iterable[str]) -> float:
    """Return how near a material is to the nearest of others [0 to 1]; 0: there is none."""
    return max((material_kinship(code, other) for other in others), default=0.0)


def nearest_industry(code: str, others: Iterable[str]) -> float:
    """Return how near an industry is to the nearest of others [0 to 1]; 0: there is none."""
    return max((industry_kinship(code, other) for other in others), default=0.0)


def _kinship(one: tuple[str, ...], other: tuple[str, ...], information: Mapping[str, float]) -> float:
    """Return the kinship of two lines from a code up to its topmost heading."""
    shared = next((code for code in one if code in other), None)
    if shared is None:
        return 0.0
    own = information[one[0]] + information[other[0]]
    return 2 * information[shared] / own if own else 1.0


def _prefixes(code: str) -> tuple[str, ...]:
    industry(code)
    return tuple(code[:length] for length in range(len(code), 1, -1))


@functools.cache
def _materials() -> Mapping[str, float]:
    return _information(code for item in materials() for code in (item.code, *ancestors(item.code)))


@functools.cache
def _industries() -> Mapping[str, float]:
    return _information(code for item in industries() for code in _prefixes(item.code))


def _information(counted: Iterable[str]) -> dict[str, float]:
    """Return the information of each code, from every code and heading over it, each as often as it occurs."""
    counts = Counter(counted)
    return {code: -math.log(count / len(counts)) for code, count in counts.items()}
