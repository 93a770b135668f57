"""Sums over firms that may leave the house: no cell, margin or difference tells what one firm reported."""

from lichen.release.attack import OUTSIDER, interval
from lichen.release.publish import Reasoned, Release, Released, ReleasedCell, publish, release
from lichen.release.rules import Judgement, Rules, judge
from lichen.release.suppress import Pattern, choose
from lichen.release.table import Dimension, SumTable, flat, sum_table, tree
from lichen.release.versions import Version, release_again

__all__ = [
    "OUTSIDER",
    "Dimension",
    "Judgement",
    "Pattern",
    "Reasoned",
    "Release",
    "Released",
    "ReleasedCell",
    "Rules",
    "SumTable",
    "Version",
    "choose",
    "flat",
    "interval",
    "judge",
    "publish",
    "release",
    "release_again",
    "sum_table",
    "tree",
]
