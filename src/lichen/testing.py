"""Small values and assertions for tests of Lichen and of what is built on it."""

from __future__ import annotations

import numpy as np

from lichen.economy.checks import residuals
from lichen.economy.table import Satellites, Table


def small_table() -> Table:
    """Return the two-sector table of Miller & Blair (2009), ch. 2: Z = [[150, 500], [200, 100]], x = (1000, 2000)."""
    return Table(
        sectors=("agriculture", "manufacturing"),
        intermediate=np.array([[150.0, 500.0], [200.0, 100.0]]),
        final_demand=np.array([[350.0], [1700.0]]),
        final_labels=("consumption",), final_roles=("consumption",),
        value_added=np.array([[650.0, 1400.0]]), value_added_labels=("value added",),
        output=np.array([1000.0, 2000.0]), unit="USD",
    )  # fmt: skip


def small_satellites() -> Satellites:
    """Return one account with intensities 0.5 and 0 for :func:`small_table`."""
    return Satellites(("CO2",), ("",), ("t CO2",), ("agriculture", "manufacturing"), np.array([[500.0, 0.0]]))


def assert_balanced(table: Table, tolerance: float = 1e-9) -> None:
    """Assert that every row and column adds up to its output within ``tolerance`` of the largest output."""
    for gap in residuals(table):
        np.testing.assert_allclose(gap, 0.0, atol=tolerance * max(1.0, np.abs(table.output).max()))
