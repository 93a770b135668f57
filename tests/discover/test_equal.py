"""What is shared between opportunities to save time changes nothing: against the same, assessed one by one."""

import gc
import random
from dataclasses import fields, replace

import pytest

import lichen.discover.find as find
from discoveries import bought, firm, found, kind, park, slag
from lichen.discover import words
from lichen.discover.find import discover
from lichen.discover.score import SPREAD, score_of
from lichen.discover.settings import Settings
from lichen.discover.values import COMPONENTS, MOST_RIVALS, Opportunity
from lichen.errors import Problem, Where
from lichen.figures import Figure
from lichen.inventory.values import Firm, Flow, Inventory, Place
from lichen.knowledge.read import knowledge
from lichen.vocabulary.materials import material

SOLID = [t for t in knowledge().types.values() if all(material(s).form == "solid" for s in t.streams)]


def dense(seed, firms=40):
    """A park in which everybody has five rows of what somebody could exchange, with places, fates and compositions."""
    rng = random.Random(seed)
    made, flows = [], []
    for i in range(firms):
        item = rng.choice(SOLID)
        sector = rng.choice([c for c in (*item.donors, *item.receivers) if c != "city"] or ["3120"])
        at = (26 + rng.random() * 0.5, 106 + rng.random() * 0.5)
        made.append(Firm(f"f{i}", f"Firm {i}", sector, Place(*at, "WGS84", at) if rng.random() < 0.9 else None))
        for n in range(5):
            other = rng.choice(SOLID)
            out = rng.random() < 0.5 or not other.replaces
            name = rng.choice(other.streams) if out else rng.choice(other.replaces).material
            if material(name).form != "solid":
                continue
            amount = Figure(
                round(10 ** rng.uniform(1, 5), 3), "t/a", rng.choice(["reported", "estimated"]), "x", 1.0, 1e6
            )
            flows.append(Flow(f"f{i}", f"p{n}", "out" if out else "in", "by-product" if out else "raw material", name, name,
                              amount, 2012, fate=rng.choice(["stored", "unknown", "sold"]) if out else "",
                              moisture=rng.choice([None, 0.1]), composition=rng.choice([{}, {"fCaO": 0.06}])))  # fmt: skip
    return Inventory(tuple(made), (), tuple(flows))


def plainly(one):
    """Every field of an opportunity, notes as what they say."""
    values = {f.name: getattr(one, f.name) for f in fields(one)}
    for name in ("reasons", "questions", "remedies"):
        values[name] = [(p.code, p.where, tuple(p.values.items())) for p in values[name]]
    return values


class Forgetful(dict):
    """A store that keeps nothing."""

    def __contains__(self, key):
        return False


def slow(inventory, chosen, monkeypatch):
    """Discovery with nothing shared, notes told apart by what they say, and copies by dataclasses.replace."""

    def fresh(code, where=None, /, **values):
        return Problem(code, where or Where(), "note", values)

    def once(notes):
        return tuple({(n.code, n.where, *n.values.values()): n for n in notes}.values())

    made = find._Run
    with monkeypatch.context() as patch:
        patch.setattr(words, "_note", fresh)
        patch.setattr(words, "_once", once)
        patch.setattr(Opportunity, "changed", lambda one, **values: replace(one, **values))
        patch.setattr(find, "_Run", lambda *given: made(*given, Forgetful(), Forgetful()))
        return discover(inventory, 2012, knowledge(), chosen)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_dense_park_is_found_the_same_with_and_without_sharing(seed, monkeypatch):
    inventory, chosen = dense(seed), Settings(draws=20)
    fast = discover(inventory, 2012, knowledge(), chosen)
    other = slow(inventory, chosen, monkeypatch)
    assert len(fast.opportunities) > 300
    assert [plainly(o) for o in fast.opportunities] == [plainly(o) for o in other.opportunities]
    assert [plainly(o) for o in fast.failed] == [plainly(o) for o in other.failed]
    assert (fast.anchors, fast.left_out) == (other.anchors, other.left_out)


def test_rivals_and_ranges_are_what_they_are_by_the_plain_rule():
    import numpy as np

    chosen = Settings(draws=20)
    result = discover(dense(4), 2012, knowledge(), chosen).opportunities
    ends = [tuple(find._ends(one)) for one in result]
    for at, one in enumerate(result):
        best = set()
        for key in ends[at]:
            best |= set([q for q, own in enumerate(ends) if key in own and q != at][:MOST_RIVALS])
        assert one.rivals == tuple(sorted(best))
    weights = np.array([chosen.weights[c] for c in COMPONENTS])
    draws = np.random.default_rng(chosen.seed).dirichlet(SPREAD * weights / weights.sum(), chosen.draws)
    values = np.array([[one.components[c] for c in COMPONENTS] for one in result])
    ranks = np.array([np.argsort(np.argsort(-(values @ d), kind="stable"), kind="stable") + 1 for d in draws])
    ranks.sort(axis=0)
    assert [o.rank_range for o in result] == list(
        zip(*(ranks[round(s * 19)].tolist() for s in (0.05, 0.95)), strict=True)
    )
    assert [o.score for o in result] == [score_of(o.components, chosen.weights) for o in result]


def test_a_changed_copy_is_what_replace_makes():
    (one,) = found(park(slag(), bought("limestone", 5)), kind()).opportunities
    assert one.changed(place=7) == replace(one, place=7)
    assert one.place == 1
    assert one.changed() == one is not one.changed()


@pytest.mark.parametrize("running", [True, False])
def test_the_collector_of_cycles_is_left_as_it_was(running):
    before = gc.isenabled()
    try:
        (gc.enable if running else gc.disable)()
        found(park(slag()))
        assert gc.isenabled() is running
        with pytest.raises(AttributeError):
            discover(None, 2012, knowledge())
        assert gc.isenabled() is running
    finally:
        (gc.enable if before else gc.disable)()


def test_a_note_of_one_firm_is_not_anothers():
    firms = [firm(f"c{i}", "3011") for i in range(3)]
    result = found(park(slag(who="s"), firms=(firm("s", "3120"), *firms)), kind())
    for one in result.opportunities:
        assert {q.where.key for q in one.questions} <= {one.donor.id, one.receiver.id}
