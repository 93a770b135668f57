"""Materials and energy carriers: codes, names, hierarchy, and finding the one that a firm means.

The data are in ``data/materials.csv``; every number there stands beside its source. Names that firms use for several
materials are in ``data/ambiguous_names.csv``: they are asked about, never decided. A *group* (slag, ash, sludge) holds
materials and is none itself.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from lichen.errors import Language, current_language
from lichen.figures import Figure, Text
from lichen.vocabulary._files import number, parts, rows, unknown
from lichen.vocabulary.names import alike, plain

Form = Literal["solid", "liquid", "gas", "heat", "electricity", "water"]
Role = Literal["raw material", "fuel", "product", "by-product", "waste", "water", "heat", "electricity", "emission"]
How = Literal["exact", "group", "ambiguous", "code", "near", "meaning"]
"""How a name was found; only ``exact`` means that it is known."""
WORST = 55.0
"""Suggestions that score below this are not made [0 to 100]."""
_HEADING = 10.0
"""What a group scores less than a material: a heading is the last thing to suggest."""

_FIGURES: Mapping[str, tuple[str, str, str]] = {
    "density": ("density_t_m3", "t/m3", "density_source"),
    "heating value": ("lhv_gj_t", "GJ/t", "lhv_source"),
    "heating value by volume": ("lhv_mj_m3", "MJ/m3", "lhv_m3_source"),
    "carbon": ("carbon_t_t", "t/t", "carbon_source"),
}


@dataclass(frozen=True)
class Material:
    """A material, an energy carrier, or a group of them.

    Parameters
    ----------
    code, parent
        Stable identifier, and the one above it; empty at the top.
    group
        Whether it is only a heading: a flow must name something below it.
    name_en, name_zh, synonyms
        Names; ``synonyms`` in both languages, as firms write them.
    form, role
        Usual form, and the role it usually has for who makes it.
    ewc, hazard
        Code in the European list of waste, and what that list says of it: "yes", "no", "possible" (its entry has a
        mirror: it depends on the content). Empty: no code is sure. Another country's list may say otherwise: carbide
        slag is hazardous in the European list and ordinary industrial solid waste in China. A hazard that is not "yes"
        is no permit.
    hs, gbt4754
        Heading of the Harmonised System, and the Chinese industry that usually makes it; empty where not sure.
    formula
        Chemical formula of the (main) substance; empty for mixtures.
    figures
        Density, lower heating value, carbon content, each with unit and source; by name.
    """

    code: str
    parent: str
    group: bool
    name_en: str
    name_zh: str
    synonyms: tuple[str, ...]
    form: Form
    role: Role
    ewc: str
    hazard: str
    hs: str
    gbt4754: str
    formula: str
    figures: Mapping[str, Figure]

    def name(self, lang: Language | None = None) -> str:
        """Return the name in ``lang`` (default: the current language)."""
        return self.name_zh if (lang or current_language()) == "zh" else self.name_en

    def names(self) -> tuple[str, ...]:
        """Return every name it is known by."""
        return (self.name_en, self.name_zh, *self.synonyms)

    def _figure(self, name: str) -> float | None:
        figure = self.figures.get(name)
        return figure.value if figure else None

    @property
    def density_t_m3(self) -> float | None:
        """Density [t/m3], of gases at 0 °C and 101.325 kPa; ``None``: not known."""
        return self._figure("density")

    @property
    def lhv_gj_t(self) -> float | None:
        """Lower heating value [GJ/t]; ``None``: not known."""
        return self._figure("heating value")

    @property
    def lhv_mj_m3(self) -> float | None:
        """Lower heating value [MJ/m3] in the gas statistics' cubic metre; ``None``: not known."""
        return self._figure("heating value by volume")

    @property
    def carbon_t_t(self) -> float | None:
        """Carbon content [t/t]; ``None``: not known."""
        return self._figure("carbon")


_NOTHING = Text("")


@dataclass(frozen=True)
class Match:
    """A material that a text may mean.

    Parameters
    ----------
    code, name
        The material, and the name of it that is nearest to the text.
    score
        How near, 0 to 100.
    how
        "exact": the text is this name. "group": it is a heading, the materials below it follow. "ambiguous": the
        name is used for this material and others. "code": the text is a code of waste. "near": spelled alike.
        "meaning": alike for a model of names (:mod:`lichen.vocabulary.meaning`).
    ask
        What to ask where the name is ambiguous, in English and Chinese.
    """

    code: str
    name: str
    score: float
    how: How
    ask: Text = _NOTHING

    @property
    def known(self) -> bool:
        """Whether the text says this material and no other."""
        return self.how == "exact"


@functools.cache
def _table() -> Mapping[str, Material]:
    return {row["code"]: _material(row) for row in rows("materials.csv")}


def _material(row: Mapping[str, str]) -> Material:
    figures = {}
    for name, (column, unit, source) in _FIGURES.items():
        value = number(row[column])
        if value is not None:
            figures[name] = Figure(value, unit, "reported", row[source])
    return Material(
        row["code"], row["parent"], row["group"] == "yes", row["name_en"], row["name_zh"], parts(row["synonyms"]),
        row["form"], row["role"], row["ewc"], row["hazard"], row["hs"], row["gbt4754"], row["formula"], figures,  # type: ignore[arg-type]
    )  # fmt: skip


def materials() -> tuple[Material, ...]:
    """Return every material and group, in the order of the file."""
    return tuple(_table().values())


def material(code: str) -> Material:
    """Return the material ``code``, e.g. ``slag.steel``.

    Raises
    ------
    LabelError
        If there is no such code; the nearest is named.
    """
    table = _table()
    if code not in table:
        unknown("materials", code, table)
    return table[code]


@functools.cache
def material_text(code: str) -> Text:
    """Return the name of a material in both languages."""
    found = material(code)
    return Text(found.name_en, found.name_zh)


@functools.lru_cache(4096)
def ancestors(code: str) -> tuple[str, ...]:
    """Return the codes above ``code``, nearest first."""
    above = []
    while parent := material(code).parent:
        above.append(parent)
        code = parent
    return tuple(above)


@functools.lru_cache(65_536)
def descends(code: str, parent: str) -> bool:
    """Whether ``code`` is ``parent`` or stands somewhere below it."""
    material(parent)
    return code == parent or parent in ancestors(code)


def below(code: str) -> tuple[str, ...]:
    """Return the codes somewhere below ``code``, in the order of the file."""
    material(code)
    return tuple(other for other in _table() if other != code and descends(other, code))


@functools.cache
def _names() -> tuple[tuple[str, str, str], ...]:
    """Return (plain name, name, code) of every name of every material."""
    return tuple((plain(name), name, item.code) for item in materials() for name in item.names())


@functools.cache
def _exact() -> Mapping[str, tuple[str, str]]:
    """Return plain name or code → (name, code); a name goes before a code that is spelled alike."""
    named = {key: (name, code) for key, name, code in reversed(_names())}
    return {plain(item.code): (item.name_en, item.code) for item in materials()} | named


@functools.cache
def _ambiguous() -> Mapping[str, tuple[tuple[str, ...], Text]]:
    """Return plain name → codes it is used for, and what to ask."""
    return {
        plain(row["name"]): (parts(row["codes"]), Text(row["ask_en"], row["ask_zh"]))
        for row in rows("ambiguous_names.csv")
    }


def material_named(text: str) -> Material | None:
    """Return the material whose name ``text`` is, or ``None``: then :func:`match_material` has suggestions."""
    key = plain(text)
    named = _exact().get(key) if key not in _ambiguous() else None
    found = material(named[1]) if named else None
    return found if found and not found.group else None


def match_material(text: str, most: int = 5) -> tuple[Match, ...]:
    """Return the materials that ``text`` may mean, the likeliest first.

    Parameters
    ----------
    text
        What a firm wrote, English or Chinese.
    most
        Most matches to return, 1 or more.

    Returns
    -------
    tuple of Match
        The first is ``known`` only if the text *is* one of its names, after case, width, plural, British or American
        and traditional or simplified spelling; everything else is a suggestion for a person to choose from.

    >>> match_material("FGD gypsum")[0].code, match_material("FGD gypsum")[0].known
    ('gypsum.fgd', True)
    >>> match_material("slag")[0].known
    False
    """
    key = plain(text)
    return _matches(key)[: max(most, 1)] if key else ()


@functools.lru_cache(4096)
def _matches(key: str) -> tuple[Match, ...]:
    found: dict[str, Match] = {}
    for match in (*_certain(key), *_near(key)):
        found.setdefault(match.code, match)
    return tuple(found.values())[:50]


def _certain(key: str) -> Iterator[Match]:
    """Yield what the text says outright: a name, a group and what is below it, an ambiguous name, a code of waste."""
    if key in _ambiguous():
        codes, ask = _ambiguous()[key]
        for code in codes:
            yield Match(code, material(code).name(), 90.0, "ambiguous", ask)
    elif key in _exact():
        name, code = _exact()[key]
        yield Match(code, name, 100.0, "group" if material(code).group else "exact")
        if material(code).group:
            for child in sorted((c for c in below(code) if not material(c).group), key=lambda c: c.count(".")):
                yield Match(child, material(child).name(), 80.0, "group")
    waste = key.replace(" ", "")
    if len(waste) == 6 and waste.isdecimal():
        for item in materials():
            if item.ewc == waste:
                yield Match(item.code, item.name(), 90.0, "code")


def _near(key: str) -> list[Match]:
    best: dict[str, tuple[float, str]] = {}
    for other, name, code in _names():
        score = alike(key, other) - (_HEADING if material(code).group else 0.0)
        if score >= WORST and score > best.get(code, (0.0, ""))[0]:
            best[code] = (score, name)
    ranked = sorted(best.items(), key=lambda entry: (-entry[1][0], entry[0]))
    return [Match(code, name, min(round(score, 1), 99.0), "near") for code, (score, name) in ranked]
