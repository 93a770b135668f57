"""What another firm may see of a firm: exact, in bands, or nothing. The facilitator sees everything.

A flow has its own level, else its firm's: *public* shows the number, *park* a band of the series 1, 2, 5, 10, *private*
nothing, and the firm goes by its industry. What is derived from both sides shows no more than the stricter of them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from lichen.discover.values import Opportunity, Span
from lichen.figures import Text
from lichen.inventory.values import Disclosure, Firm, Flow
from lichen.knowledge.values import CITY
from lichen.vocabulary.industries import industry

STRICT: tuple[Disclosure, ...] = ("public", "park", "private")
"""From the most open level to the strictest."""


def level_of(firm: Firm, flows: Iterable[Flow] = ()) -> Disclosure:
    """Return the strictest level of some flows of a firm, or the firm's own."""
    levels = [flow.disclosure or firm.disclosure for flow in flows] or [firm.disclosure]
    return max(levels, key=STRICT.index)


def strictest(one: Opportunity) -> Disclosure:
    """Return the level at which both firms may see what is derived from both.

    A cap is counted with the receiver's products or inputs: whoever knows the share knows them.
    """
    told = (*(one.demand.flows if one.demand else ()), *one.counted)
    receiver = level_of(one.receiver, told) if told else "public"
    return max(level_of(one.donor, one.supply.flows), receiver, key=STRICT.index)


def shown_name(firm: Firm) -> Text:
    """Return a firm's name, or only what it is where its data are private."""
    if firm.industry == CITY:
        return Text("the city", "城市")
    if firm.disclosure != "private":
        return Text(firm.name, firm.name)
    found = industry(firm.industry)
    return Text(f"a firm of: {found.name('en')}", f"某企业（{found.name('zh')}）")


def band(value: float) -> tuple[float, float]:
    """Return the band of the series 1, 2, 5, 10 that holds a value: 37 is in 20 to 50, -37 in -50 to -20; 0 in 0 to 0.

    The end nearer to zero belongs to the band.
    """
    if value == 0:
        return 0.0, 0.0
    size = abs(value)
    exponent = math.floor(math.log10(size))
    steps = [float(f"{digit}e{e}") for e in (exponent - 1, exponent, exponent + 1) for digit in (1, 2, 5)]
    low = max(s for s in steps if s <= size)
    high = min(s for s in steps if s > low)
    return (low, high) if value > 0 else (-high, -low)


def shown_amount(span: Span, level: Disclosure) -> Span | None:
    """Return an amount as others may see it: as it is, as its band, or not at all."""
    if level == "public":
        return span
    if level == "park":
        low, high = band(span.value)
        return Span(low, math.copysign(math.sqrt(abs(low)) * math.sqrt(abs(high)), low), high)
    return None
