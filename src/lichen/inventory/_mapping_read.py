"""Read a mapping file: every unknown key, missing key and impossible value is told with its place, all together."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from lichen.errors import Problems, Where
from lichen.figures import Text
from lichen.inventory._mapping_file import Condition, Fields, FlowRule, MappingFile
from lichen.inventory._mapping_values import Ref, Table, Value, pieces_of, plain, text_of
from lichen.inventory.dictionary import Column, Entity, columns
from lichen.inventory.fields import parse_cell
from lichen.labelled import suggest
from lichen.numerals import DECIMALS
from lichen.sheets import Cell

VERSION = 1
NUMBERS = ("number", "integer", "year")
_TOP = ("mapping", "caution", "read", "part", "table", "firm", "process", "flow", "matrix")
_MAPPING = ("version", "en", "zh", "source", "quality", "year")
_READ = ("sheet", "heading", "first", "last", "decimal", "thousands", "only")
_VALUE = ("from", "cell", "after", "before", "table", "else", "or")
_ONLY = ("column", "is", "not", "in", "not_in", "filled")
_SKIP = ("empty", "zero")


def joined(key: str, name: str) -> str:
    """Return the place of a key, quoted where it has signs of its own."""
    shown = name if re.fullmatch(r"[\w@-]+", name) else f'"{name}"'
    return f"{key}.{shown}" if key else shown


class Reader:
    """Reads the tables of one mapping file; collects what is wrong and which columns are named."""

    def __init__(self, file: str, data: Mapping[str, Any]) -> None:
        self.file, self.data = file, data
        self.problems = Problems()
        self.columns: dict[str, tuple[str, str]] = {}
        self.matrix = "matrix" in data
        self.parts: dict[str, Value] = {}
        self.tables: dict[str, Table] = {}
        self.everywhere: Fields = {}

    def where(self, key: str) -> Where:
        """Return a place in the file."""
        return Where(file=self.file, key=key)

    def known(self, data: Mapping[str, Any], key: str, allowed: Iterable[str]) -> None:
        """Report keys that are not allowed."""
        names = list(allowed)
        for name in data:
            if name not in names:
                self.problems.add("mapping.unknown_key", self.where(joined(key, name)), name=name,
                                  near=suggest(name, names) or "–", allowed=", ".join(names))  # fmt: skip

    def table(self, data: Mapping[str, Any], name: str, key: str) -> Mapping[str, Any]:
        """Return a table inside another; empty if it is not there."""
        found = data.get(name, {})
        if isinstance(found, Mapping):
            return found
        self.wrong(found, joined(key, name), "a table", "表")
        return {}

    def listed(self, data: Mapping[str, Any], name: str, key: str) -> list[Mapping[str, Any]]:
        """Return a list of tables; empty if it is not there."""
        found = data.get(name, [])
        if isinstance(found, list) and all(isinstance(f, Mapping) for f in found):
            return found
        self.wrong(found, joined(key, name), "a list of tables", "表的列表")
        return []

    def text(self, data: Mapping[str, Any], name: str, key: str) -> str:
        """Return a text; empty if it is not there."""
        found = data.get(name, "")
        if not isinstance(found, str):
            self.wrong(found, joined(key, name), "text in quotes", "带引号的文字")
            return ""
        return found.strip()

    def whole(self, data: Mapping[str, Any], name: str, key: str, low: int = 1) -> int:
        """Return a whole number; 0 if it is not there."""
        found = data.get(name, 0)
        if not isinstance(found, int) or isinstance(found, bool) or (name in data and found < low):
            self.wrong(found, joined(key, name), f"a whole number from {low}", f"不小于 {low} 的整数")
            return 0
        return found

    def wrong(self, found: Any, key: str, wanted: str, zh: str) -> None:
        """Report a value of the wrong kind."""
        self.problems.add("mapping.wrong_type", self.where(key), found=f"{found!r:.60}", field=wanted, zh=zh)

    def missing(self, key: str, name: str, why: str = "", zh: str = "") -> None:
        """Report a key that must be there."""
        self.problems.add("mapping.missing_key", self.where(key), name=name, field=why, zh=zh)

    # --- values ---------------------------------------------------------------------------------------------------

    def fields(self, entity: Entity, data: Mapping[str, Any], key: str, apart: Iterable[str] = ()) -> Fields:
        """Return the fields of an entity that a table fills; ``apart`` are its keys that are none."""
        allowed = {c.key: c for c in columns(entity) if entity == "firm" or c.key != "firm"}
        self.known(data, key, (*allowed, *apart))
        found: dict[str, Value] = {}
        for name, given in data.items():
            if name not in allowed:
                continue
            column = allowed[name]
            place = joined(key, name)
            if isinstance(given, Mapping) and "unit" in given and column.field.units and not column.is_unit:
                unit = Column(column.field, is_unit=True)
                if unit.key in data:
                    self.problems.add("mapping.twice", self.where(place), first=joined(key, unit.key))
                found[unit.key] = self.value(given["unit"], f"{place}.unit", unit)
                given = {k: v for k, v in given.items() if k != "unit"}
            found[name] = self.value(given, place, column)
        return found

    def value(self, given: Any, key: str, column: Column | None = None) -> Value:
        """Return what a field is taken from; a constant must be allowed in its column."""
        if isinstance(given, Mapping):
            return self._described(given, key, column)
        if isinstance(given, str):
            pieces = self.pieces(given, key)
            if any(isinstance(p, Ref) for p in pieces):
                return Value(key, pieces=pieces)
            given = "".join(str(p) for p in pieces)
        elif isinstance(given, bool) or not isinstance(given, int | float | datetime.date):
            self.wrong(given, key, "text, a number, or a table with “from”", "文字、数字或含“from”的表")
            given = None
        self.constant(given, key, column)
        return Value(key, constant=given)

    def _described(self, given: Mapping[str, Any], key: str, column: Column | None) -> Value:
        numeric = column is not None and not column.is_unit and column.field.type in NUMBERS
        units = numeric and column is not None and column.field.units
        self.known(given, key, (*_VALUE, *(["times"] if numeric else []), *(["unit"] if units else [])))
        if ("from" in given) == ("cell" in given):
            self.missing(key, "from", "A table takes its value from “from” or from “cell”, one of the two.",
                         "须且只须给出“from”或“cell”之一。")  # fmt: skip
        pieces = self.pieces(self.text(given, "from", key), f"{key}.from") if "from" in given else ()
        if "from" in given and not any(isinstance(p, Ref) for p in pieces):
            self.wrong(
                given["from"], f"{key}.from", "a text with a column in braces: {Heading}", "含花括号列名的文字：{标题}"
            )
        found = Value(key, None, pieces, self._cell(given, key), self._sign(given, "after", key),
                      self._sign(given, "before", key), self._table(given, key), given.get("else"))  # fmt: skip
        if "else" in given:
            self.constant(given["else"], f"{key}.else", column)
        if found.table is not None:
            for written, cell in found.table.entries.values():
                self.constant(cell, joined(f"table.{found.table.name}", written), column)
        elif "else" in given:
            self.missing(key, "table", "“else” belongs to a table.", "“else”须与“table”同用。")
        if "or" in given:
            found = replace(found, instead=self.value(given["or"], f"{key}.or", column))
        return replace(found, times=self._times(given, key)) if numeric else found

    def pieces(self, text: str, key: str) -> tuple[str | Ref, ...]:
        """Return the pieces of a text with braces, after noting the columns it names."""
        pieces, wrong = pieces_of(text, self.parts)
        for name in wrong:
            self.problems.add("mapping.braces", self.where(key), found=name)
        for piece in pieces:
            if isinstance(piece, Ref):
                self.note(piece, key)
        return pieces

    def note(self, ref: Ref, key: str) -> None:
        """Remember a named column; refuse what only a matrix has."""
        if ref.kind == "column":
            self.columns.setdefault(ref.name, (ref.written, key))
        elif ref.kind in ("label", "heading", "value") and not self.matrix:
            self.problems.add("mapping.braces", self.where(key), found=ref.written)

    def constant(self, cell: Any, key: str, column: Column | None) -> None:
        """Report a constant that its column does not allow."""
        if column is None or cell is None:
            return
        if isinstance(cell, bool) or not isinstance(cell, str | int | float | datetime.date):
            self.wrong(cell, key, "text or a number", "文字或数字")
            return
        given: Cell = float(cell) if isinstance(cell, int) else cell
        errors = [p for p in parse_cell(column, given, self.where(key), ".").problems if p.severity == "error"]
        self.problems.extend(errors)
        if errors and isinstance(cell, str) and not key.startswith("table."):
            self.problems.add("mapping.column_meant", self.where(key), "note", text=cell[:60])

    def _cell(self, given: Mapping[str, Any], key: str) -> tuple[int, int] | None:
        if "cell" not in given:
            return None
        match = re.fullmatch(r"([A-Z]{1,3})([1-9][0-9]{0,6})", str(given["cell"]))
        if match is None:
            self.wrong(given["cell"], f"{key}.cell", "the name of a cell such as A1", "单元格名，如 A1")
            return None
        column = 0
        for letter in match[1]:
            column = column * 26 + ord(letter) - 64
        return int(match[2]) - 1, column - 1

    def _sign(self, given: Mapping[str, Any], name: str, key: str) -> str:
        """Return the text of ``after`` or ``before`` as it is: a blank is a sign too."""
        self.text(given, name, key)
        found = given.get(name, "")
        return found if isinstance(found, str) else ""

    def _table(self, given: Mapping[str, Any], key: str) -> Table | None:
        name = self.text(given, "table", key)
        if name and name not in self.tables:
            self.problems.add("mapping.unknown_table", self.where(f"{key}.table"), table=name,
                              near=suggest(name, list(self.tables)) or "–", allowed=list(self.tables))  # fmt: skip
        return self.tables.get(name)

    def _times(self, given: Mapping[str, Any], key: str) -> float:
        times = given.get("times", 1.0)
        if isinstance(times, bool) or not isinstance(times, int | float) or not 0 < times < float("inf"):
            self.wrong(times, f"{key}.times", "a number above 0", "大于 0 的数")
            return 1.0
        return float(times)

    # --- parts of the file ------------------------------------------------------------------------------------------

    def conditions(self, data: Mapping[str, Any], key: str) -> tuple[Condition, ...]:
        """Return the conditions of ``only``."""
        found = []
        for number, given in enumerate(self.listed(data, "only", key), start=1):
            place = f"{joined(key, 'only')}[{number}]"
            self.known(given, place, _ONLY)
            asked = [name for name in _ONLY[1:] if name in given]
            name = self.text(given, "column", place).strip("{}")
            pieces = self.pieces("{" + name + "}", f"{place}.column") if name else ()
            if not name:
                self.missing(place, "column")
            if len(asked) != 1:
                self.missing(place, "is", "A condition asks one of: is, not, in, not_in, filled.",
                             "条件须为以下之一：is、not、in、not_in、filled。")  # fmt: skip
            elif pieces and isinstance(pieces[0], Ref) and pieces[0].kind in ("column", "letter"):
                found.append(self._condition(place, pieces[0], asked[0], given[asked[0]]))
        return tuple(found)

    def _condition(self, key: str, ref: Ref, asked: str, given: Any) -> Condition:
        if asked == "filled":
            if not isinstance(given, bool):
                self.wrong(given, f"{key}.filled", "true or false", "true 或 false")
            return Condition(key, ref, None, bool(given))
        texts = given if asked in ("in", "not_in") else [given]
        if not isinstance(texts, list) or not all(isinstance(t, str | int | float) for t in texts):
            self.wrong(given, f"{key}.{asked}", "text, or a list of texts", "文字或文字列表")
            texts = []
        return Condition(key, ref, frozenset(plain(text_of(t)) for t in texts), asked in ("is", "in"))

    def whole_file(self, name: str) -> MappingFile:
        """Return what the file says; problems are collected."""
        data = self.data
        self.known(data, "", _TOP)
        for table, entries in self.table(data, "table", "").items():
            self.tables[table] = self._entries(table, entries)
        given = self.table(data, "part", "")
        self.parts = {part: self.value(v, joined("part", part)) for part, v in given.items()}
        about = self.table(data, "mapping", "")
        self.everywhere = self._about(about)
        made = replace(
            self._read(self.table(data, "read", "")), name=name, file=self.file,
            title=Text(self.text(about, "en", "mapping"), self.text(about, "zh", "mapping")),
            source=self.text(about, "source", "mapping"), quality=self.text(about, "quality", "mapping"),
            cautions=tuple(self._caution(i, c) for i, c in enumerate(self.listed(data, "caution", ""), 1)),
            parts=self.parts, firm=self.fields("firm", self.table(data, "firm", ""), "firm"),
            process=self.fields("process", self.table(data, "process", ""), "process"),
            flows=tuple(self._flow(i, f) for i, f in enumerate(self.listed(data, "flow", ""), 1)),
        )  # fmt: skip
        if not self.matrix:
            self._complete(made)
        return made

    def _about(self, about: Mapping[str, Any]) -> Fields:
        """Return source, quality and year of the file, which hold for every flow that does not say its own."""
        self.known(about, "mapping", _MAPPING)
        if about.get("version") != VERSION:
            self.missing("mapping", f"version = {VERSION}", "It says which format the file has.", "用于说明文件格式。")
        if not self.text(about, "en", "mapping") and not self.text(about, "zh", "mapping"):
            self.missing("mapping", "en", "Give the table a name, in English (en) or Chinese (zh).",
                         "请给出表的英文（en）或中文（zh）名称。")  # fmt: skip
        for name in ("source", "quality"):
            if not about.get(name):
                self.missing("mapping", name, "Numbers without source and quality are not taken over.",
                             "没有来源和数据类型的数值不予采用。")  # fmt: skip
        own = {c.key: c for c in columns("flow")}
        return {k: self.value(about[k], f"mapping.{k}", own[k]) for k in ("source", "quality", "year") if about.get(k)}

    def _entries(self, name: str, entries: Any) -> Table:
        if not isinstance(entries, Mapping):
            self.wrong(entries, f"table.{name}", "a table", "表")
            return Table(name, {})
        found: dict[str, tuple[str, Cell]] = {}
        for written, cell in entries.items():
            if plain(written) in found:
                self.problems.add("mapping.twice", self.where(joined(f"table.{name}", written)),
                                  first=joined(f"table.{name}", found[plain(written)][0]))  # fmt: skip
            found[plain(written)] = (written, cell)
        return Table(name, found)

    def _caution(self, number: int, given: Mapping[str, Any]) -> Text:
        key = f"caution[{number}]"
        self.known(given, key, ("en", "zh"))
        if not given.get("en"):
            self.missing(key, "en")
        return Text(self.text(given, "en", key), self.text(given, "zh", key))

    def _read(self, data: Mapping[str, Any]) -> MappingFile:
        self.known(data, "read", [k for k in _READ if k != "only" or not self.matrix])
        sheet, heading = data.get("sheet", 0), data.get("heading", [])
        if isinstance(sheet, bool) or not isinstance(sheet, str | int) or ("sheet" in data and not _is_sheet(sheet)):
            self.wrong(
                sheet, "read.sheet", 'a name, a number from 1, or "*" for all', '名称、从 1 起的序号，或 "*"（全部）'
            )
            sheet = 0
        rows = heading if isinstance(heading, list) else [heading]
        if not _are_rows(rows):
            self.wrong(heading, "read.heading", "the number of a row, or a list of them; 0: there is none",
                       "行号或行号列表；0 表示没有标题行")  # fmt: skip
            rows = []
        decimal, thousands = data.get("decimal"), data.get("thousands")
        if decimal not in (None, *DECIMALS):
            self.wrong(decimal, "read.decimal", '"." or ","', '"." 或 ","')
            decimal = None
        if thousands not in (None, "", ".", ",", " ", "'") or (thousands and thousands == decimal):
            self.wrong(thousands, "read.thousands", "\",\", \".\", \" \", \"'\" or \"\", and not the decimal sign",
                       "\",\"、\".\"、\" \"、\"'\" 或 \"\"，且不同于小数点")  # fmt: skip
            thousands = None
        first, last = self.whole(data, "first", "read"), self.whole(data, "last", "read")
        signs = (decimal, thousands, self.conditions(data, "read"))
        return MappingFile("", "", Text(""), "", "", (), sheet, tuple(rows), first, last, *signs)

    def _flow(self, number: int, given: Mapping[str, Any]) -> FlowRule:
        key = f"flow[{number}]"
        plain_fields = {k: v for k, v in given.items() if k not in ("only", "skip")}
        apart = ("skip",) if self.matrix else ("only", "skip")
        found = self.fields("flow", plain_fields, key, apart)
        skip = given.get("skip", ["empty"])
        if not isinstance(skip, list) or not set(map(str, skip)) <= set(_SKIP):
            self.wrong(skip, f"{key}.skip", "a list of “empty”, “zero”", "由“empty”“zero”组成的列表")
            skip = []
        if self.matrix and "only" in given:
            self.known({"only": 0}, key, apart)
        only = () if self.matrix else self.conditions(given, key)
        return FlowRule(key, {**self.everywhere, **found}, only, "empty" in skip, "zero" in skip)

    def _complete(self, made: MappingFile) -> None:
        """Report required fields that nothing fills."""
        self.required("firm", made.firm, "firm")
        if made.process:
            self.required("process", made.process, "process")
        for rule in made.flows:
            self.required("flow", rule.fields, rule.key)
        if not self.columns and not made.heading:
            self.missing("read", "heading", "No column is named by its heading, so the heading row cannot be found.",
                         "没有按标题引用的列，无法找到标题行。")  # fmt: skip

    def required(self, entity: Entity, found: Fields, key: str) -> None:
        """Report required fields of an entity that are not filled."""
        for column in columns(entity):
            if entity != "firm" and column.key == "firm":
                continue
            unit = column.is_unit and column.field.name in found
            if column.key not in found and (unit or (column.field.required and not column.is_unit)):
                label = f"“{column.label('en')}” must be filled."
                self.missing(key, column.key, label, f"“{column.label('zh')}”必填。")


def _is_sheet(sheet: str | int) -> bool:
    return bool(sheet.strip()) if isinstance(sheet, str) else sheet > 0


def _are_rows(rows: Sequence[Any]) -> bool:
    """Whether these are numbers of rows, from the top down; 0 stands alone."""
    if not all(isinstance(r, int) and not isinstance(r, bool) and r >= 0 for r in rows):
        return False
    return list(rows) == sorted(set(rows)) and (0 not in rows or len(rows) == 1)
