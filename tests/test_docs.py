"""The documentation: generated pages are up to date, what runs does run, what is named exists."""

import contextlib
import importlib
import importlib.util
import io
import re
import runpy
import shlex
import tomllib
from pathlib import Path

import pytest

from generator import GENERATE

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([
    *ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples" / "guiyang").glob("*.md"),
])  # fmt: skip
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]
METHODS = sorted((ROOT / "docs" / "methods").glob("*.md"))
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def blocks(name, kind):
    return [code for lang, code in BLOCK.findall((ROOT / name).read_text(encoding="utf-8")) if lang == kind]


# --- generated -----------------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def fresh():
    return GENERATE.pages()


GENERATED = [
    "docs/study-file.md", "docs/cli.md", "docs/units.md", "docs/problems.md", "docs/costs-file.md", "docs/follow-up.md",
    "docs/api-operations.md",
    *GENERATE.QUOTING,
]  # fmt: skip


@pytest.mark.parametrize("name", GENERATED)
def test_generated_page_is_up_to_date(fresh, name):
    assert GENERATE._same((ROOT / name).read_text(encoding="utf-8"), fresh[name]), "run: python docs/generate.py"


def test_a_last_digit_may_differ_and_nothing_else():
    same = GENERATE._same
    assert same("falls by 0.47 Mt", "falls by 0.48 Mt")
    assert not same("falls by 0.47 Mt", "falls by 0.49 Mt")
    assert not same("falls by 0.47 Mt", "rises by 0.47 Mt")
    assert not same("320 figures", "321 figures")


def test_a_quote_that_the_run_does_not_give_is_an_error():
    with pytest.raises(KeyError):
        GENERATE.with_quotes("<!--=nothing-->1<!--/-->", {})


@pytest.mark.parametrize("stale", [False, True])
def test_check_tells_what_is_out_of_date_and_writes_nothing(monkeypatch, tmp_path, capsys, stale):
    (tmp_path / "page.md").write_text("old" if stale else "new", encoding="utf-8")
    monkeypatch.setattr(GENERATE, "ROOT", tmp_path)
    monkeypatch.setattr(GENERATE, "pages", lambda: {"page.md": "new"})
    monkeypatch.setattr("sys.argv", ["generate.py", "--check"])
    assert GENERATE.main() == int(stale)
    assert ("page.md: out of date" in capsys.readouterr().out) == stale
    monkeypatch.setattr("sys.argv", ["generate.py"])
    if stale:
        assert (tmp_path / "page.md").read_text(encoding="utf-8") == "old"
    assert GENERATE.main() == 0
    assert (tmp_path / "page.md").read_text(encoding="utf-8") == "new"


# --- the command line ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", GENERATE.commands())
def test_every_command_and_option_says_what_it_does(name):
    command = GENERATE.commands()[name]
    assert (command.help or "").strip()
    for parameter in command.params:
        assert (parameter.help or "").strip(), f"{name}: {parameter.opts}"


def _calls():
    """Every call of lichen or make in a shell block or in backticks, with its page."""
    for name in NAMES:
        if name == "docs/cli.md":
            continue  # generated from the commands themselves
        text = (ROOT / name).read_text(encoding="utf-8")
        lines = [line for code in blocks(name, "sh") for line in code.splitlines()]
        for line in [*lines, *re.findall(r"`((?:lichen|make) [^`\n]+)`", BLOCK.sub("", text))]:
            call = line.split("#")[0].strip()
            if re.match(r"(\S*/)?(lichen|make)\b", call):
                yield name, call


@pytest.mark.parametrize(("page", "call"), sorted(set(_calls())))
def test_commands_that_pages_name_exist(page, call):
    program, *words = shlex.split(call)
    if program == "make":
        targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
        assert [w for w in words if "=" not in w and w not in targets] == []
        return
    name, known = "lichen", GENERATE.commands()
    while words and hasattr(known[name], "commands") and words[0] in known[name].commands:
        name = f"{name} {words.pop(0)}"
        if not hasattr(known[name], "commands"):
            break
        if words and words[0] == "--lang":
            words = words[2:]
    if words[:1] == ["--lang"] and name == "lichen":
        name, words = f"lichen {words[2]}", words[3:]
    assert name != "lichen" or words[:1] in (["--help"], ["--version"], ["--lang"]), f"no such command: {call}"
    options = {spelling for parameter in known[name].params for spelling in parameter.opts} | {"--help"}
    assert [w for w in words if w.startswith("-") and w not in options] == []


# --- what runs -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", [name for name in NAMES if blocks(name, "python")])
def test_python_blocks_run(name, monkeypatch):
    monkeypatch.chdir(ROOT)
    space = {"__name__": "page"}
    with contextlib.redirect_stdout(io.StringIO()):
        for code in blocks(name, "python"):
            exec(compile(code, name, "exec"), space)


@pytest.mark.parametrize("script", sorted((ROOT / "docs" / "examples").glob("*.py")), ids=lambda p: p.name)
def test_example_scripts_run(script, monkeypatch):
    monkeypatch.chdir(ROOT)
    with contextlib.redirect_stdout(io.StringIO()) as out:
        runpy.run_path(str(script))
    assert re.search(r"[+−-]\d", out.getvalue())
    assert "nan" not in out.getvalue()


@pytest.mark.parametrize("name", ["README.md", "README.zh.md"])
def test_readme_shows_the_ten_lines(name):
    code = (ROOT / "docs" / "examples" / "ten_lines.py").read_text(encoding="utf-8").split('"""', 2)[2].strip()
    assert blocks(name, "python") == [code + "\n"]


def test_the_tutorial_shows_the_study_as_it_is():
    folder = ROOT / "examples" / "guiyang"
    said = {line.strip() for file in folder.glob("*.toml") for line in file.read_text(encoding="utf-8").splitlines()}
    said |= {line.split("  #")[0].strip() for line in said}
    for code in blocks("docs/tutorial-guiyang.md", "toml"):
        tomllib.loads(code)
        for line in filter(None, map(str.strip, code.splitlines())):
            start = line.partition("…")[0].removesuffix('note = "')
            assert line in said or ("…" in line and any(s.startswith(start) for s in said)), line


# --- what is named -------------------------------------------------------------------------------------------------------
def _slug(heading):
    plain = re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")


@pytest.mark.parametrize("name", NAMES)
def test_links_resolve(name):
    text = BLOCK.sub("", (ROOT / name).read_text(encoding="utf-8"))
    for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`\n]*`", "", text)):
        if re.match(r"https?:|mailto:", target):
            continue
        path, _, fragment = target.partition("#")
        page = ((ROOT / name).parent / path).resolve() if path else ROOT / name
        assert page.is_relative_to(ROOT), target
        assert page.exists(), target
        if fragment:
            headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
            assert fragment in map(_slug, headings), target


def test_the_index_leads_to_every_page():
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    apart = ("index.md", "benchmarks.md")  # the latter is written by make bench
    pages = [p.relative_to(ROOT / "docs") for p in (ROOT / "docs").rglob("*.md") if p.name not in apart]
    assert [str(page) for page in pages if f"({page.as_posix()})" not in index] == []


@pytest.mark.parametrize("page", METHODS, ids=lambda p: p.stem)
def test_method_pages_have_equation_validity_source_and_place(page):
    text = page.read_text(encoding="utf-8")
    heads = re.findall(r"^## (.*)$", text, re.MULTILINE)
    for wanted in ("Equation", "Valid where", "Source", "In the code"):
        assert any(head.startswith(wanted) for head in heads), wanted
    assert blocks(str(page.relative_to(ROOT)), "python")


@pytest.mark.parametrize("name", NAMES)
def test_modules_that_pages_name_exist(name):
    for dotted in set(re.findall(r"`(lichen(?:\.[a-z_]+)+)`", (ROOT / name).read_text(encoding="utf-8"))):
        parent, _, last = dotted.rpartition(".")
        home = importlib.import_module(parent)
        is_module = hasattr(home, "__path__") and importlib.util.find_spec(dotted) is not None
        assert is_module or hasattr(home, last), dotted


@pytest.mark.parametrize("module", ["labelled", "numerals"])
def test_the_rules_are_those_of_the_code(module):
    def plain(text):
        text = re.sub(r":\w+:`(\w+)`", r"\1", text)
        return re.sub(r"[`\s]+", " ", text)

    page = plain((ROOT / "docs" / "labels-and-absent-values.md").read_text(encoding="utf-8"))
    rules = re.split(r"\n\d\. ", importlib.import_module(f"lichen.{module}").__doc__.split("has a test):")[1])[1:]
    assert len(rules) == 5
    for rule in rules:
        first = plain(rule.split("\n\n")[0]).strip()
        opening = re.split(r" by decimal_of| LONGEST", first)[0].removesuffix(" or")
        assert opening in page, first


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_pictures_are_there_and_small(lang):
    picture = (ROOT / "docs" / "images" / f"report-{lang}.png").read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert len(picture) < 400_000
    assert 1000 <= int.from_bytes(picture[16:20]) <= 1300


def test_citation_and_package_agree():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"version: {project['version']}\n" in citation
    assert f"license: {project['license']}\n" in citation
    assert f"## {project['version']}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
