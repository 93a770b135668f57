"""How far apart two firms are: the great circle times a road factor, or a matrix that the user brings.

References
----------
Ballou, R. H., Rahardja, H. & Sakai, N. (2002) Selected country circuity factors for road travel distance estimation.
Transp. Res. A 36(9), 843-848. doi:10.1016/S0965-8564(01)00044-1
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from lichen.inventory.places import great_circle
from lichen.inventory.values import Firm


def road_distance(
    donor: Firm, receiver: Firm, road_factor: float, matrix: Mapping[tuple[str, str], float] | None = None,
    misplaced: Collection[str] = (),
) -> float | None:  # fmt: skip
    """Return the way between two firms [km]; ``None`` if a place is not known.

    Parameters
    ----------
    donor, receiver
        Firms.
    road_factor
        Way by road over great circle [1].
    matrix
        Distances by the codes of donor and receiver [km], which go before; either order will do.
    misplaced
        Codes of firms whose place is not believed.
    """
    for key in ((donor.id, receiver.id), (receiver.id, donor.id)):
        if matrix and key in matrix:
            return matrix[key]
    if donor.place is None or receiver.place is None or donor.id in misplaced or receiver.id in misplaced:
        return None
    return road_factor * great_circle(donor.place.wgs84, receiver.place.wgs84)
