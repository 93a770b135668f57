"""Reports of a park: the library's pages of what an account may read, served under a strict policy for browsers."""

from __future__ import annotations

import base64
import hashlib
import re
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.http import HttpResponse

from lichen.errors import Language, StudyError
from lichen.inventory.store import save
from lichen.inventory.values import Inventory
from lichen.report.combined import combined_html
from lichen.report.discovery import discovery_html
from lichen.report.flows import flow_report_html
from lichen.report.follow import follow_html
from lichen.report.sustainability import PublicTable, sustainability, sustainability_html, sustainability_pdf
from lichen.study.discovery import run_discovery
from lichen.study.flows import FlowResult, run_flows
from lichen.study.follow_tables import write_follow
from lichen.web.followed import followed
from lichen.web.kept import Kept
from lichen.web.models import FirmRow, Park, Role, User
from lichen.web.policy import Scope, log, public_tables
from lichen.web.releases import cells, newest
from lichen.web.rows import of_firm
from lichen.web.sent import XLSX, saved
from lichen.web.studies import export_study
from lichen.web.texts import words

MOST_SHOWN = 60
"""Streams of which the page of opportunities shows the best."""
_pages = Kept(12)
_STYLE = re.compile(r' style="([a-z-]+:[#\w.%]+(?:;[a-z-]+:[#\w.%]+)*;?)"')
"""A style at an element, as the report's templates write it; nothing else is taken for one."""


def served(html: str) -> HttpResponse:
    """Return a page of the report under a policy that allows its own style sheet alone: no script, no other source.

    Styles at elements, which such a policy forbids, go into the style sheet.
    """
    found: dict[str, int] = {}

    def moved(match: re.Match[str]) -> str:
        return f' data-style="{found.setdefault(match[1], len(found))}"'

    head, opened, rest = html.partition("<style>")
    sheet, closed, body = rest.partition("</style>")
    body = _STYLE.sub(moved, body)
    sheet += "".join(f'\n[data-style="{n}"] {{ {style} }}' for style, n in found.items())
    head = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>\s*', "", head)
    answer = HttpResponse(head + opened + sheet + closed + body, content_type="text/html; charset=utf-8")
    digest = base64.b64encode(hashlib.sha256(sheet.encode()).digest()).decode() if opened else ""
    answer["Content-Security-Policy"] = (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )  # fmt: skip
    return answer


def _in_study(park: Park, make: Callable[[Path], str]) -> str:
    """Return what is made from a park's study in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="lichen-") as name:
        folder = Path(name) / park.slug
        export_study(park, folder)
        return make(folder)


def balance_page(park: Park, lang: Language) -> str:
    """Return the page of a park's balances."""
    key = (park.pk, park.revision, "balance", lang)
    return _pages.get(key, lambda: _in_study(park, lambda folder: flow_report_html(run_flows(folder), lang)))


def discovery_page(park: Park, lang: Language) -> str:
    """Return the page of what the firms of a park could do together."""
    key = (park.pk, park.revision, "discover", lang)
    return _pages.get(
        key, lambda: _in_study(park, lambda folder: discovery_html(run_discovery(folder), lang, MOST_SHOWN))
    )


def follow_page(scope: Scope, lang: Language) -> str:
    """Return the page of follow-up, as far as an account may read it."""
    return follow_html(followed(scope), lang)


def committee_page(scope: Scope, lang: Language) -> str:
    """Return the page for the steering committee."""
    park = scope.park

    def flows_of(folder: Path) -> str:
        return combined_html(_flows(folder), followed(scope), _title(park, lang), "committee", lang)

    return _in_study(park, flows_of)


def firm_page(scope: Scope, firm: FirmRow, lang: Language) -> str:
    """Return the page of one firm: its own rows, and the exchanges that it takes part in; nothing of others."""
    own = replace(scope, roles=frozenset({Role.FIRM}), firms=frozenset({firm.pk}))
    told = of_firm(firm).inventory
    with tempfile.TemporaryDirectory(prefix="lichen-") as name:
        folder = Path(name) / "firm"
        flows = _own_flows(folder, told)
    found = followed(own)
    follow = replace(found, findings=(), loaded=None)
    return combined_html(flows, follow, firm.name, "firm", lang)


def _own_flows(folder: Path, told: Inventory) -> FlowResult | None:
    folder.mkdir()
    save(told, folder)
    return _flows(folder)


def _flows(folder: Path) -> FlowResult | None:
    """Return the flows of a study; ``None`` where there is nothing to balance."""
    try:
        return run_flows(folder)
    except StudyError as error:
        if {p.code for p in error.problems} <= {"flows.no_inventory", "flows.no_year"}:
            return None
        raise


def _title(park: Park, lang: Language) -> str:
    return (park.name_zh if lang == "zh" else park.name) or park.name


def _sustainability(scope: Scope, lang: Language) -> dict[str, Any]:
    park = scope.park
    tables = [
        PublicTable(
            f"{words(f'figure_{row.figure}', lang)}, {row.year}",
            f"{words('released_on', lang, time=row.time.date())} {words(f'figure_about_{row.figure}', lang)}",
            row.table["unit"], [(name, c["value"]) for name, c in cells(row.table)],
        )
        for row in newest(list(public_tables(park.slug)))
    ]  # fmt: skip
    return sustainability(_title(park, lang), tables, followed(scope), lang)


def _workbook(scope: Scope, lang: Language) -> bytes:
    with tempfile.TemporaryDirectory(prefix="lichen-") as folder:
        paths = write_follow(followed(scope), Path(folder), lang)
        return next(p for p in paths if p.suffix == ".xlsx").read_bytes()


PAGES: Mapping[str, Callable[[Scope, Language], str]] = {
    "committee": committee_page,
    "sustainability": lambda scope, lang: sustainability_html(_sustainability(scope, lang)),
    "follow-up": follow_page,
    "balance": lambda scope, lang: balance_page(scope.park, lang),
    "discover": lambda scope, lang: discovery_page(scope.park, lang),
}
"""Reports of the park that are pages."""
FILES: Mapping[str, tuple[str, Callable[[Scope, Language], bytes]]] = {
    "sustainability.pdf": ("application/pdf", lambda scope, lang: sustainability_pdf(_sustainability(scope, lang))),
    "follow-up.xlsx": (XLSX, _workbook),
}
"""Reports of the park that are files, with their kinds."""
FIRM = "firm"
"""The report of the firm that the address names."""


def made(scope: Scope, name: str, lang: Language, by: User) -> HttpResponse:
    """Return a report as it is sent: one of :data:`PAGES` or :data:`FILES`, or :data:`FIRM`; the audit hears of it.

    Raises
    ------
    LichenError
        If there is nothing to tell.
    """
    about = name
    if name in FILES:
        kind, make = FILES[name]
        answer = saved(make(scope, lang), f"{scope.park.slug}-{name}", kind)
    elif name == FIRM:
        assert scope.firm is not None
        about = f"firm {scope.firm.code}"
        answer = served(firm_page(scope, scope.firm, lang))
    else:
        answer = served(PAGES[name](scope, lang))
    log("report read", park=scope.park, by=by, about=about)
    return answer
