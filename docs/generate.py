"""Write the pages of ``docs/`` that come from the code, and renew the numbers that pages quote from a run of the study.

``python docs/generate.py`` writes; with ``--check`` it changes nothing and exits 1 if a page is out of date.

Generated as a whole: ``study-file.md``, ``cli.md``, ``units.md``, ``problems.md``, ``survey.md``, ``costs-file.md``,
``follow-up.md``, ``api-operations.md``. In
the pages of :data:`QUOTING` only what stands between ``<!--=name-->`` and ``<!--/-->`` is renewed: values of a run of
``examples/guiyang``, see :func:`quotes`.
"""

from __future__ import annotations

import argparse
import dataclasses
import enum
import re
import sys
import tomllib
import types
import typing
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent
SOURCE = ROOT / "src" / "lichen"
STUDY = ROOT / "examples" / "guiyang"
QUOTING = ("README.md", "README.zh.md", "docs/tutorial-guiyang.md", "examples/guiyang/README.md")
"""Pages that quote a run, from the root."""
MADE = "<!-- Made by docs/generate.py; do not edit. -->"
Rows = list[Sequence[str]]


def main() -> int:
    """Write or check all pages; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="change nothing, exit 1 if a page is out of date")
    check = parser.parse_args().check
    stale = [name for name, text in pages().items() if not _same(_read(name), text)]
    for name in stale:
        if not check:
            (ROOT / name).write_text(pages()[name], encoding="utf-8", newline="\n")
        sys.stdout.write(f"{name}: {'out of date' if check else 'written'}\n")
    return 1 if check and stale else 0


def pages() -> dict[str, str]:
    """Return every generated or quoting page as it should be, by its path from the root."""
    quoted = quotes()
    made = {
        "docs/study-file.md": study_file(),
        "docs/cli.md": cli(),
        "docs/units.md": units(),
        "docs/problems.md": problems(),
        "docs/survey.md": survey(),
        "docs/costs-file.md": costs_file(),
        "docs/follow-up.md": follow_up(),
        "docs/api-operations.md": api_operations(),
    }
    return made | {name: with_quotes(_read(name), quoted) for name in QUOTING}


def _read(name: str) -> str:
    path = ROOT / name
    return path.read_text(encoding="utf-8") if path.exists() else ""


def _same(old: str, new: str) -> bool:
    """Whether two pages say the same; numbers may differ by rounding in their last digit, as another machine may."""
    number = re.compile(r"\d[\d, ]*\.\d+|\d+")
    if number.split(old) != number.split(new):
        return False
    for a, b in zip(number.findall(old), number.findall(new), strict=True):
        step = 10.0 ** -len(a.partition(".")[2]) if "." in a and "." in b else 0.0
        if abs(_plain(a) - _plain(b)) > 1.001 * step:
            return False
    return True


def _plain(number: str) -> float:
    return float(re.sub(r"[, ]", "", number))


def table(head: Sequence[str], rows: Rows) -> str:
    """Return a Markdown table."""
    lines = ["| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in row) + " |" for row in rows]
    return "\n".join(["| " + " | ".join(head) + " |", "|" + "---|" * len(head), *lines]) + "\n"


# --- the API ---------------------------------------------------------------------------------------------------------
def api_operations() -> str:
    """Return the list of the API's operations from its routes, with who may ask for each by the policy."""
    import os

    import django
    from django.apps import apps

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lichen.web.settings")
    if not apps.ready:
        django.setup()
    from lichen.web.api import ROUTERS
    from lichen.web.policy import ALLOWED

    rows: Rows = []
    for path, view in (pair for router in ROUTERS for pair in router.path_operations.items()):
        for operation in view.operations:
            for method in operation.methods:
                rule = vars(operation.view_func)["rules"][method]
                who = rule.who if rule.action is None else ", ".join(sorted(ALLOWED[rule.action]))
                said = (operation.description or "").partition("\n\n")[0].replace("``", "`")
                shown = re.sub(r"{[a-z]+:([a-z]+)}", r"{\1}", path)
                rows.append((f"`{method}`", f"`{shown}`", who, said))
    return "\n\n".join([
        MADE, "# Every operation of the API",
        "Paths are under `/api/v1`. Who: roles in the park of the path; of what is a firm's, a firm's people reach "
        "their own alone. "
        "`account`: whoever is logged in; `operator`: who operates the installation; `anyone`: without a log-in. "
        "[How to use it](api.md).",
        table(("", "path", "who", "what it does"), sorted(rows, key=lambda row: (row[1], row[0]))),
    ])  # fmt: skip


# --- the survey ------------------------------------------------------------------------------------------------------
def survey() -> str:
    """Return the reference of the survey workbook from its data dictionary."""
    from lichen.inventory.dictionary import ENTITIES, SHEETS, fields

    lines = [
        "# The survey workbook, field by field\n",
        "Generated from the data dictionary (`src/lichen/inventory/dictionary.toml`), as are workbook, importer "
        "and export. `lichen inventory template --out survey.xlsx` writes an empty one, `--lang zh` in Chinese. "
        "Headings are understood in both languages, in any order; a column that is missing counts as empty. Needed "
        "columns are marked \\*.\n",
    ]
    for entity in ENTITIES:
        lines.append(f"## {SHEETS[entity][0]} · {SHEETS[entity][1]}\n")
        rows = [_dictionary_row(field) for field in fields(entity)]
        lines.append(table(("key", "heading", "allowed", "help"), rows))
    return "\n".join(lines)


def follow_up() -> str:
    """Return the reference of the files of follow-up from their data dictionary."""
    from lichen.monitor.dictionary import ENTITIES, FILES, TITLES, fields

    lines = [
        "# The files of follow-up, field by field\n",
        "Generated from the data dictionary (`src/lichen/monitor/dictionary.toml`), as are reader and empty files. "
        "They stand in the folder `follow-up` of a study, as CSV or XLSX; each may be missing. "
        "`lichen follow STUDY --start` writes the missing ones with headings, `--lang zh` in Chinese. Keys and "
        "headings are understood in both languages, in any order. Needed columns are marked \\*. A number with several "
        "units has its unit in the column `… unit` (`…：单位`) beside it. A number that can be read in two ways is "
        "refused until another number of the file shows the decimal sign. What it means is in "
        "[the method](methods/follow-up.md).\n",
    ]
    for entity in ENTITIES:
        lines.append(f"## {FILES[entity]} · {TITLES[entity][0]} · {TITLES[entity][1]}\n")
        if entity == "actual":
            lines.append("The columns of `planned`.\n")
        else:
            lines.append(table(("key", "heading", "allowed", "help"), [_dictionary_row(f) for f in fields(entity)]))
    return "\n".join(lines)


def _dictionary_row(field: Any) -> Sequence[str]:
    """Return key, heading, what is allowed, and help of a field."""
    star = " \\*" if field.required else ""
    allowed = "day, month or year" if field.type == "period" else field.type
    if field.choices:
        pairs = (f"{a} {b}" if a != b else a for a, b in zip(field.choices, field.choices_zh, strict=True))
        allowed = "; ".join(pair for pair in pairs if pair.strip())
    elif field.units:
        allowed = "number with a unit: " + ", ".join(field.units) + " …"
    elif field.unit:
        allowed = f"number [{field.unit}]"
    heading, said = f"{field.labels[0]} · {field.labels[1]}", f"{field.helps[0]} {field.helps[1]}"
    return (f"`{field.name}`{star}", heading, allowed, said)


# --- the study's text files -------------------------------------------------------------------------------------------
FILES = {
    "study.toml": ("Study", "TableStep", "Update", "Regionalise", "Aggregate", "Domestic", "SatelliteStep", "City",
                   "EconomyStep", "ScenarioStep", "Reporting", "Comparison", "FlowSettings",
                   "Discovering", "Designing", "DesignLimit", "SharedPlant", "PlantSize",
                   "ContentLimit", "HeatPipe",
                   "Appraising", "AppraisedExchange", "ProfitTax", "Settling", "Threshold"),
    "exchanges.toml": ("ExchangeFile", "Exchange", "Replacement", "Need", "Transport", "Disposal", "Product", "Input",
                       "OnSite", "Limit"),
    "interventions.toml": ("InterventionFile", "Intervention", "CellChange", "Substitute"),
    "published.toml": ("PublishedFile", "Published"),
    "In every file": ("Figure", "Text", "Source"),
}  # fmt: skip
ROOTS = ("Study", "ExchangeFile", "InterventionFile", "PublishedFile")


def words() -> Mapping[str, Mapping[str, str]]:
    """Return the data dictionary."""
    from lichen.study.schema import dictionary

    return dictionary()


def described() -> dict[str, type]:
    """Return every dataclass that can stand in a study's text files, by name."""
    from lichen.study import config

    found: dict[str, type] = {}
    stack: list[Any] = [getattr(config, name) for name in reversed(ROOTS)]
    while stack:
        kind = stack.pop()
        if isinstance(kind, type) and dataclasses.is_dataclass(kind):
            if kind.__name__ not in found:
                found[kind.__name__] = kind
                stack.extend(reversed(list(typing.get_type_hints(kind).values())))
        else:
            stack.extend(reversed(typing.get_args(kind)))
    return found


def study_file() -> str:
    """Return the reference of the study's text files."""
    classes, said = described(), words()
    parts = [MADE, "# The study file", STUDY_INTRODUCTION]
    for file, names in FILES.items():
        parts.append(f"## {file}")
        for name in names:
            parts += [f"### {name}", f"{said[name]['en']}\n{said[name]['zh']}", _fields(classes[name], said).rstrip()]
    return "\n\n".join([*parts, FIGURE_FILES])


def _fields(kind: type, said: Mapping[str, Mapping[str, str]]) -> str:
    hints = typing.get_type_hints(kind)
    rows: Rows = []
    for field in dataclasses.fields(kind):
        text = said[f"{kind.__name__}.{field.name}"]
        rows.append((f"`{field.name}`", _type(hints[field.name], field.name), _default(field), text["en"], text["zh"]))
    return table(("key", "type", "default", "meaning", "含义"), rows)


def _type(hint: Any, key: str) -> str:
    """Return a type in words, with allowed values."""
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin is Literal:
        return " ".join(f"`{value}`" if value else '`""`' for value in args)
    if origin in (typing.Union, types.UnionType):
        return " or ".join(_type(a, key) for a in args if a is not type(None))
    if origin is tuple:
        inner = args[0]
        return f"`[[…{key}]]`, list of {_type(inner, key)}" if dataclasses.is_dataclass(inner) else "list of text"
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return f"table: id = {_type(args[1], key)}"
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return f"[{hint.__name__}](#{hint.__name__.lower()})"
    return {str: "text", int: "whole number", float: "number", bool: "true, false"}[hint]


def _default(field: dataclasses.Field[Any]) -> str:
    if field.default is dataclasses.MISSING:
        return "**needed**" if field.default_factory is dataclasses.MISSING else "–"
    value = field.default
    if value is None or value == () or value == "" or dataclasses.is_dataclass(value):
        return "–"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


STUDY_INTRODUCTION = """\
A study is a folder with a file `study.toml` and the files that it names. Everything is text in
[TOML](https://toml.io/en/v1.0.0) (UTF-8), so a change of a study can be read line by line. Paths are relative to the
folder and may not leave it. An unknown key is an error. `lichen new DIR` writes a study that runs as it is, and
`lichen check DIR` tells every problem at once, with its place and how to mend it.

研究是一个文件夹，含 `study.toml` 及其所指的文件，均为 TOML 文本（UTF-8），改动可逐行比较。
路径相对于该文件夹，不得指向其外。未知的键视为错误。`lichen new 目录` 生成可直接运行的研究；
`lichen check 目录` 一次列出全部问题、位置和解决办法。

A key whose type is `[[…name]]` may be written as often as there are items: `[[exchange]]`, and inside one
`[[exchange.replaces]]`."""

FIGURE_FILES = """\
## Files of figures by year

Shares of a city, outputs of another year and published totals stand in CSV files or workbooks with one row a figure:

| column | holds |
|---|---|
| `year` | year the figure speaks of |
| `sector` or `account` | what it belongs to: every sector of the table, once a year; or an account |
| `share` or `value` | the number; a share has the unit 1 |
| `unit` | its unit, for values |
| `kind` | `measured`, `reported`, `estimated` or `assumed` |
| `source` | id of a source |
| `low`, `high` | range, as for a figure; may be left out |
| `note` | how it was derived; may be left out |

Tables and satellite accounts have [their own layout](table-layout.md).
"""


# --- costs and prices ------------------------------------------------------------------------------------------------
def costs_file() -> str:
    """Return the reference of a table of costs from its dictionary, and how many figures ship."""
    from lichen.appraise._cost_items import closed_keys, cost_columns, rules
    from lichen.appraise.costs import shipped_costs

    columns: Rows = [
        (f"`{c.name}`", c.heading_zh, "**needed**" if c.needed else "", *c.meanings) for c in cost_columns()
    ]
    items: Rows = []
    shipped: Rows = []
    for item, rule in rules().items():
        units = ", ".join(f"`{unit}`" for unit in rule.units)
        items.append((f"`{item}`", rule.heading_zh, rule.keys, units, "yes" if rule.by_year else "", *rule.meanings))
        figures = [cost.figure for cost in shipped_costs() if cost.item == item]
        years = sorted({figure.year for figure in figures})
        span = f"{years[0]}–{years[-1]}" if years else "–"
        recalled = sum("recalled" in figure.note for figure in figures)
        shipped.append((f"`{item}`", str(len(figures)), span, str(recalled)))
    keys: Rows = [(name, *COST_KEYS[name]) for name in dict.fromkeys(rule.keys for rule in rules().values())]
    closed = dict.fromkeys(rule.keys for rule in rules().values() if closed_keys(rule.keys))
    words: Rows = [(name, " ".join(f"`{key}` {zh};" for key, zh in closed_keys(name).items())) for name in closed]
    heads = ("column", "列名", "", "meaning", "含义"), ("item", "项目", "key", "units", "by year", "meaning", "含义")
    parts = [
        MADE, "# Costs and prices 费用与价格", COSTS_INTRODUCTION, "## Columns 列", table(heads[0], columns).rstrip(),
        "## Items 项目", COSTS_ITEMS, table(heads[1], items).rstrip(),
        "## Keys 对象", table(("key", "is", "说明"), keys).rstrip(), table(("key", "one of 可选"), words).rstrip(),
        "## What ships 内置数值", COSTS_SHIPPED, table(("item", "figures", "years", "recalled"), shipped),
    ]  # fmt: skip
    return "\n\n".join(parts)


COSTS_INTRODUCTION = """\
A study may bring its own costs and prices in one CSV or workbook, with one row a figure. It replaces what ships: a row
of the study goes before a shipped one. A row without unit, year, kind and source is refused; every problem is told
with its cell. Amounts may be in any year and currency; how they are converted is told in
[costs and prices](methods/costs.md).

研究可用一个 CSV 文件或工作簿提供自有的费用和价格，每行一个数值，优先于内置数值。
缺少单位、年份、类型或来源的行不予采用；所有问题均指明单元格。金额的年份和币种不限，
换算方法见[费用与价格](methods/costs.md)。

```csv
item,key,value,low,high,unit,kind,source,year,note
transport,road,0.55,0.45,0.70,CNY/(t km),reported,haulage contract 2022-07,2022,
disposal,slag.steel,28,,,CNY/t,measured,yard's ledger 2021,2021,yard of the works
price,cement.portland,320,300,340,CNY/t,reported,invoices 2022,2022,
discount_rate,own,9,,,%/a,assumed,board's minute 2022-03,2022,
```

```csv
项目,对象,数值,下限,上限,单位,类型,来源,年份,备注
运输,公路,0.55,0.45,0.70,元/(t km),报表,运输合同 2022-07,2022,
处置,钢渣,28,,,元/吨,实测,渣场台账 2021,2021,厂内渣场
价格,普通硅酸盐水泥,320,300,340,元/吨,报表,发票 2022,2022,
折现率,自有,9,,,%/a,假设,董事会纪要 2022-03,2022,
```"""

COSTS_ITEMS = """\
Units may be of any currency and any spelling of the same kind (`元/吨`, `USD/t`, `万元/km`). An item may be told in
several kinds of unit for one key (per tonne and per GJ); twice in the same kind is an error, but for items *by year*,
which may stand once a year: the nearest to the price year is taken.
单位的币种和写法不限，同类即可。同一对象可用不同类单位（每吨、每吉焦）分别填写；同类单位重复视为错误，
但“by year”项目可每年一行，采用离价格年份最近者。"""

COSTS_SHIPPED = """\
Each shipped figure has a source and a year (`src/lichen/appraise/data/costs.csv`). *Recalled* are those that were
written down from memory and are still to be compared with their source. Where no source was found there is no figure:
then the cost is asked for.
内置数值均有来源和年份。recalled 指凭记忆写下、尚待与来源核对者。没有来源则不给数值，改为向用户询问。"""

COST_KEYS = {
    "mode": ("mode of transport", "运输方式"),
    "treatment": (
        "id of a technology or exchange type of the [knowledge base](knowledge.md), or a material",
        "知识库中的技术或交换类型编号，或物料",
    ),
    "material": ("code or name of a material of the vocabulary; a heading by its code", "物料代码或名称；类目用代码"),
    "size": ("nominal size of a pipe, `DN20` to `DN1600`", "管道公称直径，`DN20` 至 `DN1600`"),
    "market": ("carbon market", "碳市场"),
    "rate": ("whose discount rate", "折现率的采用者"),
    "tax": ("tax", "税种"),
    "lasting": ("id of a technology, or", "技术编号，或"),
    "pair": (
        "a stream and what it replaces, `STREAM>MATERIAL`, by their codes",
        "物料流及其所替代的物料，`物料流>物料`，用代码",
    ),
}


# --- the command line -------------------------------------------------------------------------------------------------
def commands() -> dict[str, Any]:
    """Return every command by its words: ``lichen``, ``lichen run``, ``lichen table show``."""
    import typer

    from lichen.cli import app

    def walk(name: str, command: Any) -> Iterator[tuple[str, Any]]:
        yield name, command
        for part, child in getattr(command, "commands", {}).items():
            yield from walk(f"{name} {part}", child)

    return dict(walk("lichen", typer.main.get_command(app)))


def cli() -> str:
    """Return the reference of the command line."""
    parts = [MADE, "# The command line", CLI_INTRODUCTION]
    for name, command in commands().items():
        usage = " ".join([name, *(_placeholder(p) for p in command.params if not _is_option(p) or p.required)])
        usage += " COMMAND …" if hasattr(command, "commands") else ""
        parts += [f"## {name}", f"```text\n{usage}\n```", command.help.strip()]
        rows: Rows = [(_spelling(p), p.help or "", _shown_default(p)) for p in command.params]
        if rows:
            parts.append(table(("argument, option", "meaning", "default"), rows).rstrip())
    return "\n\n".join(parts) + "\n"


def _is_option(parameter: Any) -> bool:
    return bool(parameter.opts[0].startswith("-"))


def _value(parameter: Any) -> str:
    annotation = parameter.type_descriptor.annotation
    if annotation is bool:
        return ""
    if isinstance(annotation, type) and issubclass(annotation, enum.Enum):
        return "|".join(str(member.value) for member in annotation)
    return {int: "NUMBER", float: "NUMBER", Path: "PATH"}.get(annotation, "TEXT")


def _placeholder(parameter: Any) -> str:
    if not _is_option(parameter):
        return str(parameter.metavar or parameter.name.upper())
    return f"{parameter.opts[0]} {_value(parameter)}".strip()


def _spelling(parameter: Any) -> str:
    if not _is_option(parameter):
        return f"`{_placeholder(parameter)}`"
    value = _value(parameter)
    return ", ".join(f"`{spelling}`" for spelling in parameter.opts) + (f" `{value}`" if value else "")


def _shown_default(parameter: Any) -> str:
    if parameter.required:
        return "**needed**"
    value = parameter.default
    return "–" if value is None or value is False else f"`{getattr(value, 'value', value)}`"


CLI_INTRODUCTION = """\
Each command is a thin call of the library. Results go to standard output, warnings and errors to standard error; what
`check` finds is its result. With `--json` a program reads standard output.

| exit code | meaning |
|---|---|
| 0 | done; there may be warnings |
| 1 | the input has errors, which were told; nothing partial was written |
| 2 | the command was called wrongly |
| 3 | Lichen itself failed; please report it |
| 130 | stopped by the user |

The language is that of `--lang`, else of the environment: `LICHEN_LANG`, `LC_ALL`, `LC_MESSAGES`, `LANG`, the first
that is set. `--lang` may stand before a command (`lichen --lang zh run DIR`) or after it (`lichen run DIR --lang zh`).
A table is a CSV or workbook in [the plain layout](table-layout.md), a Chinese table as published, or a folder saved by
pymrio."""


# --- units and problems -----------------------------------------------------------------------------------------------
def units() -> str:
    """Return the table of spellings."""
    from lichen.units import _SCALES

    data = tomllib.loads((SOURCE / "units.toml").read_text(encoding="utf-8"))
    rows: Rows = [
        (f"`{name}`", _definition(entry["is"]), " ".join(f"`{s}`" for s in entry["spellings"]))
        for name, entry in data.items()
    ]
    scales: Rows = [(f"`{word}`", f"{value:,.0f}") for word, value in _SCALES.items()]
    spellings = table(("unit", "is", "spellings 其他写法"), rows).rstrip()
    multipliers = ("Multipliers before a unit, e.g. `万吨`, `10000 CNY`:", table(("word", "times"), scales))
    return "\n\n".join([MADE, "# Units", UNITS_INTRODUCTION, spellings, *multipliers])


def _definition(text: str) -> str:
    return "base" if text.startswith("[") else text


UNITS_INTRODUCTION = """\
Lichen reads units from a closed table: what is not here is refused, with the nearest known spelling, and nothing is
guessed.
单位表是封闭的：表中没有的写法会被拒绝，并提示最接近的写法，不作猜测。

- Units are joined by `/`, `·`, `*`, `×` and blanks, with brackets: `kWh/t`, `CNY/(t km)`, `万吨/年`. What follows `/`
  is below the line.
- Case matters: `M` and `m`, `t` and `T` differ. Full-width signs are read as half-width, `₂` as `2`.
- A currency is never converted into another, `tCO2` never into `t`, `Nm3` never into `m3`: say which exchange rate,
  which carbon content or which gas, and convert with that figure.
- `ton` is the metric ton. A year `a` has 8760 h."""


def problems() -> str:
    """Return the catalogue of messages."""
    parts = [MADE, "# Messages 提示信息", PROBLEMS_INTRODUCTION]
    for path in sorted((SOURCE / "messages").glob("*.toml")):
        entries = tomllib.loads(path.read_text(encoding="utf-8"))
        rows: Rows = [
            (f"`{path.stem}.{name}`", _both(entry, "en"), _both(entry, "zh")) for name, entry in sorted(entries.items())
        ]
        parts += [f"## {path.stem}", table(("code", "English", "中文"), rows).rstrip()]
    return "\n\n".join(parts) + "\n"


def _both(entry: Mapping[str, str], lang: str) -> str:
    words = f"{entry[lang]} {entry.get(f'{lang}_mend', '')}"
    return re.sub(r"\[\[([^\[\]]*\{[^\[\]]*)\]\]", r"\1", words).strip().replace("<", "&lt;").replace("*", "\\*")


PROBLEMS_INTRODUCTION = """\
Every error, warning and note has a code, and words in both languages: what was found, and how to mend it. `--json`
gives the code beside the words, `problem.code` does in Python. What stands in `{braces}` is filled in.
每条错误、警告和提示都有代码，并有中英文说明：发现了什么，如何解决。
`--json` 输出中含代码，Python 中为 `problem.code`。"""


# --- what pages quote from a run --------------------------------------------------------------------------------------
def quotes() -> dict[str, str]:
    """Return what pages may quote from a run of the Guiyang study, by name."""
    from lichen.study.answer import answer
    from lichen.study.run import run_study

    result = run_study(STUDY)
    account = result.loaded.study.report.account
    found = {
        "answer": _quotation(answer(result, "en")),
        "answer.zh": _quotation(answer(result, "zh")),
        "exchanges": "\n" + _exchange_rows(result, account), "comparison": "\n" + _comparison_rows(result),
        "figures": str(len(result.figures)),
        "weak": f"{result.kinds['estimated'] + result.kinds['assumed']:.0%}".replace("%", " %"),
        "assumed": f"{result.kinds['assumed']:.0%}".replace("%", " %"),
        "total": f"{result.outcomes['BAU2012'].accounts.total(account):.2f}",
    }  # fmt: skip
    found["network"] = "\n" + _network_rows(result)
    for name, assessment in result.assessments.items():
        found[f"{name}.saving"] = f"{-assessment.change(account):.2f}"
        found[f"{name}.share"] = f"{-100 * assessment.relative_change(account):.1f}"
    for year in ("2002", "2007", "2012"):
        found[f"scale.{year}"] = f"{result.built.scales[f'co2-{year}']:.2f}"
    return found


def _quotation(lines: Sequence[str]) -> str:
    return "\n" + "\n>\n".join(f"> {line}" for line in lines) + "\n"


def _exchange_rows(result: Any, account: str) -> str:
    headline = result.headline
    names = {e.id: e.name.en for e in result.loaded.book.exchanges}
    rows: Rows = []
    for r in headline.exchanges:
        values = (r.onsite[account], r.upstream[account], r.total(account))
        rows.append((names[r.id], f"{r.amount / 1000:,.0f}", *map(_signed, values)))
    head = ("exchange", "more [kt/a]", "on site [Mt CO2/a]", "upstream", "total")
    return table(head, rows)


STREAMS = {
    "steel-slag-cement": ("slag.steel", "cement"), "phosphorus-slag-cement": ("slag.phosphorus", "cement"),
    "aluminium-slag-cement": ("sludge.red-mud", ""), "gangue-power": ("coal.gangue", "coal"),
    "fly-ash-cement": ("ash.fly.coal", "cement"), "plastics-furnace": ("waste.plastic", ""),
    "waste-heat-city": ("heat", ""), "scrap-steel": ("scrap.steel", ""),
}  # fmt: skip
"""The paper's exchanges → stream, and what it replaces (empty: anything), as the firms' flows name them."""


def _network_rows(result: Any) -> str:
    """Return the designed network beside the paper's eight exchanges, and what it holds beyond them."""
    from lichen.study.design import design_of
    from lichen.study.design_frame import study_costs
    from lichen.vocabulary.materials import descends

    network = design_of(result.discovery, study_costs(STUDY, result.discovery))
    left = {c.terms.one.id: c for c in network.flowing if c.terms.unit == "t"}
    rows: Rows = []
    for one in result.loaded.book.exchanges:
        stream, replaced = STREAMS[one.id]
        mine = [
            c for c in left.values() if descends(c.terms.one.stream, stream)
            and (not replaced or descends(c.terms.one.replaces, replaced))
        ]  # fmt: skip
        for c in mine:
            del left[c.terms.one.id]
        paper = f"{one.designed.to('kt/a'):,.0f}" if one.carrier == "mass" else "–"
        rows.append((f"{one.name.en} {one.name.zh}", paper, f"{sum(c.quantity for c in mine) / 1000:,.0f}"))
    rest = sum(c.quantity for c in left.values())
    rows.append(("others 其他", "–", f"{rest / 1000:,.0f}"))
    head = ("exchange 交换", "paper, designed 论文设计", "network of the illustrative firms 示例企业网络")
    o, years = network.outcome, network.money.years
    co2, gain = f"{o.co2_avoided / 1e3:,.0f}", f"{(o.gain or 0.0) / 1e6:,.0f}"
    return table(head, rows) + (
        f"\nIt has {o.exchanges} exchanges, avoids {co2} kt CO2 a year by the firms' own accounts, "
        f"and gains {gain} million CNY in {years} years.\n\n"
        f"共 {o.exchanges} 项交换，按企业核算年减排 {co2} 千吨 CO2，{years} 年净现值 {gain} 百万元。\n"
    )


def _signed(value: float) -> str:
    return "0" if abs(value) < 0.0005 else f"{value:+.3f}".replace("-", "−")


def _comparison_rows(result: Any) -> str:
    rows: Rows = []
    for line in result.compared:
        span = "" if line.low is None else f" ({line.low:.2f} to {line.high:.2f})"
        theirs = ", ".join(f"{p.figure.value:.4g} {p.figure.unit}" for p in line.published)
        rows.append((line.published[0].what.en, f"{line.value:.2f} {line.unit}{span}", theirs))
    return table(("measure", "this study", "published"), rows)


def with_quotes(text: str, quoted: Mapping[str, str]) -> str:
    """Return a page with everything between ``<!--=name-->`` and ``<!--/-->`` renewed."""
    return re.sub(r"(<!--=([\w.-]+)-->)(.*?)(<!--/-->)", lambda m: m[1] + quoted[m[2]] + m[4], text, flags=re.DOTALL)


if __name__ == "__main__":
    sys.exit(main())
