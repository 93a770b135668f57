"""The blind test on exchanges that were never read for the knowledge base: a user's MAESTRI Exchanges Database.

The database is not part of the repository. Hidden are its rows that no exchange type cites, as far as the material is
clear. A NACE code that belongs to several divisions of GB/T 4754 is decided by its group (:data:`DIVISIONS`).
"""

from __future__ import annotations

from collections.abc import Iterable

from benchmarks.blind_parks import Hidden, Park, firm_id, flow, strange, usual_needs, without
from lichen.inventory.values import Firm, Inventory
from lichen.knowledge.maestri import MaestriExchange, Party
from lichen.knowledge.values import Knowledge

DIVISIONS = {
    "011": "01", "012": "01", "014": "03", "0150": "01", "0729": "09", "0811": "10", "102": "13", "104": "13",
    "107": "14", "1081": "13", "109": "13", "201": "26", "205": "26", "241": "31", "244": "32", "281": "34",
    "351": "44", "352": "45", "353": "44", "36": "46", "382": "78",
}  # fmt: skip
"""Beginning of a NACE Rev. 2 code → division of GB/T 4754-2017, by the names of both lists."""


def division(party: Party) -> str:
    """Return the division of a party; empty: not clear."""
    if len(party.industries) == 1:
        return party.industries[0]
    first = party.nace.replace(" ", "").split("/")[0]
    found = next((code for start, code in DIVISIONS.items() if first.startswith(start)), "")
    return found if found in party.industries else ""


def parks_of_file(
    base: Knowledge, exchanges: Iterable[MaestriExchange], others: int = 30, seed: int = 1
) -> list[tuple[Park, Knowledge]]:
    """Return a park, and what is known without it, for each case of a file; needs are the usual ones."""
    cited = {e.source.key.replace(" ", "") for item in base.types.values() for e in item.evidence}
    rows: dict[int, set[tuple[str, str, str]]] = {}
    for row in exchanges:
        donor, receiver = division(row.donor), division(row.receiver)
        if row.id not in cited and row.material and donor and receiver and donor != receiver:
            rows.setdefault(row.case, set()).add((donor, row.material, receiver))
    return [_park(base, number, sorted(triples), others, seed) for number, triples in sorted(rows.items())]


def _park(
    base: Knowledge, number: int, triples: list[tuple[str, str, str]], others: int, seed: int
) -> tuple[Park, Knowledge]:
    case = next((c.id for c in base.cases.values() if c.maestri == number), "")
    known = without(base, case) if case else base
    sectors = sorted({code for donor, _, receiver in triples for code in (donor, receiver)})
    codes = (*sectors, *strange(base, str(number), sectors, others, seed))
    flows = [flow(firm_id(donor), "out", stream) for donor, stream in sorted({t[:2] for t in triples})]
    flows += [flow(firm_id(code), "in", name) for code in codes for name in usual_needs(known, code)]
    hidden = [Hidden(f"{d}>{s}>{r}", firm_id(d), s, firm_id(r), ()) for d, s, r in triples]
    firms = tuple(Firm(firm_id(code), firm_id(code), code) for code in codes)
    return Park(str(number), Inventory(firms, (), tuple(flows)), tuple(hidden)), known
