"""Uses of wastes that a public catalogue lists: what is made of a stream, and who makes such things.

``data/listed_uses.csv`` is the catalogue of resource utilisation whose products have value-added tax refunded in China,
row by row and in our words. It names streams and products; who makes the product is our reading of GB/T 4754-2017. It
names no donors, no rates and no conditions, so a listed use is an exchange type without them.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping

from lichen.figures import Text
from lichen.knowledge._files import rows
from lichen.knowledge.references import reference
from lichen.knowledge.values import Evidence, ExchangeType

_NOTHING = Text("")


@functools.cache
def listed_uses() -> Mapping[str, ExchangeType]:
    """Return the listed uses by id, in the order of the catalogue.

    >>> listed_uses()["listed-rubber"].receivers
    ('2914', '2911')
    """
    return {row["id"]: _use(row) for row in rows("listed_uses.csv")}


def _use(row: Mapping[str, str]) -> ExchangeType:
    source = reference(row["source"])
    assert source is not None
    return ExchangeType(
        row["id"], Text(row["name_en"], row["name_zh"]), (), tuple(row["receiver"].split("; ")),
        tuple(row["stream"].split("; ")), (), "", (), (), (), "", "", _NOTHING, None, "", _NOTHING, _NOTHING,
        (Evidence("", "reported", source),), (source,), (), ("receiver",), Text(row["note"]),
    )  # fmt: skip
