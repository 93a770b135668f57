"""What a study says of appraisal and of new firms: ``[appraise]`` and ``[settle]`` of ``study.toml``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from lichen.figures import Figure, Text


@dataclass(frozen=True)
class AppraisedExchange:
    """What the study says of one exchange of the network.

    Parameters
    ----------
    id
        DONOR>STREAM>RECEIVER.
    paid_by
        Who pays treatment, carriage and equipment; empty: as for all.
    donor_rate, receiver_rate
        Real discount rates of the two firms; not given: as for all.
    level, evidence
        Readiness from 1 to 9 (0: not told) and what shows it.
    capacity
        Of heat: contracted [kW]; not given: what the fullest month, else the mean of the year, needs at least.
    agreed
        Terms of the contract that are agreed, by their ids.
    """

    id: str
    paid_by: Literal["", "donor", "receiver"] = ""
    donor_rate: Figure | None = None
    receiver_rate: Figure | None = None
    level: int = 0
    evidence: Text = Text("")
    capacity: Figure | None = None
    agreed: Mapping[str, Text] = field(default_factory=dict)


@dataclass(frozen=True)
class ProfitTax:
    """A tax on profit.

    Parameters
    ----------
    write_off
        Years over which what is built is written off, in equal parts.
    inflation
        Yearly rise of all prices [1/a]: tax law works in nominal money.
    rate
        Share of the profit [1]; not given: the one that ships under ``tax``.
    tax
        Which rate that is.
    losses
        Set off at once against other profits of the firm, or carried forward.
    """

    write_off: int
    inflation: Figure
    rate: Figure | None = None
    tax: Literal["corporate_income_china", "corporate_income_china_west", "corporate_income_china_high_tech"] = (
        "corporate_income_china"
    )
    losses: Literal["refunded", "carried"] = "carried"


@dataclass(frozen=True)
class Appraising:
    """How the exchanges of the designed network are appraised.

    Parameters
    ----------
    paid_by
        Who pays treatment, carriage and equipment where an exchange does not say otherwise.
    carbon_to
        Who receives the carbon price of what is avoided.
    donor_rate, receiver_rate
        Real discount rates of firms; not given: that of the design.
    longest
        Longest contract that is tried where no price leaves both a gain [a].
    variable_share
        Where the price per GJ of heat stands between the donor's marginal cost (0) and the receiver's (1); not given:
        both ends are shown.
    negative
        How exchanges of a negative cost per tonne of CO2 are ranked: by net present value, or in layers of net present
        value and CO2.
    draws, seed
        Draws of the range of net present value (0: none) and their seed.
    risks
        File of the risk register; it need not be there.
    tax
        Tax on profit; not given: none.
    exchange
        What is told of single exchanges.
    """

    paid_by: Literal["donor", "receiver"] = "receiver"
    carbon_to: Literal["donor", "receiver"] = "receiver"
    donor_rate: Figure | None = None
    receiver_rate: Figure | None = None
    longest: int = 30
    variable_share: float | None = None
    negative: Literal["npv", "pareto"] = "npv"
    draws: int = 1000
    seed: int = 2012
    risks: str = "risks.csv"
    tax: ProfitTax | None = None
    exchange: tuple[AppraisedExchange, ...] = ()


@dataclass(frozen=True)
class Threshold:
    """What a park asks of a new firm: a number a year over another, between two ends.

    Parameters
    ----------
    id, name
        Code and name.
    of
        What is counted: energy taken in, fresh water, solid waste, hazardous waste, CO2, solid waste used, value added,
        revenue.
    per
        What it is divided by; of "waste used" the solid waste there is.
    low, high
        What it must reach, and must not exceed, each with its source.
    required
        Whether the park refuses who does not meet it; else it is advice.
    note
        What to know of it.
    """

    id: str
    of: Literal["energy", "water", "waste", "hazardous waste", "co2", "waste used", "value added", "revenue"]
    per: Literal["value added", "revenue", "land", "waste", "employees"]
    low: Figure | None = None
    high: Figure | None = None
    name: Text = Text("")
    required: bool = True
    note: Text = Text("")


@dataclass(frozen=True)
class Settling:
    """What a park asks of new firms."""

    threshold: tuple[Threshold, ...] = ()
