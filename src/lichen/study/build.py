"""Make a study's tables, satellite accounts and economies, each step once, with every problem of all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from lichen.economy.accounts import Economy
from lichen.economy.aggregate import aggregate, aggregate_satellites
from lichen.economy.balance import update_table
from lichen.economy.open import open_table
from lichen.economy.read import read_satellites
from lichen.economy.regionalise import regionalise
from lichen.economy.table import Satellites, Table
from lichen.economy.treatment import domestic
from lichen.errors import LichenError, Problem, Problems, StudyError, Where
from lichen.figures import KINDS, Figure, Used
from lichen.labelled import Array
from lichen.study.config import Aggregate, City, EconomyStep, Loaded, Regionalise, SatelliteStep, TableStep, Update
from lichen.study.vectors import in_order, read_concordance, read_figures
from lichen.units import factor
from lichen.vocabulary.sectors import concordance, sectors


@dataclass
class Built:
    """What was made so far, and the problems met; the state of one build.

    Parameters
    ----------
    tables, satellites, economies
        By the ids of the study.
    scales
        Satellite id → factor that closed the city's flows on the published total.
    inputs
        Figures read from data files, with their places.
    problems
        Errors, warnings and notes of all steps.
    """

    tables: dict[str, Table] = field(default_factory=dict)
    satellites: dict[str, Satellites] = field(default_factory=dict)
    economies: dict[str, Economy] = field(default_factory=dict)
    scales: dict[str, float] = field(default_factory=dict)
    inputs: list[Used] = field(default_factory=list)
    problems: Problems = field(default_factory=Problems)


def build(loaded: Loaded) -> Built:
    """Make all economies of a study.

    Raises
    ------
    StudyError
        With every problem of every step that could be tried.
    """
    builder = _Builder(loaded)
    builder.check_ids()
    builder.built.problems.raise_if_errors(StudyError)
    for step in loaded.study.table:
        builder.attempt(lambda s=step: builder.table(s.id), f"table[{step.id}]")  # type: ignore[misc]
    for account in loaded.study.satellites:
        builder.attempt(lambda s=account: builder.satellite(s), f"satellites[{account.id}]")  # type: ignore[misc]
    for economy in loaded.study.economy:
        builder.attempt(lambda s=economy: builder.economy(s), f"economy[{economy.id}]")  # type: ignore[misc]
    builder.built.problems.raise_if_errors(StudyError)
    return builder.built


class _Missing(Exception):  # noqa: N818  # not an error of its own: the step it waits for has failed and said why
    """A step that another one needs has failed."""


class _Builder:
    def __init__(self, loaded: Loaded) -> None:
        self.loaded, self.built = loaded, Built()
        self.steps = {step.id: step for step in loaded.study.table}
        self.failed: set[str] = set()
        self.under_way: list[str] = []

    def attempt(self, make: Callable[[], object], key: str) -> None:
        """Run one step; its errors are kept with the step's place, and the others go on."""
        try:
            make()
        except LichenError as error:
            for problem in error.problems:
                named = problem.where.file or problem.where.key
                where = problem.where if named else replace(problem.where, key=key)
                self.built.problems.extend([replace(problem, where=where)])
        except _Missing:
            pass

    # --- ids ---------------------------------------------------------------------------------------------------------
    def check_ids(self) -> None:
        study = self.loaded.study
        ids = {
            "table": [s.id for s in study.table], "satellites": [s.id for s in study.satellites],
            "economy": [s.id for s in study.economy], "scenario": [s.id for s in study.scenario],
            "interventions": [i.id for i in self.loaded.interventions],
        }  # fmt: skip
        for what, names in ids.items():
            for name in sorted({n for n in names if names.count(n) > 1}):
                self.built.problems.add("study.doubled_id", Where(key=what), what=what, id=name)
        for step in study.table:
            self._check_way(step)
        for account in study.satellites:
            self._known("table", account.table, ids, f"satellites[{account.id}].table")
        for economy in study.economy:
            self._known("table", economy.table, ids, f"economy[{economy.id}].table")
            for name in economy.satellites:
                self._known("satellites", name, ids, f"economy[{economy.id}].satellites")
        for scenario in study.scenario:
            self._known("economy", scenario.economy, ids, f"scenario[{scenario.id}].economy")
            if scenario.reference:
                self._known("scenario", scenario.reference, ids, f"scenario[{scenario.id}].reference")
            for name in scenario.interventions:
                self._known("interventions", name, ids, f"scenario[{scenario.id}].interventions")
        if study.scenario and not study.report.scenario:
            self.built.problems.add("study.missing_key", Where(key="report"), name="scenario")
        elif study.report.scenario:
            self._known("scenario", study.report.scenario, ids, "report.scenario")

    def _check_way(self, step: TableStep) -> None:
        ways = [w for w in (step.file, step.update, step.regionalise, step.aggregate, step.domestic) if w]
        if len(ways) != 1:
            self.built.problems.add("study.one_way", Where(key=f"table[{step.id}]"), id=step.id, count=len(ways))
        for way in ways:
            if not isinstance(way, str) and way.of not in self.steps:
                self.built.problems.add("study.unknown_id", Where(key=f"table[{step.id}]"), what="table", id=way.of,
                                        known=list(self.steps))  # fmt: skip

    def _known(self, what: str, name: str, ids: Mapping[str, list[str]], key: str) -> None:
        if name not in ids[what]:
            self.built.problems.add("study.unknown_id", Where(key=key), what=what, id=name, known=ids[what] or "–")

    # --- tables ------------------------------------------------------------------------------------------------------
    def path(self, name: str) -> Path:
        """Return the path of a file of the study, which must lie in its folder."""
        folder = Path(self.loaded.folder).resolve()
        path = (folder / name).resolve()
        if not path.is_relative_to(folder):
            problems = Problems()
            problems.add("study.outside", path=name)
            problems.raise_if_errors(StudyError)
        return path

    def table(self, name: str) -> Table:
        """Return a table, made now if it was not made before."""
        if name in self.built.tables:
            return self.built.tables[name]
        if name in self.failed:
            raise _Missing(name)
        if name in self.under_way:
            self.failed.add(name)
            problems = Problems()
            problems.add("study.circle", Where(key=f"table[{name}]"), id=name)
            problems.raise_if_errors(StudyError)
        self.under_way.append(name)
        try:
            table = self._make(self.steps[name])
        except (LichenError, _Missing):
            self.failed.add(name)
            raise
        finally:
            self.under_way.pop()
        self.built.tables[name] = table
        self.built.problems.extend(replace(p, where=_placed(p, f"table[{name}]")) for p in table.findings)
        return replace(table, findings=())

    def _make(self, step: TableStep) -> Table:
        if step.update is not None:
            return self._updated(step.update)
        if step.regionalise is not None:
            return self._regionalised(step.regionalise)
        if step.aggregate is not None:
            return self._aggregated(step.aggregate)
        if step.domestic is not None:
            return domestic(self._of(step.domestic.of), step.domestic.reexports)
        return open_table(self.path(step.file), step.sheet or None, step.layout, step.decimal or None)

    def _of(self, name: str) -> Table:
        return replace(self.table(name), findings=())

    def _updated(self, step: Update) -> Table:
        table = self._of(step.of)
        figures = self._figures(step.margins, "sector", step.year, "value")
        output = in_order(figures, table.sectors, table.unit, step.margins)
        return update_table(table, output, year=step.year, source=_sources(figures))

    def _regionalised(self, step: Regionalise) -> Table:
        table = self._of(step.of)
        shares = self._shares(step.shares, step.year, table)
        output = {s: shares[s] * x for s, x in zip(table.sectors, table.output, strict=True)}
        share = None if step.final_share is None else step.final_share.to("1")
        kinds = {u.figure.kind for u in self.built.inputs if u.key.startswith(f"{step.shares}:{step.year}")}
        return regionalise(
            table,
            output,
            region=" / ".join(t for t in (step.region.en, step.region.zh) if t),
            source=step.shares,
            method=step.method,
            delta=step.delta,
            final_share=share,
            year=step.year,
            kind="assumed" if "assumed" in kinds else "estimated",
        )

    def _aggregated(self, step: Aggregate) -> Table:
        table = self._of(step.of)
        sizes = dict(zip(table.sectors, table.output, strict=True))
        if step.concordance:
            return aggregate(table, read_concordance(self.path(step.concordance), table.sectors, sizes))
        return aggregate(table, concordance(self._classification(table, step.of, "the aggregation"), step.to, sizes))

    def _classification(self, table: Table, name: str, what: str) -> str:
        if not table.origin.classification:
            problems = Problems()
            problems.add("study.no_sector_classification", id=name, what=what)
            problems.raise_if_errors(StudyError)
        return table.origin.classification

    def _figures(self, file: str, key: str, year: int, value: str, unit: str = "") -> dict[str, Figure]:
        figures = read_figures(self.path(file), key, year, value, unit)
        known = {used.key for used in self.built.inputs}
        new = [Used(f"{file}:{year}:{label}", figure) for label, figure in figures.items()]
        self.built.inputs += [used for used in new if used.key not in known]
        return figures

    def _shares(self, file: str, year: int, table: Table) -> dict[str, float]:
        figures = self._figures(file, "sector", year, "share", "1")
        shares = in_order(figures, table.sectors, "1", file)
        problems = Problems()
        for sector, share in shares.items():
            if not 0 <= share <= 1:
                problems.add("study.share", Where(file=file), value=share, sector=sector)
        problems.raise_if_errors(StudyError)
        return shares

    # --- satellite accounts ------------------------------------------------------------------------------------------
    def satellite(self, step: SatelliteStep) -> Satellites:
        """Return satellite accounts mapped to their table's sectors and, where asked for, brought to the city."""
        table = self._of(step.table)
        decimal = step.decimal or None
        path, sheet = self.path(step.file), step.sheet or None
        if step.classification and step.classification != table.origin.classification:
            codes = sectors(step.classification).codes
            raw = read_satellites(path, codes, step.year or None, decimal, sheet)
            sizes = dict(zip(table.sectors, table.output, strict=True))
            target = self._classification(table, step.table, "the satellite accounts")
            found = aggregate_satellites(raw, concordance(step.classification, target, sizes))
        else:
            found = read_satellites(path, table.sectors, step.year or None, decimal, sheet)
        if step.city is not None:
            found = self._of_city(found, step, step.city, table)
        self.built.satellites[step.id] = found
        self.built.problems.extend(replace(p, where=_placed(p, f"satellites[{step.id}]")) for p in found.findings)
        return found

    def _of_city(self, parent: Satellites, step: SatelliteStep, city: City, table: Table) -> Satellites:
        shares = self._shares(city.shares, city.year, table)
        values = parent.values * np.array([shares[s] for s in table.sectors])
        assert parent.direct is not None
        direct = parent.direct * city.direct.to("1")
        if city.close_on:
            totals = self._figures(city.close_on, "account", city.year, "value")
            ratio = self._closing(parent, values.sum(axis=1) + direct.sum(axis=1), totals, step.id)
            values, direct = values * ratio[:, None], direct * ratio[:, None]
        return replace(
            parent,
            values=values,
            direct=direct,
            kinds=tuple(max(k, "estimated", key=KINDS.index) for k in parent.kinds),
            findings=parent.findings,
        )

    def _closing(self, parent: Satellites, sums: Array, totals: Mapping[str, Figure], name: str) -> Array:
        """Return for each row the factor that brings its account to the published total."""
        ratio = np.ones(len(sums))
        for account in dict.fromkeys(parent.accounts):
            rows = [i for i, a in enumerate(parent.accounts) if a == account]
            unit = parent.units[rows[0]]
            if account not in totals:
                problems = Problems()
                problems.add("study.no_total", account=account, year=step_year(self.loaded, name))
                problems.raise_if_errors(StudyError)
            total, found = totals[account].value * factor(totals[account].unit, unit), float(sums[rows].sum())
            ratio[rows] = total / found
            self.built.scales[name] = total / found
            self.built.problems.add("study.scaled", Where(key=f"satellites[{name}]"), severity="warning",
                                    account=account, sum=f"{found:.4g}", total=f"{total:.4g}", unit=unit,
                                    factor=f"{total / found:.3f}")  # fmt: skip
        return ratio

    # --- economies ---------------------------------------------------------------------------------------------------
    def economy(self, step: EconomyStep) -> None:
        """Join a table to its satellite accounts."""
        table = self._of(step.table)
        parts = [self.built.satellites[name] for name in step.satellites if name in self.built.satellites]
        if len(parts) < len(step.satellites):
            raise _Missing(step.id)
        satellites = _joined(parts).totals() if parts else None
        economy = Economy(table, satellites)  # type: ignore[arg-type]  # None: no satellites
        self.built.economies[step.id] = economy
        self.built.problems.extend(replace(p, where=_placed(p, f"economy[{step.id}]")) for p in economy.findings)


def step_year(loaded: Loaded, name: str) -> int:
    """Return the year of a satellite step."""
    return next(s.city.year if s.city else s.year for s in loaded.study.satellites if s.id == name)


def _placed(problem: Problem, key: str) -> Where:
    return problem.where if problem.where.file or problem.where.key else replace(problem.where, key=key)


def _sources(figures: Mapping[str, Figure]) -> str:
    return ", ".join(dict.fromkeys(f.source for f in figures.values()))


def _joined(parts: list[Satellites]) -> Satellites:
    """Return several satellite accounts of the same sectors as one."""
    if len(parts) == 1:
        return parts[0]
    users = tuple(dict.fromkeys(label for part in parts for label in part.direct_labels))
    blocks = []
    for part in parts:
        assert part.direct is not None
        block = np.zeros((len(part.accounts), len(users)))
        block[:, [users.index(label) for label in part.direct_labels]] = part.direct
        blocks.append(block)
    return Satellites(
        accounts=tuple(a for p in parts for a in p.accounts), components=tuple(c for p in parts for c in p.components),
        units=tuple(u for p in parts for u in p.units), sectors=parts[0].sectors,
        values=np.vstack([p.values for p in parts]), direct_labels=users, direct=np.vstack(blocks),
        kinds=tuple(k for p in parts for k in p.kinds), source="; ".join(p.source for p in parts if p.source),
    )  # fmt: skip
