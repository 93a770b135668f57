"""The answer of a study in sentences, and the scales its numbers are shown in."""

from __future__ import annotations

from typing import Literal

from lichen.errors import Language
from lichen.scenario.assess import Assessment, winners_and_losers
from lichen.study.result import StudyResult
from lichen.units import currency_of, factor


def scaled(result: StudyResult, what: Literal["account", "money"], assessment: Assessment) -> float:
    """Return the number that turns the accounts' unit into the report's, or the table's money into millions."""
    report = result.loaded.study.report
    if what == "account":
        accounts = assessment.before.accounts
        return factor(accounts.units[accounts.row(report.account)], report.unit)
    unit = result.built.economies[result.scenario(assessment.scenario).economy].table.unit
    return factor(unit, currency_of(unit) or unit) / 1e6


def answer(result: StudyResult, lang: Language) -> list[str]:
    """Return the answer in three sentences: what changes, what else changes, how sure it is."""
    headline = result.headline
    if headline is None:
        return [_no_reference(result, lang)]
    return [_saving(result, headline, lang), _sectors(result, headline, lang), _sureness(result, headline, lang)]


def _no_reference(result: StudyResult, lang: Language) -> str:
    report = result.loaded.study.report
    accounts = result.outcomes[report.scenario].accounts
    total = accounts.total(report.account) * factor(accounts.units[accounts.row(report.account)], report.unit)
    name = result.scenario(report.scenario).name.text(lang)
    if lang == "zh":
        return f"{name}：{report.account} 合计 {total:,.2f} {report.unit}/年。"
    return f"{name}: {report.account} totals {total:,.2f} {report.unit} a year."


def _saving(result: StudyResult, assessment: Assessment, lang: Language) -> str:
    report = result.loaded.study.report
    scale = scaled(result, "account", assessment)
    change, share = assessment.change(report.account) * scale, assessment.relative_change(report.account)
    spread = result.spreads.get(assessment.scenario)
    low, high = (spread.quantile(0.05) * scale, spread.quantile(0.95) * scale) if spread else (change, change)
    scenario = result.scenario(assessment.scenario).name.text(lang) or assessment.scenario
    low, high = sorted((abs(low), abs(high)))
    if lang == "zh":
        verb = "减少" if change < 0 else "增加"
        span = f"（90 % 区间 {low:.2f}–{high:.2f}）" if spread else ""
        amount = f"{abs(change):.2f} {report.unit}{span}"
        return f"{scenario}：{report.account} 每年{verb} {amount}，占总量的 {abs(share) * 100:.1f} %。"
    verb = "falls" if change < 0 else "rises"
    span = f" (90 % range {low:.2f} to {high:.2f})" if spread else ""
    return (
        f"{scenario}: {report.account} {verb} by {abs(change):.2f} {report.unit} a year{span}, "
        f"{abs(share) * 100:.1f} % of the total."
    )


def _sectors(result: StudyResult, assessment: Assessment, lang: Language) -> str:
    """Name the largest exchange, and the groups of sectors whose value added gains and loses most."""
    report = result.loaded.study.report
    change = result.grouped(winners_and_losers(assessment))
    change = change * scaled(result, "money", assessment)
    names = result.grouping.names(lang)
    best, worst = (names[result.grouping.labels[int(i)]] for i in (change.argmax(), change.argmin()))
    most, least = (f"{v:+,.1f}".replace("-", "−") for v in (change.max(), change.min()))
    money = currency_of(result.built.economies[result.scenario(assessment.scenario).economy].table.unit)
    exchanges = {e.id: e.name.text(lang) for e in result.loaded.book.exchanges}
    top = min(assessment.exchanges, key=lambda r: r.total(report.account), default=None)
    total = assessment.change(report.account)
    if lang == "zh":
        first = (
            f"其中“{exchanges[top.id]}”占 {top.total(report.account) / total * 100:.0f} %；" if top and total else ""
        )
        return f"{first}增加值变化最大的是{best}（{most} 百万 {money}/年）和{worst}（{least}）。"
    first = (
        f"“{exchanges[top.id]}” makes {top.total(report.account) / total * 100:.0f} % of it. " if top and total else ""
    )
    return (f"{first}Value added changes most in {best.lower()} ({most} million {money} a year) "
            f"and in {worst.lower()} ({least}).")  # fmt: skip


def _sureness(result: StudyResult, assessment: Assessment, lang: Language) -> str:
    kinds = result.kinds
    weak = kinds.get("estimated", 0.0) + kinds.get("assumed", 0.0)
    treatment = assessment.before.accounts.treatment
    excluded = [e.name.text(lang) for e in result.loaded.book.exchanges if not e.include]
    if lang == "zh":
        left = f"；未计入合计：{'、'.join(excluded)}" if excluded else ""
        return (
            f"{len(result.figures)} 个数据中 {weak * 100:.0f} % 为估算或假设；区间只反映交换数据的范围，"
            f"不含投入产出表和账户的不确定性；进口处理方式：{'仅计本地流量' if treatment == 'domestic' else '按公布'}"
            f"{left}。"
        )
    left = f"; left out of totals: {', '.join(excluded)}" if excluded else ""
    how = "local flows only" if treatment == "domestic" else "as published"
    return (
        f"{weak * 100:.0f} % of the {len(result.figures)} figures are estimated or assumed; "
        "the range covers the figures of the exchanges, not tables and accounts;"
        f" imports: {how}{left}."
    )
