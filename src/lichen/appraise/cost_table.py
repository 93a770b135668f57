"""Costs and prices as rows of text, by the columns of a table of costs: to be kept, shown, changed, and read again.

``costs_of([sheet_of(records)])`` gives what the records were made of.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from pathlib import Path

import xlsxwriter

from lichen.appraise._cost_items import Column, Item, Rule, closed_keys, cost_columns, dimension, known_keys, rules
from lichen.appraise.costs import Cost
from lichen.errors import Language, UnitError
from lichen.sheets import XLSX_OPTIONS, Sheet

__all__ = ["Column", "Item", "Rule", "closed_keys", "cost_columns", "known_keys", "rules"]  # the dictionary, for forms
Record = Mapping[str, str]
FILE = "costs.csv"
MOST_WIDE = 48


def cost_record(cost: Cost) -> dict[str, str]:
    """Return a cost as texts by column; what is not told is empty."""
    f = cost.figure
    return {
        "item": cost.item, "key": cost.key, "value": _number(f.value), "low": _number(f.low), "high": _number(f.high),
        "unit": f.unit, "kind": f.kind, "source": f.source, "year": str(f.year or ""), "note": f.note,
    }  # fmt: skip


def _number(value: float | None) -> str:
    return "" if value is None else repr(value).removesuffix(".0")


def cost_key(cost: Cost) -> tuple[str, str, str, int]:
    """Return what makes two rows say the same thing: item, key, dimension, and the year where several may stand."""
    rule = rules()[cost.item]
    return cost.item, cost.key, dimension(cost.figure.unit, rule), cost.figure.year if rule.by_year else 0


def dimension_of(item: str, unit: str) -> str:
    """Return which of the units of an item has the dimension of a unit; empty if none has, or it cannot be read."""
    rule = rules().get(item)  # type: ignore[call-overload]
    try:
        return dimension(unit, rule) if rule is not None and unit else ""
    except UnitError:
        return ""


def sheet_of(records: Iterable[Record], file: str = FILE) -> Sheet:
    """Return records as the sheet that a file of them would be: row 1 holds the headings."""
    names = [c.name for c in cost_columns()]
    rows = [tuple(record.get(name, "").strip() or None for name in names) for record in records]
    return Sheet(file, "", (tuple(names), *rows))


def costs_csv(records: Iterable[Record]) -> str:
    """Return records as the text of a study's ``costs.csv``."""
    out, names = io.StringIO(), [c.name for c in cost_columns()]
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([record.get(name, "") for name in names] for record in records)
    return out.getvalue()


def write_costs(records: Iterable[Record], path: Path, lang: Language) -> Path:
    """Write records as a workbook with headings in ``lang``, to be changed and read again; text is never a formula."""
    numbers = ("value", "low", "high", "year")
    with xlsxwriter.Workbook(str(path), XLSX_OPTIONS) as book:
        bold, sheet = book.add_format({"bold": True, "bottom": 1}), book.add_worksheet("costs")
        sheet.freeze_panes(1, 0)
        told = list(records)
        for j, column in enumerate(cost_columns()):
            sheet.write_string(0, j, column.heading_zh if lang == "zh" else column.name, bold)
            widest = max([len(record.get(column.name, "")) for record in told] or [8])
            sheet.set_column(j, j, min(max(10, widest + 2), MOST_WIDE))
            for i, record in enumerate(told, start=1):
                text = record.get(column.name, "")
                if text and column.name in numbers:
                    sheet.write_number(i, j, float(text))
                elif text:
                    sheet.write_string(i, j, text)
    return path
