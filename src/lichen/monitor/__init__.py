"""Follow-up: where exchanges stand, what was planned and what was reached, measures, milestones, targets."""

from lichen.monitor.board import Reached, Standing, board, check_log, goes_back, may_follow, milestones_on
from lichen.monitor.measures import (
    MeasureTotal,
    by_category,
    by_size,
    by_year,
    is_ahead,
    is_done,
    overall,
    with_sizes,
)
from lichen.monitor.plan import Line, Sum, compare, cumulative, totals
from lichen.monitor.read import follow_up_of, has_follow_up, read_follow_up, read_terms, records_of
from lichen.monitor.targets import TargetLine, against_targets
from lichen.monitor.terms import Held, Kept, latest_terms, terms_on
from lichen.monitor.values import Agreed, Event, FollowUp, Measure, Milestone, Target, Told

__all__ = [
    "Agreed",
    "Event",
    "FollowUp",
    "Held",
    "Kept",
    "Line",
    "Measure",
    "MeasureTotal",
    "Milestone",
    "Reached",
    "Standing",
    "Sum",
    "Target",
    "TargetLine",
    "Told",
    "against_targets",
    "board",
    "by_category",
    "by_size",
    "by_year",
    "check_log",
    "compare",
    "cumulative",
    "follow_up_of",
    "goes_back",
    "has_follow_up",
    "is_ahead",
    "is_done",
    "latest_terms",
    "may_follow",
    "milestones_on",
    "overall",
    "read_follow_up",
    "read_terms",
    "records_of",
    "terms_on",
    "totals",
    "with_sizes",
]
