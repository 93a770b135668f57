"""Problems tell themselves in two languages; every code in the source has its words, and no words stand idle."""

import ast
import json
import pickle
import re
import string
import tomllib
from pathlib import Path

import pytest

import lichen
from lichen.errors import (
    EconomyError,
    FileError,
    InputError,
    LabelError,
    LichenError,
    Problem,
    Problems,
    UnitError,
    Where,
    current_language,
    language,
)

SOURCE = Path(lichen.__file__).parent
CATALOGUES = {p.stem: tomllib.loads(p.read_text(encoding="utf-8")) for p in (SOURCE / "messages").glob("*.toml")}
CODES = {f"{area}.{name}" for area, entries in CATALOGUES.items() for name in entries}
KEYS = ("en", "en_mend", "zh", "zh_mend")


def fields(template: str) -> set[str]:
    return {
        name.split(".")[0].split("[")[0] for _, name, _, _ in string.Formatter().parse(template) if name is not None
    }


def wanted(code: str) -> set[str]:
    area, _, name = code.partition(".")
    return {f for key in KEYS for f in fields(CATALOGUES[area][name].get(key, ""))}


class Uses(ast.NodeVisitor):
    """Codes that a module uses, exact and by prefix, and the values it visibly passes with them."""

    def __init__(self, path: Path):
        self.path, self.exact, self.prefixes, self.passed, self.bare = path, set(), set(), [], set()
        self.patterns = set()
        self.visit(ast.parse(path.read_text(encoding="utf-8")))

    def visit_Constant(self, node):
        if isinstance(node.value, str) and re.fullmatch(r"[a-z_]+\.[a-z_]+", node.value):
            area = node.value.split(".")[0]
            if area in CATALOGUES:
                self.exact.add(node.value)
        elif isinstance(node.value, str):
            self.bare.add(node.value)

    def visit_JoinedStr(self, node):
        first = node.values[0]
        if isinstance(first, ast.Constant) and first.value.split(".")[0] in CATALOGUES and "." in first.value:
            self.prefixes.add(first.value)
            self.patterns.add(
                "".join(re.escape(v.value) if isinstance(v, ast.Constant) else r"\w+" for v in node.values)
            )
        self.generic_visit(node)

    def visit_Call(self, node):
        self.generic_visit(node)
        first = node.args[0] if node.args else None
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name not in ("add", "Problem") or not isinstance(first, ast.Constant) or not isinstance(first.value, str):
            return
        names = {k.arg for k in node.keywords}
        if name == "Problem":
            values = next(
                (k.value for k in node.keywords if k.arg == "values"), node.args[3] if len(node.args) > 3 else None
            )
            names = {getattr(k, "value", None) for k in values.keys} if isinstance(values, ast.Dict) else {None}
            names = names if values is not None else set()
        self.passed.append((first.value, names, node.lineno))


USES = [Uses(path) for path in sorted(SOURCE.rglob("*.py"))]


def by_module(use: Uses):
    """Yield each code with the names of values passed; a bare name belongs to the prefix of its module."""
    for code, names, line in use.passed:
        if "." in code:
            yield code, names, line
        else:
            for prefix in use.prefixes:
                if prefix.endswith("."):
                    yield prefix + code, names, line


def used_codes() -> set[str]:
    used = set()
    for use in USES:
        used |= use.exact
        for pattern in use.patterns:
            if re.fullmatch(r"[a-z]+\\\.\\w\+", pattern):  # the whole name is a value: some text of the module
                used |= {f"{pattern.split(chr(92))[0]}.{name}" for name in use.bare} & CODES
            else:
                used |= {c for c in CODES if re.fullmatch(pattern, c)}
    return used


def test_the_scan_sees_the_source():
    assert "scenario.limit" in used_codes()
    assert "checks.unbalanced_row" in used_codes()
    assert "scenario.city_to_city" in used_codes()
    assert sum(len(use.passed) for use in USES) > 150


@pytest.mark.parametrize("use", USES, ids=lambda u: str(u.path.relative_to(SOURCE)))
def test_every_code_has_words_and_gets_its_values(use):
    for code, names, line in by_module(use):
        if "." not in code or code.split(".")[0] not in CATALOGUES:
            continue
        assert code in CODES, f"{use.path.name}:{line}: {code} has no words"
        if None not in names:
            assert wanted(code) <= names, f"{use.path.name}:{line}: {code} lacks {wanted(code) - names}"


def test_no_words_stand_idle():
    assert sorted(CODES - used_codes()) == []


@pytest.mark.parametrize("code", sorted(CODES))
def test_words_in_both_languages_with_the_same_values(code):
    area, _, name = code.partition(".")
    entry = CATALOGUES[area][name]
    assert entry.get("en")
    assert entry.get("zh")
    assert set(entry) <= set(KEYS)
    assert bool(entry.get("en_mend")) == bool(entry.get("zh_mend"))
    for part in ("", "_mend"):
        # {zh} is the Chinese name of the thing that English calls by {field} or {column}
        english, chinese = fields(entry.get("en" + part, "")), fields(entry.get("zh" + part, ""))
        assert english == chinese or (
            "zh" in chinese and english - {"field", "column"} == chinese - {"zh", "field", "column"}
        )
    assert re.search(r"[\u4e00-\u9fff]", entry["zh"])
    assert not re.search(r"[\u4e00-\u9fff]", re.sub(r"[“(][^”)]*[”)]", "", entry["en"])) or area in (
        "published",
        "read",
    )
    numbers = {n for key in KEYS for _, n, spec, _ in string.Formatter().parse(entry.get(key, "")) if spec}
    values = {name: 7.0 if name in numbers else "7" for name in wanted(code)}
    for lang in ("en", "zh"):
        assert "7" in Problem(code, values=values).text(lang) or not wanted(code)


def test_language_switch_is_undone(monkeypatch):
    monkeypatch.setenv("LICHEN_LANG", "en")
    problem = Problem("table.no_sectors")
    with language("zh"):
        assert str(problem).startswith("表中没有部门")
        with language("en"):
            assert str(problem).startswith("The table has no sectors.")
        assert current_language() == "zh"
    assert current_language() == "en"
    monkeypatch.setenv("LICHEN_LANG", "zh_CN.UTF-8")
    assert current_language() == "zh"


def test_environment_without_a_language_speaks_english(monkeypatch):
    for name in ("LICHEN_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    assert current_language() == "en"


def test_place_in_both_languages():
    where = Where("table.xlsx", "Z", "C5", "a.b")
    assert where.text("en") == "table.xlsx, sheet Z, cell C5, a.b"
    assert where.text("zh") == "table.xlsx，工作表 Z，单元格 C5，a.b"
    with language("en"):
        assert str(Where(key="x")) == "x"
    assert (
        Problem("table.no_sectors", where).text("zh").startswith("table.xlsx，工作表 Z，单元格 C5，a.b：表中没有部门。")
    )


@pytest.mark.parametrize("bad", ["\x1b[31mred", "line\nbreak", "\u202egnirts", "a\x00b", "bell\x07"])
def test_control_characters_never_reach_the_terminal(bad):
    problem = Problem("units.unknown", Where(file=bad, sheet=bad, cell=bad, key=bad), values={
        "text": bad, "part": [bad, bad], "near": (bad,)})  # fmt: skip
    for lang in ("en", "zh"):
        assert problem.text(lang).isprintable()


def test_long_values_are_cut():
    problem = Problem("units.unknown", values={"text": "x" * 5000, "part": list(range(100)), "near": "–"})
    assert len(problem.text("en")) < 700
    assert "… (100)" in problem.text("en")
    assert len(Problem("table.no_sectors", Where(file="f" * 9999)).text("en")) < 500


def test_braces_in_values_stay_text():
    assert "{0.__class__}" in Problem("units.unknown", values={"text": "{0.__class__}", "part": "", "near": ""}).text(
        "en"
    )


@pytest.mark.parametrize("empty", ["", "–", None, [], (), ["–"], ["", None]])
def test_an_optional_part_with_an_empty_value_is_left_out(empty):
    values = {"what": "sectors", "label": "x", "near": empty}
    assert Problem("labels.unknown", values=values).mend("en") == "Remove or rename it."
    assert Problem("labels.unknown", values=values).mend("zh") == "请删除或改名。"
    assert "–" not in Problem("labels.unknown", values=values).text("en")


def test_an_optional_part_with_a_value_stands_without_its_brackets():
    values = {"what": "sectors", "label": "x", "near": "[[y]]"}
    assert Problem("labels.unknown", values=values).mend("en").endswith("the nearest known label is “[[y]]”.")
    told = Problem("scenario.unknown_product", values={"product": "p", "near": "–"})
    assert told.mend("en") == "Define it in a [[product]] block."  # double brackets around no value are text
    nothing = Problem("concordance.unknown_source", values={"label": "x", "near": "–"})
    assert nothing.mend("en") == ""
    assert not nothing.text("en").endswith(" ")


def test_one_of_two_optional_parts():
    values = {"field": "Moisture", "zh": "含水率", "found": "-1", "low": "0", "high": ""}
    assert Problem("inventory.range", values=values).found("en") == "“Moisture” is -1, below 0."
    assert (
        Problem("inventory.range", values={**values, "low": "", "high": "100"}).found("zh")
        == "“含水率”为 -1，高于 100。"
    )


def test_optional_parts_are_whole_and_the_nearest_is_always_one():
    for code in CODES:
        area, _, name = code.partition(".")
        for part, words in CATALOGUES[area][name].items():
            parts = re.findall(r"\[\[(.*?)\]\]", words)
            assert words.count("[[") == words.count("]]") == len(parts), (code, part)
            bare = re.sub(r"\[\[.*?\]\]", "", words)
            assert "{near}" not in bare, (code, part)
            assert not bare.endswith((";", "；", ",", "，")), (code, part)


def test_json():
    problem = Problem("labels.missing", Where(file="t.csv"), "warning", {"what": "sectors", "label": "农业"})
    data = json.loads(json.dumps(problem.as_dict("en")))
    assert data["code"] == "labels.missing"
    assert data["severity"] == "warning"
    assert data["where"] == "t.csv"
    assert "农业" in data["found"]
    assert data["mend"]


def test_problems_come_together_and_errors_come_first():
    problems = Problems()
    problems.add("table.no_sectors", severity="note")
    problems.raise_if_errors(EconomyError)
    problems.add("table.no_sectors", severity="warning")
    assert problems.ok
    problems.add("labels.missing", what="w", label="x")
    problems.extend([Problem("labels.missing", values={"what": "w", "label": "y"})])
    assert len(problems) == 4
    assert not problems.ok
    with pytest.raises(LabelError) as error:
        problems.raise_if_errors(LabelError)
    assert [p.severity for p in error.value.problems] == ["error", "error", "warning", "note"]
    assert len(error.value.text("en").splitlines()) == 4
    assert "“y”" in str(error.value)
    assert problems.as_tuple()[0].severity == "note"


def test_errors_travel_between_processes():
    error = EconomyError((Problem("table.no_sectors", Where(file="f")),))
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is EconomyError
    assert again.problems == error.problems


def test_the_tree():
    assert issubclass(UnitError, InputError)
    assert issubclass(UnitError, ValueError)
    assert issubclass(FileError, InputError)
    assert issubclass(InputError, LichenError)
    assert not issubclass(EconomyError, InputError)
