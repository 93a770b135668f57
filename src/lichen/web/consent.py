"""Consent of firms to show more of themselves to the other side of an opportunity: given, withdrawn, recorded.

Step 1 needs none. At step 2 both see names, at step 3 also composition and price; each step holds while both sides
consent to it, and ends with the first that withdraws. The city is no firm: it hides nothing and needs not be asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils import timezone

from lichen.web.models import CLASSES, DETAILS, NAMES, Consent, FirmRow, Opportunity, User
from lichen.web.policy import Action, Scope, log
from lichen.web.store import Conflict, locked

STEPS = (CLASSES, NAMES, DETAILS)


@dataclass(frozen=True)
class State:
    """What both sides of an opportunity consent to, each by itself; who is asked first sees neither name nor number."""

    donor: int
    receiver: int
    count: int = 0

    @property
    def step(self) -> int:
        """The step that holds: what both consent to."""
        return min(self.donor, self.receiver)


def states(opportunities: Iterable[Opportunity]) -> Mapping[object, State]:
    """Return the state of each opportunity by its id; ``count`` says how many consents were ever given or changed."""
    rows = list(opportunities)
    given: dict[object, dict[int, int]] = {row.pk: {} for row in rows}
    counts = dict.fromkeys(given, 0)
    consents = Consent.objects.filter(opportunity__in=list(given)) if len(rows) < 400 else Consent.objects.filter(
        park__in={row.park_id for row in rows})  # fmt: skip
    for opportunity, firm, step, ended in consents.values_list("opportunity", "firm", "step", "ended"):
        if opportunity in given:
            counts[opportunity] += 1 if ended is None else 2
            if ended is None:
                given[opportunity][firm] = step
    return {
        row.pk: State(_of(row.donor_id, given[row.pk]), _of(row.receiver_id, given[row.pk]), counts[row.pk])
        for row in rows
    }


def _of(firm: int | None, given: Mapping[int, int]) -> int:
    return DETAILS if firm is None else given.get(firm, CLASSES)


def state_of(opportunity: Opportunity) -> State:
    """Return what both sides of an opportunity consent to."""
    return states([opportunity])[opportunity.pk]


def own_sides(scope: Scope, opportunity: Opportunity) -> tuple[str, ...]:
    """Return the sides of an opportunity that the account speaks for: "donor", "receiver"."""
    ends = {"donor": opportunity.donor_id, "receiver": opportunity.receiver_id}
    return tuple(side for side, firm in ends.items() if firm in scope.firms)


def record_of(scope: Scope, opportunity: Opportunity) -> QuerySet[Consent]:
    """Return what was consented to and withdrawn, oldest first: of the account's own firms, or of both sides."""
    rows = Consent.objects.filter(opportunity=opportunity).select_related("firm", "by", "ended_by")
    return rows if scope.everywhere(Action.SEE_OPPORTUNITIES) else rows.filter(firm__in=scope.firms)


def set_consent(scope: Scope, opportunity: Opportunity, side: str, step: int, seen: int, by: User) -> None:
    """Let a firm consent to a step, or to none beyond the first; earlier consent ends.

    Parameters
    ----------
    scope, opportunity
        The account and the opportunity, which it reaches.
    side
        The side that the account speaks for.
    step
        1 withdraws; 2 names; 3 composition and price.
    seen
        :attr:`State.count` of the page that the answer was given on.
    by
        Who answers.

    Raises
    ------
    Conflict
        If consents changed since: what the account agreed to may be another thing now.
    ValueError
        If the account does not speak for the side, or there is no such step.
    """
    if side not in own_sides(scope, opportunity) or step not in STEPS:
        raise ValueError(f"{side!r}, {step!r}")
    firm: FirmRow = getattr(opportunity, side)
    with locked(scope.park) as park:
        if state_of(opportunity).count != seen:
            raise Conflict
        active = Consent.objects.filter(opportunity=opportunity, firm=firm, ended=None)
        before = active.first()
        if (before.step if before else CLASSES) == step:
            return
        active.update(ended=timezone.now(), ended_by=by)
        if step > CLASSES:
            Consent.objects.create(park=park, opportunity=opportunity, firm=firm, step=step, by=by)
        action = "consent given" if step > (before.step if before else CLASSES) else "consent withdrawn"
        log(action, park=park, by=by, about=f"{firm.code}: {opportunity.pk}, {step}")
