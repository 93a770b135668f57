"""Heat by temperature: the least utilities of firms and of a site, and which donor can serve which receiver.

**Targets** follow the problem table: hot streams count half the approach colder, cold ones half of it hotter; what is
lacking above any level must come from a hot utility. The balance

    hot utility + heat of hot streams = cold utility + heat of cold streams

holds exactly. Heat is in GJ/a, or in MW of steady operation: all of one call in the same unit.

References
----------
Linnhoff, B. & Flower, J. R. (1978) Synthesis of heat exchanger networks: I. AIChE J. 24(4), 633-642.
doi:10.1002/aic.690240411: problem table.
Dhole, V. R. & Linnhoff, B. (1993) Total site targets for fuel, co-generation, emissions, and cooling. Comput. Chem.
Eng. 17 (suppl.), S101-S109: firms that share heat through a carrier.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from lichen.discover._cascade import TOLERANCE, Segments, cascade, hot_utility, join, profiles, recoverable
from lichen.errors import InputError, Problems, Where
from lichen.labelled import Array, frozen

ABSOLUTE_ZERO = -273.15
"""[°C]"""
ISOTHERMAL = 1e-3
"""A stream whose temperatures differ by less counts as one level, on the safe side [K]."""
Side = Literal["", "hot", "cold"]


@dataclass(frozen=True)
class HeatStream:
    """A stream that gives heat (hot) or needs it (cold).

    Parameters
    ----------
    id, firm
        Its name, unlike any other, and whose it is.
    supply_c, target_c
        Temperature it comes with and must or may leave with [°C]. Equal: it condenses, boils, or gives or takes heat
        at one level.
    heat
        Heat it gives or needs between the two [GJ/a, or MW in all streams].
    side
        "hot" or "cold"; needed where the temperatures are equal. Empty: hot if it cools.
    hours
        It flows [h/a]; ``None`` if not known.
    months
        Shares of twelve months, adding up to 1; empty if not known.
    """

    id: str
    firm: str
    supply_c: float
    target_c: float
    heat: float
    side: Side = ""
    hours: float | None = None
    months: tuple[float, ...] = ()

    @property
    def hot(self) -> bool:
        """Whether it gives heat."""
        return self.side == "hot" if self.side else self.supply_c > self.target_c

    @property
    def power_mw(self) -> float | None:
        """Mean power while it flows, of heat in GJ/a [MW]; ``None``: hours not known."""
        return None if self.hours is None else self.heat / (3.6 * self.hours)


@dataclass(frozen=True, eq=False)
class HeatTargets:
    """Least utilities of some streams, exchanging heat as well as can be.

    Parameters
    ----------
    firm
        Whose streams; empty: of several firms.
    hot_utility, cold_utility
        Heat that must come from outside, and that must be taken away [as the streams].
    recovered
        Heat that the streams pass to each other [as the streams].
    pinches
        Levels that no heat crosses, falling, half an approach below hot streams and above cold ones [°C]. Empty: only
        one utility is needed, or none.
    level, flow
        Grand composite curve: levels, falling [°C, as ``pinches``], and the heat that flows down across each [as the
        streams]. A level with an isothermal stream stands twice.
    approach_k
        Least temperature difference between a hot and a cold stream [K].
    """

    firm: str
    hot_utility: float
    cold_utility: float
    recovered: float
    pinches: tuple[float, ...]
    level: Array
    flow: Array
    approach_k: float

    def pinch_of_streams(self) -> tuple[tuple[float, float], ...]:
        """Return each pinch as temperature of hot and of cold streams [°C]."""
        return tuple((p + self.approach_k / 2, p - self.approach_k / 2) for p in self.pinches)


@dataclass(frozen=True, eq=False)
class SiteHeat:
    """What firms need each alone and what they need together.

    Parameters
    ----------
    alone
        Targets of each firm by itself.
    together
        Targets if every stream may exchange heat with every other: the least that can be.
    hot_by_carrier, cold_by_carrier
        Utilities if each firm first does all it can alone, and what is left is passed on through steam or water, with
        one approach on either side of it.
    """

    alone: tuple[HeatTargets, ...]
    together: HeatTargets
    hot_by_carrier: float
    cold_by_carrier: float

    @property
    def hot_alone(self) -> float:
        """Hot utility of all firms, each alone."""
        return sum(t.hot_utility for t in self.alone)

    @property
    def gain(self) -> float:
        """Hot utility that sharing saves at most; the cold utility falls by the same."""
        return self.hot_alone - self.together.hot_utility

    @property
    def gain_by_carrier(self) -> float:
        """Hot utility that sharing through a carrier saves."""
        return self.hot_alone - self.hot_by_carrier


@dataclass(frozen=True)
class HeatMatch:
    """What one donor's stream could do for one receiver's.

    Parameters
    ----------
    donor, receiver, donor_firm, receiver_firm
        Streams and firms.
    distance_km
        Length of the way [km].
    taken, delivered, lost
        Heat that leaves the donor, arrives, and is lost between [as the streams].
    margin_k
        Donor's supply temperature less receiver's target temperature less the approach [K]. Negative: the donor can
        only preheat.
    months
        Heat delivered in each month [as the streams]; empty where a side does not tell its months: then
        ``delivered`` takes both to run at the same time.
    exergy
        Exergy of the heat taken [as the streams]; ``None``: no ambient temperature was given.
    """

    donor: str
    receiver: str
    donor_firm: str
    receiver_firm: str
    distance_km: float
    taken: float
    delivered: float
    lost: float
    margin_k: float
    months: tuple[float, ...] = ()
    exergy: float | None = None


def heat_targets(streams: Sequence[HeatStream], approach_k: float) -> HeatTargets:
    """Return the least utilities of streams that may all exchange heat with each other.

    Parameters
    ----------
    streams
        Hot and cold streams; without months and hours: they are taken to run at the same time.
    approach_k
        Least temperature difference [K]; usual ranges are in :func:`lichen.discover.limits.limits`.

    Raises
    ------
    InputError
        Naming every stream that cannot be used.
    """
    _check(streams, approach_k)
    return _targets(streams, approach_k)


def site_heat(streams: Sequence[HeatStream], approach_k: float) -> SiteHeat:
    """Return the targets of each firm alone and of all together; see :func:`heat_targets`."""
    _check(streams, approach_k)
    firms: dict[str, list[HeatStream]] = {}
    for stream in streams:
        firms.setdefault(stream.firm, []).append(stream)
    alone = tuple(_targets(own, approach_k) for own in firms.values())
    left = [profiles(t.level, t.flow) for t in alone]
    needs = join([need for need, _ in left])
    gives = join([give for _, give in left]).below(approach_k)
    site = join([needs, gives])
    _, flow = cascade(site)
    hot = hot_utility(flow, site.scale)
    saved = sum(t.hot_utility for t in alone) - hot
    return SiteHeat(alone, _targets(streams, approach_k), hot, max(0.0, sum(t.cold_utility for t in alone) - saved))


def monthly_targets(streams: Sequence[HeatStream], approach_k: float) -> tuple[HeatTargets, ...]:
    """Return the targets of twelve months, each by itself: heat is not stored. Streams without months run evenly."""
    _check(streams, approach_k)
    shares = [s.months or (1 / 12,) * 12 for s in streams]
    return tuple(
        _targets([replace(s, heat=s.heat * share[m]) for s, share in zip(streams, shares, strict=True)], approach_k)
        for m in range(12)
    )


def _targets(streams: Sequence[HeatStream], approach_k: float) -> HeatTargets:
    segments = _segments([s for s in streams if s.heat > 0], approach_k, lambda s: s.heat if s.hot else -s.heat)
    level, flow = cascade(segments)
    needed = float(-segments.heat[segments.heat < 0].sum() + 0.0)
    hot = min(hot_utility(flow, segments.scale), needed)
    cold = hot + float(segments.heat.sum())
    cold = cold if cold > TOLERANCE * segments.scale else 0.0
    flow = np.where(np.abs(flow + hot) > TOLERANCE * segments.scale, flow + hot, 0.0)
    pinches = dict.fromkeys(level[1:-1][flow[1:-1] == 0].tolist())
    firms = {s.firm for s in streams}
    level.flags.writeable = flow.flags.writeable = False
    return HeatTargets(
        firms.pop() if len(firms) == 1 else "", hot, cold, needed - hot, tuple(pinches), level, flow, float(approach_k)
    )  # fmt: skip


def _segments(
    streams: Sequence[HeatStream], approach_k: float, heat: Callable[[HeatStream], float]
) -> Segments:  # fmt: skip
    """Return streams on the shifted scale: hot ones half the approach colder, cold ones half of it hotter."""
    supply, target = (np.array([getattr(s, n) for s in streams], dtype=float) for n in ("supply_c", "target_c"))
    hot = np.array([s.hot for s in streams], dtype=bool)
    flat = np.abs(supply - target) < ISOTHERMAL
    supply = np.where(flat, target, supply)
    shift = np.where(hot, -approach_k / 2, approach_k / 2)
    ends = np.round(np.stack([supply, target]) + shift, 9)
    return Segments(ends.max(axis=0), ends.min(axis=0), np.array([heat(s) for s in streams], dtype=float))


def heat_matches(
    supplies: Sequence[HeatStream], demands: Sequence[HeatStream], approach_k: float, distance_km: npt.ArrayLike,
    loss_per_km: float, ambient_c: float | None = None,
) -> tuple[HeatMatch, ...]:  # fmt: skip
    """Return what each donor could do for each receiver of another firm, most heat delivered first.

    Each match is by itself: two matches of one stream compete.

    Parameters
    ----------
    supplies, demands
        Hot streams and cold streams, all heat in one unit.
    approach_k
        Least temperature difference between the two streams, all steps between them counted in [K].
    distance_km
        Length of the way, shape ``(len(supplies), len(demands))`` [km].
    loss_per_km
        Share of the heat that is lost in each kilometre [1/km]; what arrives is ``(1 - loss)**distance``.
    ambient_c
        Temperature of the surroundings, for exergy [°C].

    Raises
    ------
    InputError
        Naming every stream and number that cannot be used.
    """
    _check([*supplies, *demands], approach_k, loss_per_km, ambient_c, supplies, demands)
    km = frozen(distance_km, (len(supplies), len(demands)), "distance_km")
    problems = Problems()
    for i, j in np.argwhere(km < 0).tolist():
        problems.add("discover.heat_distance", donor=supplies[i].id, receiver=demands[j].id, found=float(km[i, j]))
    problems.raise_if_errors(InputError)
    found: list[HeatMatch] = []
    cold = _segments(demands, approach_k, lambda s: s.heat)
    for i, supply in enumerate(supplies):
        found += _matches_of(supply, demands, cold, approach_k, km[i], (1 - loss_per_km) ** km[i], ambient_c)
    return tuple(sorted(found, key=lambda m: (-m.delivered, -m.margin_k, m.distance_km, m.donor, m.receiver)))


def _matches_of(
    supply: HeatStream, demands: Sequence[HeatStream], cold: Segments, approach_k: float, km: Array, arriving: Array,
    ambient_c: float | None,
) -> Iterable[HeatMatch]:  # fmt: skip
    """Return the matches of one donor; ``arriving`` is the share that reaches each receiver [1]."""
    hot = _segments([supply], approach_k, lambda s: s.heat)
    annual = recoverable(replace(hot, heat=arriving * supply.heat), cold)
    shares = np.array([d.months or (np.nan,) * 12 for d in demands]).reshape(len(demands), 12)
    by_month = np.full_like(shares, np.nan)
    if supply.months:
        column = Segments(cold.top[:, None], cold.bottom[:, None], cold.heat[:, None] * shares)
        by_month = recoverable(replace(hot, heat=arriving[:, None] * supply.heat * np.array(supply.months)), column)
    for j, demand in enumerate(demands):
        monthly = not np.isnan(by_month[j, 0])
        delivered = float(by_month[j].sum() if monthly else annual[j])
        if supply.firm == demand.firm or delivered <= TOLERANCE * min(supply.heat, demand.heat):
            continue
        taken = delivered / float(arriving[j])
        yield HeatMatch(
            supply.id, demand.id, supply.firm, demand.firm, float(km[j]), taken, delivered, taken - delivered,
            float(max(supply.supply_c, supply.target_c) - max(demand.supply_c, demand.target_c) - approach_k),
            tuple(by_month[j].tolist()) if monthly else (),
            None if ambient_c is None else taken * carnot_factor(supply.supply_c, supply.target_c, ambient_c),
        )  # fmt: skip


def carnot_factor(supply_c: float, target_c: float, ambient_c: float) -> float:
    """Return exergy over heat of a stream between two temperatures [1]: ``1 - T0 / Tm``.

    Tm is the thermodynamic mean temperature, (T1 - T2) / ln(T1 / T2) of absolute temperatures. Below the ambient
    temperature the factor is negative: heat is worth nothing there, cold is.

    >>> round(carnot_factor(120, 120, 20), 3)
    0.254
    """
    T1, T2, T0 = (t - ABSOLUTE_ZERO for t in (supply_c, target_c, ambient_c))
    mean = (T1 + T2) / 2 if abs(T1 - T2) < ISOTHERMAL else (T1 - T2) / math.log(T1 / T2)
    return 1 - T0 / mean


def _check(
    streams: Sequence[HeatStream], approach_k: float, loss_per_km: float = 0.0, ambient_c: float | None = None,
    supplies: Sequence[HeatStream] = (), demands: Sequence[HeatStream] = (),
) -> None:  # fmt: skip
    """Collect what is wrong with the arguments and raise once."""
    problems = Problems()
    if not (math.isfinite(approach_k) and approach_k >= 0):
        problems.add("discover.heat_approach", found=approach_k)
    if not 0 <= loss_per_km < 1:
        problems.add("discover.heat_loss", found=loss_per_km)
    if ambient_c is not None and not (math.isfinite(ambient_c) and ambient_c > ABSOLUTE_ZERO):
        problems.add("discover.heat_number", what="ambient_c", found=ambient_c)
    seen: set[str] = set()
    for stream in streams:
        if stream.id in seen:
            problems.add("discover.heat_doubled", Where(key=stream.id), id=stream.id)
        seen.add(stream.id)
        _check_stream(stream, problems)
    for wrong in [s for s in supplies if not s.hot] + [s for s in demands if s.hot]:
        problems.add("discover.heat_wrong_side", Where(key=wrong.id), id=wrong.id)
    problems.raise_if_errors(InputError)


def _check_stream(stream: HeatStream, problems: Problems) -> None:
    where = Where(key=stream.id)
    if not stream.id.strip() or not stream.firm.strip():
        problems.add("discover.heat_nameless", where, id=stream.id, firm=stream.firm)
    for what, value, low in (
        ("supply_c", stream.supply_c, ABSOLUTE_ZERO), ("target_c", stream.target_c, ABSOLUTE_ZERO),
        ("heat", stream.heat, 0.0), ("hours", 1.0 if stream.hours is None else stream.hours, 0.0),
    ):  # fmt: skip
        if not math.isfinite(value) or value < low or (value == low and what != "heat"):
            problems.add("discover.heat_number", where, what=what, found=value)
    if not stream.side and stream.supply_c == stream.target_c:
        problems.add("discover.heat_no_side", where, level=stream.supply_c)
    elif stream.side not in ("", "hot", "cold") or (
        stream.side and abs(stream.supply_c - stream.target_c) >= ISOTHERMAL
        and (stream.side == "hot") != (stream.supply_c > stream.target_c)
    ):  # fmt: skip
        problems.add("discover.heat_side", where, side=stream.side, supply=stream.supply_c, target=stream.target_c)
    months = stream.months
    if months and (len(months) != 12 or not all(m >= 0 for m in months) or not abs(sum(months) - 1) < 1e-6):
        problems.add("discover.heat_months", where, count=len(months), total=sum(months))
