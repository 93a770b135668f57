"""What can go wrong with an exchange, how ready it is, and which terms a contract must settle.

Failure modes are rated as in failure mode and effects analysis (IEC 60812): severity, occurrence and detection from 1
to 10, and their product, the risk priority number. Scales, readiness levels and contract terms stand in
``words.toml``.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Literal, get_args

from lichen.appraise._checks import check_choice, check_whole
from lichen.errors import InputError, Problems, Where
from lichen.figures import Text
from lichen.labelled import suggest

FailureMode = Literal["quantity", "quality", "permit", "price", "partner closes", "technology"]
FAILURE_MODES: tuple[FailureMode, ...] = get_args(FailureMode)
Scale = Literal["severity", "occurrence", "detection"]
SCALES: tuple[Scale, ...] = get_args(Scale)


@functools.cache
def _words() -> Mapping[str, Any]:
    return tomllib.loads((files("lichen.appraise") / "words.toml").read_text(encoding="utf-8"))


def _text(entry: Mapping[str, str], start: str = "") -> Text:
    return Text(entry[f"{start}en"], entry[f"{start}zh"])


def mode_name(mode: FailureMode) -> Text:
    """Return the name of a failure mode."""
    return _text(_words()["mode"][mode])


def mode_question(mode: FailureMode) -> Text:
    """Return what to ask about a failure mode."""
    return _text(_words()["mode"][mode], "ask_")


def scale_words(scale: Scale) -> dict[int, Text]:
    """Return what marks of a scale mean; marks between two of them stand between the two."""
    return {int(mark): _text(entry) for mark, entry in _words()["scale"][scale].items()}


@dataclass(frozen=True)
class Risk:
    """One way in which an exchange can fail.

    Parameters
    ----------
    exchange
        The exchange.
    mode
        "quantity", "quality", "permit", "price", "partner closes" or "technology".
    description
        What would happen.
    severity, occurrence, detection
        From 1 to 10; detection is 10 where it would not be noticed in time.
    owner
        Who looks after it.
    mitigation
        What is done about it.
    """

    exchange: str
    mode: FailureMode
    description: str
    severity: int
    occurrence: int
    detection: int
    owner: str
    mitigation: str

    @property
    def priority(self) -> int:
        """Risk priority number: severity × occurrence × detection, 1 to 1000."""
        return self.severity * self.occurrence * self.detection


def risk_register(risks: Iterable[Risk]) -> tuple[Risk, ...]:
    """Return risks by falling priority number, then severity, then occurrence, after checking all of them.

    Raises
    ------
    InputError
        With every fault: marks outside 1 to 10, unknown modes, no owner, no mitigation, the same risk twice.
    """
    risks, problems = tuple(risks), Problems()
    seen: set[tuple[str, str, str]] = set()
    for number, risk in enumerate(risks, 1):
        where = f"risk {number} ({risk.exchange})"
        check_choice(problems, f"{where}.mode", risk.mode, FAILURE_MODES)
        for scale in SCALES:
            check_whole(problems, f"{where}.{scale}", getattr(risk, scale), 1, 10)
        for name in ("exchange", "description", "owner", "mitigation"):
            if not str(getattr(risk, name)).strip():
                problems.add(f"appraise.no_{name}", Where(key=where))
        key = (risk.exchange, risk.mode, risk.description)
        if key in seen:
            problems.add("appraise.doubled", Where(key=where), name=risk.description)
        seen.add(key)
    problems.raise_if_errors(InputError)
    return tuple(sorted(risks, key=lambda r: (-r.priority, -r.severity, -r.occurrence)))


def grave(risks: Iterable[Risk], severity: int) -> tuple[Risk, ...]:
    """Return risks of this severity or more, whatever their priority number: a product can hide a grave one."""
    return tuple(risk for risk in risks if risk.severity >= severity)


def modes_not_looked_at(risks: Sequence[Risk], exchange: str) -> tuple[FailureMode, ...]:
    """Return failure modes that the register of an exchange says nothing of."""
    named = {risk.mode for risk in risks if risk.exchange == exchange}
    return tuple(mode for mode in FAILURE_MODES if mode not in named)


@dataclass(frozen=True)
class Readiness:
    """How ready an exchange is.

    Parameters
    ----------
    exchange
        The exchange.
    level
        1 (an idea) to 9 (in steady operation).
    evidence
        What shows it.
    """

    exchange: str
    level: int
    evidence: str

    def __post_init__(self) -> None:
        problems = Problems()
        check_whole(problems, f"{self.exchange}.level", self.level, 1, 9)
        if not self.evidence.strip():
            problems.add("appraise.no_evidence", Where(key=self.exchange))
        problems.raise_if_errors(InputError)

    @property
    def meaning(self) -> Text:
        """What the level means."""
        return readiness_levels()[self.level]

    @property
    def next_step(self) -> Text | None:
        """What the next level asks for; ``None`` at the last."""
        return readiness_levels().get(self.level + 1)


def readiness_levels() -> dict[int, Text]:
    """Return the nine levels and what each means."""
    return {int(level): _text(entry) for level, entry in _words()["readiness"].items()}


@dataclass(frozen=True)
class Term:
    """A term that a contract should settle.

    Parameters
    ----------
    id, name
        Which it is.
    question
        What the parties have to agree on.
    modes
        Failure modes it answers to.
    agreed
        What they agreed; ``None``: open.
    """

    id: str
    name: Text
    question: Text
    modes: tuple[FailureMode, ...]
    agreed: Text | None = None


def contract_outline(agreed: Mapping[str, Text] | None = None, heat: bool = False) -> tuple[Term, ...]:
    """Return the terms that a contract on an exchange should settle. It is a list of questions, no legal advice.

    Parameters
    ----------
    agreed
        What was agreed, by the id of the term.
    heat
        Whether heat is delivered, which has terms of its own.

    Raises
    ------
    InputError
        If a term is not known.
    """
    agreed, problems = agreed or {}, Problems()
    terms = {name: entry for name, entry in _words()["term"].items() if heat or not entry.get("heat", False)}
    for name in agreed:
        if name not in terms:
            problems.add("appraise.term", Where(key=name), near=suggest(name, list(terms)) or "–", known=list(terms))
    problems.raise_if_errors(InputError)
    return tuple(
        Term(name, _text(entry), _text(entry, "ask_"), tuple(entry.get("modes", ())), agreed.get(name))
        for name, entry in terms.items()
    )
