"""Tables and satellite accounts from and to pymrio: its objects and the folders it saves. pymrio itself is not needed.

Textbook symbols of pymrio: ``Z`` flows, ``Y`` final demand, ``x`` output, ``F`` and ``F_Y`` extensions.

What pymrio has no place for (roles, treatment, origin, kinds) stands in ``lichen.json`` beside its files, so that what
:func:`write_pymrio` wrote, :func:`read_pymrio` reads back exactly.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from lichen.economy._bridge_files import Frame, Key, System, frame_of, read_folder, write_folder
from lichen.economy.table import KINDS, ROLES, TREATMENTS, Origin, Role, Satellites, Table, no_satellites
from lichen.errors import InputError, Problems, Where
from lichen.labelled import Array

if TYPE_CHECKING:
    import pandas as pd

FACTORS, ACCOUNTS, IMPORTED = "factor_inputs", "satellites", "imported_flows"
"""Names of the extensions that hold value added, satellite accounts, and imported flows by sector of origin."""
_FACTOR_NAMES = re.compile(r"factor|valueadded|primaryinput|^va$")
_ROLE_WORDS: tuple[tuple[str, Role], ...] = (
    ("inventor", "inventory"), ("stock", "inventory"), ("valuables", "inventory"), ("存货", "inventory"),
    ("capital", "investment"), ("invest", "investment"), ("资本", "investment"),
    ("export", "export"), ("出口", "export"), ("import", "import"), ("进口", "import"),
    ("outflow", "outflow"), ("inflow", "inflow"), ("error", "error"), ("discrepanc", "error"),
)  # fmt: skip
_CONSUMPTION = ("consum", "household", "government", "npish", "non-profit", "rural", "urban", "消费")
_UNSAFE = ("", "NA", "N/A", "NULL", "NAN", "NONE", "TRUE", "FALSE", "#N/A", "-NAN", "<NA>")


@dataclass(frozen=True)
class PymrioFrames:
    """The pandas frames that ``pymrio.IOSystem`` and ``pymrio.Extension`` take; extensions by name."""

    Z: pd.DataFrame
    Y: pd.DataFrame
    x: pd.DataFrame
    unit: pd.DataFrame
    extensions: dict[str, dict[str, pd.DataFrame]]


def from_pymrio(system: Any) -> tuple[Table, Satellites]:
    """Return table and satellite accounts of a pymrio ``IOSystem``, or of anything with the same attributes.

    Parameters
    ----------
    system
        With ``Z (n, n)``, ``Y (n, k)``, and if given ``x``, ``unit`` and extensions (``F (m, n)``, ``F_Y``, ``unit``).

    Returns
    -------
    Table, Satellites
        Labels of several regions are ``region/sector``. Value added is the extension of factor inputs if its sums fit
        the columns, else x − ΣZ in one row. Both choices are findings.

    Raises
    ------
    InputError
        If Z or Y is missing, or labels differ.
    LabelError
        If a number is not finite.
    """

    def frames(owner: Any, names: Sequence[str]) -> dict[str, Frame]:
        found = {name: getattr(owner, name, None) for name in names}
        return {name: frame_of(data) for name, data in found.items() if data is not None}

    taken = System(frames(system, ("Z", "Y", "x", "unit")))
    for name, owner in vars(system).items():
        if not name.startswith("_") and (hasattr(owner, "F") or hasattr(owner, "S")):
            extension = frames(owner, ("F", "F_Y", "S", "unit"))
            if extension:
                taken.extensions[name] = extension
    return _assembled(taken)


def read_pymrio(folder: str | Path) -> tuple[Table, Satellites]:
    """Return table and satellite accounts of a folder that pymrio or :func:`write_pymrio` saved.

    Raises
    ------
    FileError
        If the folder or one of its files cannot be read.
    InputError
        If matrices are missing, or cells are no numbers.
    """
    return _assembled(read_folder(Path(folder)))


def write_pymrio(table: Table, satellites: Satellites | None, folder: str | Path) -> None:
    """Write a folder that ``pymrio.load_all`` reads and can calculate with.

    A label that pandas would read as a number or as nothing (``01``, ``NA``) gets an ``s`` in front there;
    ``lichen.json`` keeps the label itself. Imported flows of a domestic table stand as an extension, one row a sector.

    Raises
    ------
    FileError
        If the folder cannot be written.
    """
    frames = to_pymrio_frames(table, satellites)
    core = {"Z": frames.Z, "Y": frames.Y, "x": frames.x, "unit": frames.unit}
    write_folder(Path(folder), core, frames.extensions, _ours(table, satellites or no_satellites(table.sectors)))


# --- from pymrio -------------------------------------------------------------------------------------------------


def _assembled(system: System) -> tuple[Table, Satellites]:
    problems = Problems()
    for name in ("Z", "Y"):
        if name not in system.frames:
            problems.add("bridge.missing", system.place, name=name)
    problems.raise_if_errors(InputError)
    Z, Y = system.frames["Z"], system.frames["Y"]
    if Z.rows != Z.columns or Y.rows != Z.rows:
        problems.add("bridge.labels", system.place)
    problems.raise_if_errors(InputError)
    flows, final = _numbers(Z), _numbers(Y)
    x = _numbers(system.frames["x"])[:, 0] if "x" in system.frames else flows.sum(axis=1) + final.sum(axis=1)
    ours = system.ours if _same_rows(system.ours, Z.rows) else {}
    factors = _factors(system, ours, flows, x)
    table = _table(system, ours, flows, final, x, factors, problems)
    rest = {n: e for n, e in system.extensions.items() if n != factors and not (ours and n == IMPORTED)}
    return table, _accounts(rest, ours, table, Y.columns)


def _numbers(frame: Frame) -> Array:
    return np.asarray(frame.values, dtype=np.float64)


def _same_rows(ours: dict[str, Any], rows: Sequence[Key]) -> bool:
    """Whether the matrices still have the rows that they were written with."""
    written = ours.get("rows")
    return isinstance(written, list) and [tuple(map(str, key)) for key in written] == list(rows)


def _factors(system: System, ours: dict[str, Any], flows: Array, x: Array) -> str:
    """Return the name of the extension that is value added, or an empty text."""
    if ours:
        return FACTORS if FACTORS in system.extensions else ""
    wanted = x - flows.sum(axis=0)
    for name, extension in system.extensions.items():
        if "F" in extension and _FACTOR_NAMES.search(name.lower().replace("_", "").replace(" ", "")):
            gap = np.abs(_numbers(extension["F"]).sum(axis=0) - wanted)
            if (gap <= 1e-4 * np.maximum(np.abs(x), np.abs(x).mean())).all():
                return name
    return ""


def _table(
    system: System, ours: dict[str, Any], flows: Array, final: Array, x: Array, factors: str, problems: Problems
) -> Table:
    Z, Y = system.frames["Z"], system.frames["Y"]
    place = system.place
    if factors:
        F = system.extensions[factors]["F"]
        added, added_labels = _numbers(F), tuple("/".join(p for p in key if p) for key in F.rows)
        if not ours:
            problems.add("bridge.factors", place, "note", name=factors)
    else:
        added, added_labels = (x - flows.sum(axis=0))[None, :], ("value_added",)
        if not ours:
            problems.add("bridge.residual", place, "note")
    units = _units(system.frames.get("unit"), len(x))
    keep = list(range(len(Y.columns)))
    if ours:
        keep = [j for j in keep if j < len(ours["final_labels"])]
        labels, roles = tuple(ours["final_labels"]), tuple(cast(Role, r) for r in ours["final_roles"] if r in ROLES)
        sectors, added_labels = tuple(ours["sectors"]), tuple(ours["value_added_labels"])
        added = added if added_labels else added[:0]
    else:
        sectors, labels = _flat(Z.rows), _flat(Y.columns)
        roles = _roles(Y.columns, problems, place)
    imported = system.extensions.get(IMPORTED, {}) if ours else {}
    return Table(
        sectors, flows, final[:, keep], labels, roles, added, added_labels, x, units[0] if len(set(units)) == 1 else "",
        () if len(set(units)) == 1 else units, _treatment(ours),
        _numbers(imported["F"]) if "F" in imported else None,
        _numbers(imported["F_Y"])[:, keep] if "F_Y" in imported else None,
        _origin(ours, Z.rows), problems.as_tuple(),
    )  # fmt: skip


def _treatment(ours: dict[str, Any]) -> Any:
    return ours["treatment"] if ours.get("treatment") in TREATMENTS else "as published"


def _origin(ours: dict[str, Any], keys: Sequence[Key]) -> Origin:
    given = ours.get("origin", {})
    names = {field.name for field in dataclasses.fields(Origin)}
    if isinstance(given, dict) and given and set(given) <= names:
        return Origin(**given)
    regions = {key[0] for key in keys if len(key) > 1}
    return Origin(region=regions.pop() if len(regions) == 1 else "")


def _units(frame: Frame | None, n: int) -> tuple[str, ...]:
    if frame is None or len(frame.rows) != n:
        return ("",) * n
    return tuple(str(value) for value in np.asarray(frame.values)[:, 0])


def _flat(keys: Sequence[Key]) -> tuple[str, ...]:
    """Return the labels joined by a slash; a first level that is the same everywhere is left out."""
    same = len(keys) > 0 and len(keys[0]) > 1 and len({key[0] for key in keys}) == 1
    return tuple("/".join(key[1:] if same else key) for key in keys)


def _roles(keys: Sequence[Key], problems: Problems, place: Where) -> tuple[Role, ...]:
    """Guess the roles of final demand from words in the labels, and say so."""
    roles: list[Role] = []
    doubtful = []
    for key in keys:
        name = key[-1].lower()
        role = next((role for word, role in _ROLE_WORDS if word in name), None)
        if role is None and not any(word in name for word in _CONSUMPTION):
            doubtful.append(key[-1])
        roles.append(role or "consumption")
    problems.add("bridge.roles", place, "note", doubtful=sorted(set(doubtful)) or "–")
    return tuple(roles)


def _accounts(
    extensions: dict[str, dict[str, Frame]], ours: dict[str, Any], table: Table, final: Sequence[Key]
) -> Satellites:
    """Join all extensions into one set of accounts."""
    names: list[tuple[str, str]] = []
    units: list[str] = []
    values: list[Array] = []
    direct: list[Array] = []
    for name, extension in extensions.items():
        F = _direct_flows(extension, table.output)
        if F is None:
            continue
        values.append(_numbers(F))
        given = extension.get("F_Y")
        direct.append(_numbers(given) if given else np.zeros((len(F.rows), len(final))))
        units.extend(_units(extension.get("unit"), len(F.rows)))
        names.extend((name, "/".join(part for part in key if part)) for key in F.rows)
    if not names:
        return no_satellites(table.sectors)
    E, D = np.vstack(values), np.vstack(direct)
    if ours and ours.get("accounts") and len(ours["accounts"]) == len(names):
        return _our_accounts(ours, table, E, D, tuple(units))
    labels = [label for _, label in names]
    accounts = tuple(f"{name}: {label}" if labels.count(label) > 1 else label for name, label in names)
    used = np.flatnonzero(np.abs(D).sum(axis=0))
    flat = _flat(final)
    return Satellites(
        accounts, ("",) * len(names), tuple(units), table.sectors, E, tuple(flat[j] for j in used), D[:, used]
    )


def _direct_flows(extension: dict[str, Frame], x: Array) -> Frame | None:
    """Return F, or S x̂ where only S was saved."""
    if "F" in extension or "S" not in extension:
        return extension.get("F")
    S = extension["S"]
    return Frame(S.rows, S.columns, _numbers(S) * x)


def _our_accounts(ours: dict[str, Any], table: Table, E: Array, D: Array, units: tuple[str, ...]) -> Satellites:
    at = [int(j) for j in ours["direct_at"]]
    kinds = tuple(kind for kind in ours["kinds"] if kind in KINDS)
    return Satellites(
        tuple(ours["accounts"]), tuple(ours["components"]), units, table.sectors, E, tuple(ours["direct_labels"]),
        D[:, at], kinds, str(ours.get("accounts_source", "")),
    )  # fmt: skip


# --- to pymrio ---------------------------------------------------------------------------------------------------


def to_pymrio_frames(table: Table, satellites: Satellites | None = None) -> PymrioFrames:
    """Return the frames that make a pymrio system: ``IOSystem(Z=f.Z, Y=f.Y, …)`` and ``Extension(name, **frames)``.

    Direct flows of final users that are no category of final demand get a column of zeros in ``Y``, since pymrio wants
    ``F_Y`` and ``Y`` to have the same columns.
    """
    import pandas as pd

    satellites = satellites or no_satellites(table.sectors)
    rows = pd.MultiIndex.from_tuples(_regional(table), names=["region", "sector"])
    users = _users(table, satellites)
    columns = pd.MultiIndex.from_tuples(_categories(rows.to_list(), users), names=["region", "category"])
    Y = np.hstack([table.final_demand, np.zeros((table.n, len(columns) - len(table.final_labels)))])
    units = list(table.sector_units) or [table.unit or "-"] * table.n
    extensions = {}
    if table.value_added_labels:
        extensions[FACTORS] = _extension(table.value_added_labels, table.value_added, None, [table.unit or "-"], rows)
    if satellites.accounts:
        assert satellites.direct is not None
        D = np.zeros((len(satellites.accounts), len(columns)))
        for j, label in enumerate(satellites.direct_labels):
            D[:, users.index(label)] = satellites.direct[:, j]
        direct = pd.DataFrame(D, columns=columns)
        extensions[ACCOUNTS] = _extension(satellites.labels, satellites.values, direct, satellites.units, rows)
    if table.imported_intermediate is not None:
        final = np.zeros((table.n, len(columns)))
        if table.imported_final is not None:
            final[:, : len(table.final_labels)] = table.imported_final
        direct = pd.DataFrame(final, columns=columns)
        extensions[IMPORTED] = _extension(table.sectors, table.imported_intermediate, direct, units, rows)
    return PymrioFrames(
        pd.DataFrame(table.intermediate, index=rows, columns=rows), pd.DataFrame(Y, index=rows, columns=columns),
        pd.DataFrame({"indout": table.output}, index=rows), pd.DataFrame({"unit": units}, index=rows), extensions,
    )  # fmt: skip


def _extension(
    labels: Sequence[str], F: Array, F_Y: pd.DataFrame | None, units: Sequence[str], columns: pd.MultiIndex
) -> dict[str, pd.DataFrame]:
    import pandas as pd

    index = pd.Index([_safe(label) for label in labels], name="stressor")
    unit = list(units) * (len(labels) if len(units) == 1 else 1)
    frames = {"F": pd.DataFrame(F, index=index, columns=columns), "unit": pd.DataFrame({"unit": unit}, index=index)}
    return frames if F_Y is None else {**frames, "F_Y": F_Y.set_index(index)}


def _regional(table: Table) -> list[tuple[str, str]]:
    """Return (region, sector) of each label: split at the slash if all regions then have the same sectors."""
    pairs = [tuple(label.split("/", 1)) for label in table.sectors]
    if all(len(pair) == 2 for pair in pairs):
        regions = {pair[0]: [p[1] for p in pairs if p[0] == pair[0]] for pair in pairs}
        if len({tuple(sectors) for sectors in regions.values()}) == 1 and len(regions) > 1:
            return [(_safe(region), _safe(sector)) for region, sector in cast(list[tuple[str, str]], pairs)]
    return [(_region(table), _safe(label)) for label in table.sectors]


def _users(table: Table, satellites: Satellites) -> list[str]:
    """Return the labels of final demand, and of final users with direct flows that are no category of it."""
    return [*table.final_labels, *(label for label in satellites.direct_labels if label not in table.final_labels)]


def _categories(rows: Sequence[tuple[str, str]], users: Sequence[str]) -> list[tuple[str, str]]:
    """Return (region, category) of each final user; a region without one gets a column, as pymrio needs one."""
    regions = list(dict.fromkeys(region for region, _ in rows))
    pairs = []
    for label in users:
        region, _, category = label.partition("/")
        inside = len(regions) > 1 and category and region in regions
        pairs.append((region, _safe(category)) if inside else (regions[0], _safe(label)))
    seen = {region for region, _ in pairs}
    return [*pairs, *((region, "none") for region in regions if region not in seen)]


def _region(table: Table) -> str:
    return _safe(table.origin.region or "region")


def _safe(label: str) -> str:
    """Return a label that pandas reads back as text."""
    try:
        float(label.replace("_", "").replace(",", ""))
    except ValueError:
        return f"s{label}" if label.strip().upper() in _UNSAFE else label
    return f"s{label}"


def _ours(table: Table, satellites: Satellites) -> dict[str, Any]:
    users = _users(table, satellites)
    return {
        "rows": _regional(table), "direct_at": [users.index(label) for label in satellites.direct_labels],
        "sectors": table.sectors, "final_labels": table.final_labels, "final_roles": table.final_roles,
        "value_added_labels": table.value_added_labels, "treatment": table.treatment,
        "origin": dataclasses.asdict(table.origin), "accounts": satellites.accounts,
        "components": satellites.components, "kinds": satellites.kinds, "direct_labels": satellites.direct_labels,
        "accounts_source": satellites.source,
    }  # fmt: skip
