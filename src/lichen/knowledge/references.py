"""Citations: the keys by which rows name their sources, in words."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from typing import cast

from lichen.knowledge._files import rows
from lichen.knowledge.values import Checked, Reference

MAESTRI = re.compile(r"M:\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})")
WRONG_SOURCE = {(16, 30)}
"""Case and source of the workbook that do not belong together: source 30 is a paper on two Chinese cities."""


@functools.cache
def sources() -> Mapping[str, Reference]:
    """Return every named source of the library, by its key."""
    return {
        row["id"]: Reference(
            row["id"], row["citation"], row["doi"], row["url"], int(row["year"] or 0), cast(Checked, row["checked"]),
            row["note"],
        )
        for row in rows("sources.csv")
    }  # fmt: skip


def reference(key: str) -> Reference | None:
    """Return the source that a row names; ``None`` if it is a MAESTRI reference without its three numbers.

    >>> reference("M:31,29,6").citation
    'MAESTRI Exchanges Database, case 31, source 29, exchange 6'
    """
    key = key.strip()
    if key in sources():
        return sources()[key]
    if not key.startswith("M:"):
        return Reference(key, key)
    found = MAESTRI.fullmatch(key)
    if found is None:
        return None
    case, source, number = (int(part) for part in found.groups())
    note = "the workbook names a source of other cities" if (case, source) in WRONG_SOURCE else ""
    words = f"MAESTRI Exchanges Database, case {case}, source {source}, exchange {number}"
    return Reference(f"M:{case},{source},{number}", words, checked="seen", note=note)
