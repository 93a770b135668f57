"""``lichen inventory sectors`` and ``materials``: the codes and names that a survey is filled with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lichen.cli.common import INPUT_ERRORS, Json, Lang, console, print_json, say, set_language
from lichen.errors import current_language

Text = Annotated[str, typer.Argument(metavar="TEXT", help="Part of a code or name, in Chinese or English.")]
MOST_MATERIALS = 20
"""Materials that are shown of those that a text may mean."""
MOST_MEANT = 5
"""Materials that a model of names adds to them."""


def sectors(
    text: Text = "",
    profile: Annotated[bool, typer.Option("--profile", help="Only those whose usual flows are known.")] = False,
    json: Json = False,
    lang: Lang = None,
) -> None:
    """Find industries of GB/T 4754: code, name, and whether usual flows are known (for template --sector)."""
    set_language(lang)
    from lichen.vocabulary.industries import find_industries, industries
    from lichen.vocabulary.profiles import profiled

    known = profiled()
    found = [i for i in (find_industries(text) if text else industries()) if not profile or i.code in known]
    if json:
        print_json([{"code": i.code, "level": i.level, "en": i.name("en"), "zh": i.name_zh, "profile": i.code in known}
                    for i in found])  # fmt: skip
    else:
        usual = say("usual flows known", "有常见物流")
        _grid([(i.code, i.name(), usual if i.code in known else "") for i in found])
    _none(not found, text)


def materials(
    text: Text = "",
    model: Annotated[
        Path | None,
        typer.Option(
            "--model", envvar="LICHEN_NAME_MODEL", help="Folder of a model of names: finds other spellings too."
        ),
    ] = None,
    json: Json = False,
    lang: Lang = None,
) -> None:
    """Find materials that a survey may name: names in English and Chinese, code, other names."""
    set_language(lang)
    from lichen.vocabulary.materials import match_material, material
    from lichen.vocabulary.materials import materials as every
    from lichen.vocabulary.meaning import open_model

    codes = [m.code for m in match_material(text, MOST_MATERIALS)] if text else [m.code for m in every()]
    if text and model is not None:
        codes = list(dict.fromkeys((*codes, *(m.code for m in open_model(model).nearest(text, MOST_MEANT)))))
    found = [m for m in map(material, codes) if not m.group]
    if json:
        print_json([{"code": m.code, "en": m.name_en, "zh": m.name_zh, "synonyms": list(m.synonyms)} for m in found])
    else:
        chinese = current_language() == "zh"
        separator = "、" if chinese else ", "
        _grid([(*((m.name_zh, m.name_en) if chinese else (m.name_en, m.name_zh)), m.code, separator.join(m.synonyms))
               for m in found])  # fmt: skip
    _none(not found, text)


def _grid(rows: list[tuple[str, ...]]) -> None:
    from rich.table import Table as Grid

    grid = Grid(box=None, pad_edge=False, show_header=False)
    for row in rows:
        grid.add_row(*row)
    if rows:
        console().print(grid)


def _none(nothing: bool, text: str) -> None:
    """Say that nothing was found; that is an error, so that a script sees it."""
    if nothing:
        typer.echo(say(f"Nothing is like “{text}”.", f"没有与“{text}”相近的条目。"), err=True)
        raise typer.Exit(INPUT_ERRORS)
