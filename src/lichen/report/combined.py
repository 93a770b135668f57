"""Flows and follow-up on one page: for the steering committee of a park, and for one firm about itself."""

from __future__ import annotations

from typing import Any, Literal

from lichen.errors import Language, Problem
from lichen.monitor.values import BUILT, OVER
from lichen.report.flows import flow_context
from lichen.report.follow import follow_context
from lichen.report.html import environment, finding_rows
from lichen.report.texts import Words
from lichen.study.flows import FlowResult
from lichen.study.follow import FollowResult

For = Literal["committee", "firm"]


def combined_html(
    flows: FlowResult | None, follow: FollowResult | None, title: str, reader: For, lang: Language
) -> str:  # fmt: skip
    """Return the page as HTML text.

    Parameters
    ----------
    flows, follow
        What is known of flows and of follow-up; ``None``: nothing.
    title
        Of the park, or of the firm.
    reader
        "committee": what is to be decided comes first, balances are left out; "firm": all about its own flows.
    lang
        Language of the page.
    """
    words = Words(lang)
    heading = words("for_firm") if reader == "firm" else words("for_committee")
    findings: list[Problem] = [*(flows.findings if flows else ()), *(follow.findings if follow else ())]
    return environment().get_template("combined.html.j2").render(
        w=words, lang=lang, title=title, reader=reader, heading=heading,
        date=follow.date.isoformat() if follow else "", flows=flow_context(flows, words) if flows else None,
        follow=_followed(follow, words),
        decide=_to_decide(follow, words) if follow and reader == "committee" else [],
        finding_rows=finding_rows(findings, words),
    )  # fmt: skip


def _followed(follow: FollowResult | None, words: Words) -> dict[str, Any] | None:
    """Return what the page shows of follow-up; ``None`` where it has nothing to show."""
    shown = follow_context(follow, words) if follow else {}
    return shown if any(value for name, value in shown.items() if name != "date") else None


def _to_decide(follow: FollowResult, words: Words) -> list[tuple[str, str, str, str, int]]:
    """Return the open steps, the latest first: exchange, next step, owner, due, days late."""
    steps = [s for s in follow.standings if s.next_step and s.state not in OVER]
    waiting = [s for s in follow.standings if not s.next_step and s.state not in (*OVER, *BUILT)]
    rows = sorted(steps, key=lambda s: (-s.overdue_days, s.due.last if s.due else follow.date))
    return [
        *((follow.name(s.exchange).text(words.lang), s.next_step, s.owner, str(s.due or ""), s.overdue_days)
          for s in rows),
        *((follow.name(s.exchange).text(words.lang), words("no_next_step"), s.owner, "", 0) for s in waiting),
    ]  # fmt: skip
