"""Entries of the knowledge base as lines for a reader, in the current language."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lichen.errors import current_language
from lichen.figures import Figure, Text
from lichen.knowledge.columns import columns
from lichen.knowledge.records import linked
from lichen.knowledge.values import (
    CITY,
    Cap,
    Case,
    Condition,
    ExchangeType,
    Reference,
    Standard,
    Substitution,
    Technology,
)
from lichen.vocabulary.industries import industry
from lichen.vocabulary.materials import material

_UNKNOWN = Text("not known", "未知")
_CARBON = {
    "": _UNKNOWN, "none": Text("none", "无"), "fossil": Text("fossil", "化石碳"),
    "biogenic": Text("biogenic", "生物碳"), "mixed": Text("mixed", "混合"),
}  # fmt: skip
_CHECKED = {
    "seen": Text("seen", "已核对"), "recalled": Text("recalled, to be compared", "据记忆，待核对"),
    "second hand": Text("second hand", "转引"), "judgement": Text("engineering judgement", "工程判断"),
    "user": Text("own entry", "自行添加"),
}  # fmt: skip
_STATUS = {
    "implemented": Text("implemented", "已实施"), "planned": Text("planned", "规划"),
    "feasibility": Text("feasibility study", "可行性研究"), "studied": Text("studied", "研究"),
    "reported": Text("reported", "有报道"),
}  # fmt: skip
_SEVERITY = {"required": Text("required", "必须"), "advisable": Text("advisable", "宜")}


def _t(en: str, zh: str) -> str:
    return zh if current_language() == "zh" else en


def _w(text: Text) -> str:
    return text.text(current_language())


def _line(en: str, zh: str, text: str) -> Iterator[str]:
    """Yield ``label: text``, or nothing where there is no text."""
    if text:
        yield _t(f"{en}: {text}", f"{zh}：{text}")


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1e5 else f"{value:,.6g}"


def figure_words(figure: Figure) -> str:
    """Return a figure in words: number, range, unit, kind and source."""
    span = "" if figure.low is None or figure.high is None else f" ({_number(figure.low)}–{_number(figure.high)})"
    unit = "" if figure.unit == "1" else f" {figure.unit}"
    tail = f"; {figure.note}" if figure.note else ""
    return f"{_number(figure.value)}{span}{unit} [{figure.kind}; {figure.source}{tail}]"


def _industries(codes: Iterable[str]) -> str:
    return "; ".join(_t("city", "城市") if code == CITY else f"{code} {industry(code).name()}" for code in codes)


def _sectors(codes: tuple[str, ...]) -> str:
    lists = (("CN42-2007", _t("42 sectors of China's tables", "全国投入产出表 42 部门")), ("ISIC4", "ISIC Rev. 4"))
    found = [(name, codes_there) for to, name in lists if (codes_there := linked(codes, to))]
    return "; ".join(f"{name}{_t(': ', '：')}{_t(', ', '、').join(there)}" for name, there in found)


def _materials(codes: Iterable[str]) -> str:
    return "; ".join(f"{material(code).name()} ({code})" for code in codes)


def _columns(names: Iterable[str]) -> str:
    """Return columns of the table of exchange types by what their headings say."""
    headings = {c.name: c.heading_zh for c in columns("exchange_types")}
    return _t(
        ", ".join(name.replace("_", " ") for name in names), "、".join(headings.get(name, name) for name in names)
    )


def _substitution(item: Substitution) -> str:
    name = _materials([item.material])
    if item.rate is not None:
        return f"{name}: {figure_words(item.rate)}"
    basis = {"mass": _t("by mass", "按质量"), "heat": _t("by heat", "按热量"), "volume": _t("by volume", "按体积"),
             "content": _t("by content", "按有效成分")}.get(item.basis, "")  # fmt: skip
    return f"{name}: {_w(_UNKNOWN)}" + (f", {basis}" if basis else "")


def _cap(cap: Cap) -> str:
    low = "" if cap.low is None else f">{cap.low:.0%} "
    high = "" if cap.high is None else f"≤{cap.high:.0%} "
    note = f"; {cap.source.note}" if cap.source.note else ""
    return f"{low}{high}{_t('of', '：')} {_materials([cap.of])} [{cap.source.citation}{note}]"


def condition_words(item: Condition) -> str:
    """Return a condition in words: severity, limit, question and source."""
    limit = f"{item.quantity} {'/'.join(item.substances)} {item.operator} {item.limit:g} {item.unit}. " if (
        item.operator and item.limit is not None) else ""  # fmt: skip
    note = f"; {item.note}" if item.note else ""
    source = _w(_CHECKED[item.checked]) + ("" if item.checked == "judgement" else f", {item.source.citation}")
    return f"[{_w(_SEVERITY[item.severity])}] {' '.join(limit.split())} {_w(item.ask)} [{source}{note}]".replace(
        "  ", " "
    )


def _reference(source: Reference) -> str:
    extra = [part for part in (f"doi {source.doi}" if source.doi else "", source.url, source.note) if part]
    return f"{source.citation} [{'; '.join([_w(_CHECKED[source.checked]), *extra])}]"


def type_lines(item: ExchangeType) -> Iterator[str]:
    """Yield everything about an exchange type."""
    yield f"{_w(item.name)} ({item.id})"
    for en, zh, codes in (("donor", "供方", item.donors), ("receiver", "需方", item.receivers)):
        yield from _line(en, zh, _industries(codes))
        yield from _line("  belongs to", "  所属", _sectors(codes))
    yield from _line("stream", "物料流", _materials(item.streams))
    for part in item.replaces:
        yield from _line("replaces", "替代", _substitution(part))
    yield from _line("  on the rate", "  替代率说明", item.rate_note)
    if item.needs_demand:
        yield _t("only for a receiver that tells a demand of what is replaced", "仅适用于已填报被替代物需求的需方")
    for cap in item.caps:
        yield from _line("share", "掺量", _cap(cap))
    for condition in item.conditions:
        yield from _line("condition", "条件", condition_words(condition))
    yield from _line("treatment", "处理", " → ".join(_w(step.name) for step in item.treatment))
    factor = f" ({item.carbon_factor})" if item.carbon_factor else ""
    note = f" {_w(item.carbon_note)}" if _w(item.carbon_note) else ""
    yield from _line("own carbon", "自身碳", _w(_CARBON[item.carbon]) + factor + note)
    yield from _line("CO2 avoided", "CO2 减排", _w(_UNKNOWN) if item.co2 is None else figure_words(item.co2))
    yield from _line("additionality", "额外性", _w(item.additionality))
    yield from _line("hazard and permit", "危险与许可", _w(item.hazard))
    for e in item.evidence:
        yield from _line("known from", "案例依据", f"{e.case or '–'}: {_w(_STATUS[e.status])} [{e.source.citation}]")
    for standard in item.standards:
        yield from _line("standard", "标准", f"{standard.code} {_w(standard.title)}")
    for source in item.sources:
        yield from _line("source", "来源", _reference(source))
    yield from _line("engineering judgement", "工程判断", _columns(item.judgement))
    yield from _line("note", "备注", _w(item.note))


def case_lines(case: Case, known_from: Iterable[ExchangeType]) -> Iterator[str]:
    """Yield everything about a case, and the exchange types that are known from it."""
    yield f"{_w(case.name)} ({case.id})"
    yield from _line("place", "地点", ", ".join(part for part in (case.place, case.country, case.years) if part))
    story = (
        ("challenge", "挑战", case.challenge), ("barriers", "障碍", case.barriers),
        ("approach", "方法", case.approach), ("discovery", "发现过程", case.discovery),
        ("preconditions", "前提", case.preconditions), ("lessons", "经验", case.lessons),
    )  # fmt: skip
    for en, zh, told in story:
        yield from _line(en, zh, _w(told))
    for result in case.results:
        yield from _line("result", "结果", f"{_w(result.what)}: {figure_words(result.figure)}")
    for item in known_from:
        states = ", ".join(dict.fromkeys(_w(_STATUS[e.status]) for e in item.evidence if e.case == case.id))
        yield from _line("exchange", "交换", f"{item.id} {_w(item.name)} ({states})")
    for source in case.sources:
        yield from _line("source", "来源", _reference(source))
    yield from _line("note", "备注", case.note)


def technology_lines(step: Technology) -> Iterator[str]:
    """Yield everything about a treatment step."""
    yield f"{_w(step.name)} ({step.id})"
    yield _w(step.what)
    yield from _line("energy", "能耗", _w(_UNKNOWN) if step.energy is None else figure_words(step.energy))
    yield from _line("cost", "费用", _w(_UNKNOWN) if step.cost is None else figure_words(step.cost))
    yield from _line("note", "备注", step.note)


def standard_lines(standard: Standard) -> Iterator[str]:
    """Yield everything about a standard."""
    yield f"{standard.code} {_w(standard.title)}"
    yield from _line("status", "状态", standard.status)
    yield from _line("limits", "限值", _w(standard.limits))
    yield from _line("source", "来源", f"{_w(_CHECKED[standard.checked])}, {standard.source}")
    yield from _line("note", "备注", standard.note)


def condition_lines(condition: Condition) -> Iterator[str]:
    """Yield everything about a condition."""
    yield condition.id
    yield condition_words(condition)
