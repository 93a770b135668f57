"""The page names every column, and its code runs."""

from pathlib import Path

import pytest

from lichen.knowledge.columns import TABLES, columns
from lichen.knowledge.read import knowledge

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "knowledge.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", TABLES)
def test_every_column_is_explained_as_the_code_explains_it(name):
    section = PAGE.split(f"### {name}\n")[1].split("\n#")[0]
    rows = [line for line in section.splitlines() if line.startswith("| `")]
    assert [row.split("`")[1] for row in rows] == [c.name for c in columns(name)]
    for row, c in zip(rows, columns(name), strict=True):
        assert c.heading_zh in row
        assert c.meaning("zh").replace("|", "\\|") in row
        assert c.meaning("en").replace("|", "\\|").rstrip(".") in row
        assert ("**needed**" in row) == c.needed


def test_the_counts_are_those_of_the_library():
    base = knowledge()
    for words, count in (("Exchange types", len(base.types)), ("Conditions", len(base.conditions)),
                         ("Cases", len(base.cases)), ("Technologies", len(base.technologies))):  # fmt: skip
        assert f"**{words}** ({count})" in PAGE
    assert f"**standards** ({len(base.standards)})" in PAGE
