"""The public face: what is promised can be imported, and importing costs nothing."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import lichen


def typed_names() -> dict[str, str]:
    tree = ast.parse(Path(lichen.__file__).read_text(encoding="utf-8"))
    block = next(n for n in tree.body if isinstance(n, ast.If) and getattr(n.test, "id", "") == "TYPE_CHECKING")
    found = {}
    for statement in block.body:
        assert isinstance(statement, ast.ImportFrom)
        for alias in statement.names:
            assert alias.asname == alias.name, alias.name
            found[alias.name] = statement.module
    return found


@pytest.mark.parametrize("name", lichen.__all__)
def test_every_name_is_there_and_documented(name):
    value = getattr(lichen, name)
    assert value.__doc__
    assert name in dir(lichen)


def test_type_checkers_see_the_same_names():
    assert typed_names() == lichen._HOME


def test_no_name_stands_twice():
    names = [name for names in lichen._PUBLIC.values() for name in names]
    assert sorted(names) == sorted(set(names)) == list(lichen.__all__)


def test_unknown_names_are_refused():
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = lichen.no_such_name


def test_import_loads_nothing_heavy():
    code = (
        "import sys, lichen, lichen.errors; "
        "print([m for m in ('numpy', 'pandas', 'scipy', 'pint', 'pydantic', 'jinja2', 'typer') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_an_economy_needs_no_pandas():
    code = (
        "import sys, lichen; lichen.Economy(lichen.small_table(), lichen.small_satellites()).accounts(); "
        "print([m for m in ('pandas', 'pint', 'pydantic') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
