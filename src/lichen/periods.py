"""Dates as people write them: a day, a month or a year. Read exactly or not at all.

``2018-06-30``, ``2018/6/30``, ``2018.6.30``, ``2018年6月30日``; ``2018-06``, ``2018年6月``; ``2018``, ``2018年``; and a
spreadsheet's own dates. The year stands first: ``3/4/2018`` is two days to two readers, and is refused.
"""

from __future__ import annotations

import calendar
import datetime
import re
import unicodedata
from dataclasses import dataclass
from typing import Final

FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 2200
_SHAPE = re.compile(r"([0-9]{4})(?:[-/.年]([0-9]{1,2})(?:[-/.月]([0-9]{1,2}))?)?[年月日]?")


@dataclass(frozen=True, order=True)
class Period:
    """A day, month or year, by its last and first day. It sorts by its last: what a year tells holds by its end."""

    last: datetime.date
    first: datetime.date

    def __str__(self) -> str:
        if self.first == self.last:
            return self.first.isoformat()
        whole = (self.first.month, self.last.month) == (1, 12)
        return f"{self.first.year:04d}" if whole else f"{self.first.year:04d}-{self.first.month:02d}"


def day(date: datetime.date) -> Period:
    """Return one day as a period."""
    return Period(date, date)


def parse_period(cell: object) -> Period | None:
    """Return the day, month or year that a cell holds; ``None`` if it holds none."""
    if isinstance(cell, datetime.datetime):
        return day(cell.date())
    if isinstance(cell, datetime.date):
        return day(cell)
    if isinstance(cell, bool) or not isinstance(cell, str | int | float):
        return None
    if isinstance(cell, float):
        if not cell.is_integer():
            return None
        cell = int(cell)
    found = _SHAPE.fullmatch("".join(unicodedata.normalize("NFKC", str(cell)[:40]).split()))
    if not found:
        return None
    year, month, date = (int(part) if part else 0 for part in found.groups())
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return None
    return _whole(year, month if found[2] else None, date if found[3] else None)


def _whole(year: int, month: int | None, date: int | None) -> Period | None:
    try:
        if month is None:
            return Period(datetime.date(year, 12, 31), datetime.date(year, 1, 1))
        if date is None:
            days = calendar.monthrange(year, month)[1]
            return Period(datetime.date(year, month, days), datetime.date(year, month, 1))
        return day(datetime.date(year, month, date))
    except ValueError:
        return None
