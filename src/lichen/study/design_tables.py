"""A designed network as tables: CSV, one XLSX, JSON, and its exchanges as a file that a study can use."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any

from lichen.design.opportunities import need
from lichen.errors import Language
from lichen.figures import KINDS, Figure, Source
from lichen.scenario.exchange import ExchangeBook
from lichen.study.design import DesignResult, Outcome, figures_of
from lichen.study.design_accounts import NetworkAccounts
from lichen.study.tables import Cells, as_objects, or_nan, write_tables
from lichen.study.what_if import words_of
from lichen.vocabulary.materials import material


def write_design(
    result: DesignResult, accounts: NetworkAccounts | None, folder: Path, lang: Language
) -> list[Path]:  # fmt: skip
    """Write design.json, CSV tables, design.xlsx and, where there is an economy, network.exchanges.toml.

    Raises
    ------
    StudyError
        If the folder cannot be written to.
    """
    texts = {"design.json": json.dumps(design_as_dict(result, accounts, lang), ensure_ascii=False, indent=1)}
    if accounts is not None:
        loaded = result.discovery.flows.loaded
        texts["network.exchanges.toml"] = exchanges_text(accounts.book, loaded.sources if loaded else {})
    return write_tables(folder, "design", design_tables(result, accounts, lang), texts)


def design_as_dict(result: DesignResult, accounts: NetworkAccounts | None, lang: Language) -> dict[str, Any]:
    """Return all results as plain values for JSON; what does not exist is null."""
    money, solution = result.money, result.solution
    tables = {name: as_objects(cells) for name, cells in design_tables(result, accounts, lang).items()}
    return {
        "lichen_design": 1, "title": asdict(result.discovery.flows.title), "year": result.discovery.flows.year,
        "objective": result.given.objective, "currency": money.currency, "price_year": money.price_year,
        "first_year": money.start, "years": money.years, "discount_rate": money.rate.to("1/a"),
        "carbon_price": money.per_tonne, "outcome": _outcome(result.outcome), "status": solution.status,
        "gap": solution.gap if math.isfinite(solution.gap) else None, **tables,
    }  # fmt: skip


def _outcome(outcome: Outcome) -> dict[str, float | int | None]:
    return asdict(outcome)


def design_tables(result: DesignResult, accounts: NetworkAccounts | None, lang: Language) -> dict[str, Cells]:
    """Return name → table for all results, in plain cells."""
    found: dict[str, Cells] = {
        "network": [*_network(result, lang)],
        "network_built": [*_built(result)],
        "network_not_chosen": [*_not_chosen(result, lang)],
        "network_questions": [*_questions(result, lang)],
        "network_binding": [*_binding(result)],
        "network_losses": [*_losses(result)],
        "network_figures": [*_figures(result)],
    }
    if result.tried:
        found["network_what_if"] = [*_tried(result, lang)]
    if result.front is not None:
        found["network_front"] = [*_front(result)]
    if accounts is not None:
        found["network_sectors"] = [*_sectors(accounts, lang)]
    return found


def _name(code: str, lang: Language) -> str:
    return material(code).name(lang) if code else ""


def _network(result: DesignResult, lang: Language) -> Iterator[Sequence[Any]]:
    money = result.money.currency
    stages = [s.start for s in result.frame.layout.stages]
    yield ("exchange", "donor", "donor name", "stream", "stream name", "receiver", "receiver name", "replaces",
           "replaces name", "unit", *(f"quantity from {s}" for s in stages), "share of what is feasible",
           "replaced per unit of stream", "distance [km]", "mode", "plant", f"disposal saved [{money}/unit]",
           f"price of what is replaced [{money}/unit]", f"treatment [{money}/unit]", f"carriage [{money}/unit]",
           f"cost on its ways [{money}/unit]", f"CO2 at the carbon price [{money}/unit]",
           f"gain of both [{money}/unit]", f"gain of both [{money}/a]", f"own investment [{money}]",
           "CO2 avoided [t/a]", "weakest input")  # fmt: skip
    for one in result.flowing:
        t, o = one.terms, one.terms.one
        margin = result.frame.margin(one)
        per, own = f"{money}/{t.unit}", f"{money}/{t.replaced_unit}"
        weakest = max((f.kind for _, f in t.figures()), key=KINDS.index, default="")
        yield (
            o.id, o.donor.id, o.donor.name, o.stream, _name(o.stream, lang), o.receiver.id, o.receiver.name,
            o.replaces, _name(o.replaces, lang), o.unit, *one.by_stage, one.share, or_nan(o.rate),
            or_nan(o.distance_km), t.carriage.mode if t.carriage else "", one.plant,
            t.disposal.to(per) if t.disposal else math.nan, t.price.to(own) if t.price else math.nan,
            t.treatment.to(per) if t.treatment else math.nan, t.carriage.cost.to(per) if t.carriage else math.nan,
            one.cost if one.priced else math.nan, result.money.per_tonne * (one.co2 or 0.0),
            margin if one.priced else math.nan, margin * one.quantity if one.priced else math.nan,
            t.investment.to(money) if t.investment and not one.plant else math.nan,
            one.co2 * one.quantity if one.co2 is not None else math.nan, weakest,
        )  # fmt: skip


def built(result: DesignResult) -> list[tuple[str, str, str]]:
    """Return what is built: plant or equipment, size, first year of its stage."""
    solution, names = result.solution, result.solution.graph.names
    return [
        (names.of("facilities", int(solution.graph.plants.of[k])), names.of("steps", k), names.of("stages", s))
        for k, row in enumerate(solution.built) for s, there in enumerate(row) if there
    ]  # fmt: skip


def _built(result: DesignResult) -> Iterator[Sequence[Any]]:
    yield ("plant", "size", "from")
    yield from built(result)


def _not_chosen(result: DesignResult, lang: Language) -> Iterator[Sequence[Any]]:
    yield ("exchange", "donor", "stream", "receiver", "feasible", "unit", "reason", "what could change it")
    every = {t.one.id: t.one for t in (*result.prepared.left_out, *result.prepared.kept)}
    for name, reason in result.reasons.items():
        one = every[name]
        yield (name, one.donor.id, one.stream, one.receiver.id, one.quantity.value, one.unit, reason.found(lang),
               reason.mend(lang))  # fmt: skip


def _questions(result: DesignResult, lang: Language) -> Iterator[Sequence[Any]]:
    yield ("opportunities waiting", "of what is feasible [t/a]", "question", "how to answer", "kind")
    for asked in result.asked:
        question = asked.question
        yield asked.count, asked.waiting_t, question.found(lang), question.mend(lang), question.severity


@dataclass(frozen=True)
class Bound:
    """What binds, by year.

    Parameters
    ----------
    kind, name, period
        As in :class:`~lichen.design.binding.Binding`; the period is a stage where the year counts.
    limit, unit
        A year, or in the period [unit].
    gain
        Present value that one more unit a year brings in all years of the stage, beside doing nothing, at best.
    """

    kind: str
    name: str
    period: str
    limit: float
    unit: str
    gain: float


def bounds(result: DesignResult) -> list[Bound]:
    """Return what binds, each once, the dearest first."""
    units = {t.one.stream: t.unit for t in result.prepared.kept} | {
        need(t): t.replaced_unit for t in result.prepared.kept
    }  # fmt: skip
    links = {t.one.id: t.unit for t in result.prepared.kept}
    years = {str(stage.start): stage.years for stage in result.frame.layout.stages}
    found: dict[tuple[str, str], Bound] = {}
    for one in result.binding:
        start = one.period[:4]
        whole = one.period == start or "–" in one.period  # the year counts, not a month of it
        count = years.get(start, 1)
        firm_stream = one.name.partition(" · ")[2]
        unit = units.get(firm_stream, links.get(one.name, ""))
        waits = "–" in one.period  # then the limit is that of all years of the stage
        gain = (-one.price + one.left) * (count if waits else 1)
        period = start if whole else one.period
        limit = one.limit / (count if waits else 1)
        found.setdefault((one.kind, one.name), Bound(one.kind, one.name, period, limit, unit, gain))
    return sorted(found.values(), key=lambda b: (-b.gain, b.kind, b.name))


def _binding(result: DesignResult) -> Iterator[Sequence[Any]]:
    yield ("kind", "what", "period", "limit", "unit a year", "one more unit a year brings at most in all years")
    for one in bounds(result):
        yield one.kind, one.name, one.period, one.limit, one.unit, one.gain


def _losses(result: DesignResult) -> Iterator[Sequence[Any]]:
    yield ("kind", "lost", "exchanges that go with it", "loss with what is built as it is")
    for one in result.losses:
        yield one.kind, one.name, one.links, one.fixed if math.isfinite(one.fixed) else math.nan


def _figures(result: DesignResult) -> Iterator[Sequence[Any]]:
    yield ("exchange", "what", "value", "low", "high", "unit", "kind", "source", "year", "note")
    for name, what, f in figures_of(result):
        yield (name, what, f.value, or_nan(f.low), or_nan(f.high), f.unit, f.kind, f.source, f.year or "", f.note)


def _tried(result: DesignResult, lang: Language) -> Iterator[Sequence[Any]]:
    money = result.money.currency
    yield ("what if", "in words", f"net present value [{money}]", "change", f"if nothing is rebuilt [{money}]",
           "exchanges", "CO2 avoided [t/a]", "waste avoided [t/a]", "notes")  # fmt: skip
    before = result.outcome.gain
    for one in result.tried:
        o = one.outcome
        gain = o.gain if o is not None else None
        yield (one.what_if.text, words_of(one.what_if, lang), or_nan(gain),
               gain - before if gain is not None and before is not None else math.nan, or_nan(one.kept),
               o.exchanges if o else "", o.co2_avoided if o else math.nan, o.waste_avoided if o else math.nan,
               "; ".join(p.text(lang) for p in one.notes))  # fmt: skip


def _front(result: DesignResult) -> Iterator[Sequence[Any]]:
    yield (result.given.objective, result.second, "gap", "proven")
    yield from front_points(result)


def front_points(result: DesignResult) -> list[tuple[float, float, float, bool]]:
    """Return the front as what is gained of both objectives beside doing nothing, its gap, and whether it is proven."""
    if result.front is None:
        return []
    graph, program = result.front.graph, result.front.program
    ids = [m.id for m in graph.measures]
    first, second = (ids.index({"npv": "cost"}.get(n, n)) for n in (result.given.objective, result.second))
    years = result.money.years
    found = []
    for point in result.front.points:
        total = program.coefficients @ point.x
        signs = {"jobs": -1.0 / years, "cost": 1.0}
        gains = [-float(total[m]) * signs.get(ids[m], 1.0 / years) for m in (first, second)]
        found.append((gains[0], gains[1], point.gap, point.proven))
    return found


def _sectors(accounts: NetworkAccounts, lang: Language) -> Iterator[Sequence[Any]]:
    yield ("sector", "name", "account", "unit", "footprint before", "footprint after", "change", "output change",
           "value added change", "own flows change")  # fmt: skip
    before, after = accounts.assessment.before, accounts.assessment.after
    added = after.value_kept - before.value_kept
    for i, account in enumerate(before.accounts.labels):
        old, new = before.accounts.consumption[i], after.accounts.consumption[i]
        own = after.accounts.production[i] - before.accounts.production[i]
        for j, sector in enumerate(before.accounts.sectors):
            name = accounts.sectors[sector].text(lang) if sector in accounts.sectors else sector
            yield (sector, name, account, before.accounts.units[i], old[j], new[j], new[j] - old[j],
                   after.accounts.output[j] - before.accounts.output[j], added[j], own[j])  # fmt: skip


# --- the network as a file of exchanges ------------------------------------------------------------------------------
def exchanges_text(book: ExchangeBook, known: Mapping[str, Source] | None = None) -> str:
    """Return exchanges and products as the text of an exchange file (TOML) that a study can name or take rows from.

    ``known``: the study's sources; all are written, since other files of the study may name them.
    """
    told = dict(known or {})
    lines = [
        "# Exchanges of the designed network, by sectors; made by `lichen design`. Name this file in study.toml",
        '# (exchanges = "…") or copy what you need. The sources "design" and the like are told below.', "",
        "[sources]", 'design = { title = "Network designed by Lichen from the study\'s own inventory and costs" }',
    ]  # fmt: skip
    lines += [f"{_key(key)} = {_value(source)}" for key, source in told.items()]
    lines += [f"{_key(key)} = {{ title = {_value(key)} }}" for key in sorted(_sources(book) - {"design", *told})]
    for name, items in (("product", book.products), ("exchange", book.exchanges)):
        for item in items:
            lines += ["", f"[[{name}]]"]
            lines += [f"{key} = {_value(value)}" for key, value in _told(item).items()]
    return "\n".join(lines) + "\n"


def _sources(value: Any) -> set[str]:
    """Return the sources that all figures within a value name."""
    if is_dataclass(value) and not isinstance(value, type):
        own = {value.source} if isinstance(value, Figure) else set()
        return own.union(*(_sources(getattr(value, f.name)) for f in fields(value)))
    if isinstance(value, tuple | list):
        return set().union(*map(_sources, value)) if value else set()
    return set()


def _told(value: Any) -> dict[str, Any]:
    """Return the fields that are not as usual, by name."""
    found = {}
    for field in fields(value):
        item = getattr(value, field.name)
        if item is None or item in ("", ()) or (field.default is not None and item == field.default):
            continue
        found[field.name] = item
    return found


def _key(text: str) -> str:
    bare = text.isascii() and text.replace("-", "").replace("_", "").isalnum()
    return text if bare else json.dumps(text, ensure_ascii=False)


def _value(value: Any) -> str:
    """Return a value as TOML; a basic string of TOML is a string of JSON."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, int | float):
        return repr(float(value)) if isinstance(value, float) else str(value)
    if is_dataclass(value):
        return "{ " + ", ".join(f"{key} = {_value(item)}" for key, item in _told(value).items()) + " }"
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(key)} = {_value(item)}" for key, item in value.items()) + " }"
    return "[" + ", ".join(map(_value, value)) + "]"
