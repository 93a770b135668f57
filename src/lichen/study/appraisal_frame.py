"""What an appraisal is asked with: settings, rates of firms, tax rules, the risk register; all checked first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lichen.appraise.costs import converted
from lichen.appraise.discounting import Discounting
from lichen.appraise.risk import Risk, contract_outline
from lichen.appraise.risk_table import Register, register_of
from lichen.appraise.tax import TaxRules
from lichen.errors import LichenError, Problem, Problems, StudyError, Where
from lichen.figures import Figure, Text
from lichen.labelled import suggest
from lichen.sheets import Sheet, read_sheets
from lichen.study.config_appraisal import AppraisedExchange, Appraising, ProfitTax
from lichen.study.design import DesignResult
from lichen.study.flows import home

MOST_YEARS, MOST_DRAWS = 200, 100_000


@dataclass(frozen=True)
class Given:
    """What was asked.

    Parameters
    ----------
    settings
        Of the study and the call.
    risks
        The study's own register, the gravest product first.
    tax, inflation
        Rules of a tax on profit, and how all prices rise [1/a]; ``None``: no tax.
    findings
        Warnings and notes.
    """

    settings: Appraising
    risks: tuple[Risk, ...] = ()
    tax: TaxRules | None = None
    inflation: Figure | None = None
    findings: tuple[Problem, ...] = ()

    def of(self, name: str) -> AppraisedExchange | None:
        """Return what is told of one exchange; ``None``: nothing."""
        return next((e for e in self.settings.exchange if e.id == name), None)

    def discountings(self, name: str, whole: Discounting) -> tuple[Discounting, Discounting]:
        """Return how donor and receiver of an exchange discount: at its own rate, their kind's, or that of all."""
        told = self.of(name)
        rates = []
        for side in ("donor_rate", "receiver_rate"):
            own = getattr(told, side, None) or getattr(self.settings, side)
            rates.append(whole if own is None else replace(whole, rate=own.to("1/a")))
        return rates[0], rates[1]


def given_of(risks: Sequence[Sheet], design: DesignResult, ids: Sequence[str], overrides: Mapping[str, Any]) -> Given:
    """Return what an appraisal is asked with.

    Raises
    ------
    StudyError
        With every setting that cannot be used.
    InputError
        If the risk register is wrong.
    """
    settings = _settings(design, overrides)
    problems = Problems()
    _check(settings, problems)
    _check_exchanges(settings, ids, problems)
    for key, figure in (("donor_rate", settings.donor_rate), ("receiver_rate", settings.receiver_rate)):
        _rate(figure, key, problems)
    tax = _tax(design, settings.tax, problems) if settings.tax is not None else None
    problems.raise_if_errors(StudyError)
    register = register_of(risks, ids) if risks else Register((), ())
    return Given(settings, register.risks, tax, settings.tax.inflation if settings.tax else None,
                 (*problems.as_tuple(), *register.notes))  # fmt: skip


def _settings(design: DesignResult, overrides: Mapping[str, Any]) -> Appraising:
    loaded = design.discovery.flows.loaded
    return replace(loaded.study.appraise if loaded else Appraising(), **overrides)


def _check(settings: Appraising, problems: Problems) -> None:
    share = Text("a number from 0 to 1", "0 至 1 的数")
    years = Text(f"a whole number from 1 to {MOST_YEARS}", f"1 至 {MOST_YEARS} 的整数")
    draws = Text(f"a whole number from 0 to {MOST_DRAWS}", f"0 至 {MOST_DRAWS} 的整数")
    seed = Text("a whole number, 0 or more", "不小于 0 的整数")
    for name, found, fine, wanted in (
        ("longest", settings.longest, 1 <= settings.longest <= MOST_YEARS, years),
        ("draws", settings.draws, 0 <= settings.draws <= MOST_DRAWS, draws),
        ("seed", settings.seed, settings.seed >= 0, seed),
        ("variable_share", settings.variable_share, 0 <= (settings.variable_share or 0.0) <= 1, share),
    ):
        if not fine:
            where = Where(key=f"appraise.{name}")
            problems.add("appraise.bad_setting", where, name=name, found=found, wanted=wanted)


def _check_exchanges(settings: Appraising, ids: Sequence[str], problems: Problems) -> None:
    """Tell exchanges that are not in the network, levels without evidence, and terms that are none."""
    for told in settings.exchange:
        key = f"appraise.exchange[{told.id}]"
        if told.id not in ids:
            near = suggest(told.id, list(ids)) or "–"
            problems.add("appraise.no_such_exchange", Where(key=key), "warning", name=told.id, near=near)
        if not 0 <= told.level <= 9:
            wanted = Text("a whole number from 1 to 9; 0: not told", "1 至 9 的整数；0 表示未填")
            problems.add("appraise.bad_setting", Where(key=f"{key}.level"), name="level", found=told.level,
                         wanted=wanted)  # fmt: skip
        if told.level and not (told.evidence.en or told.evidence.zh).strip():
            problems.add("appraise.no_evidence", Where(key=f"{key}.evidence"))
        if told.capacity is not None:
            _converts(told.capacity, "kW", f"{key}.capacity", problems)
        for side in ("donor_rate", "receiver_rate"):
            _rate(getattr(told, side), f"exchange[{told.id}].{side}", problems)
        try:
            contract_outline(told.agreed, heat=True)
        except LichenError as error:
            problems.extend([replace(p, where=Where(key=f"{key}.agreed")) for p in error.problems])


def _rate(figure: Figure | None, key: str, problems: Problems) -> None:
    where = f"appraise.{key}"
    if figure is not None and _converts(figure, "1/a", where, problems) and figure.to("1/a") <= -1:
        problems.add("appraise.rate", Where(key=where), found=f"{figure.value:g}")


def _converts(figure: Figure, unit: str, key: str, problems: Problems) -> bool:
    try:
        figure.to(unit)
    except LichenError as error:
        problems.extend([replace(p, where=Where(key=key)) for p in error.problems])
        return False
    return True


def _tax(design: DesignResult, told: ProfitTax, problems: Problems) -> TaxRules | None:
    """Return the rules of a tax on profit: the study's rate, or the one that ships."""
    _rate(told.inflation, "tax.inflation", problems)
    rate, book = told.rate, design.frame.book
    try:
        found = converted(book, rate, "1", "tax") if rate else design.frame.lookup("tax_rate", told.tax, per="1")
        if found is None:
            problems.add("appraise.no_tax_rate", Where(key="appraise.tax.rate"), tax=told.tax)
            return None
        return TaxRules(found.to("1"), told.write_off, design.money.start, told.losses, found.source)
    except LichenError as error:
        problems.extend([replace(p, where=Where(key="appraise.tax")) for p in error.problems])
        return None


def study_risks(
    folder: str | Path, design: DesignResult, overrides: Mapping[str, Any] | None = None
) -> tuple[Sheet, ...]:  # fmt: skip
    """Return the sheets of a study's risk register; it need not be there unless it has another name than usual.

    Raises
    ------
    StudyError
        If the file is not there, or not in the folder.
    FileError
        If it cannot be opened.
    """
    place, name, problems = home(folder), _settings(design, overrides or {}).risks, Problems()
    path = (place / name).resolve()
    if not path.is_relative_to(place.resolve()):
        problems.add("study.outside", Where(key="appraise.risks"), path=name)
    elif not path.exists() and name != Appraising().risks:
        problems.add("study.missing_file", Where(key="appraise.risks"), path=name)
    problems.raise_if_errors(StudyError)
    return read_sheets(path) if path.exists() else ()
