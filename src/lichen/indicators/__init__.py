"""Indicators: eco-efficiency and decoupling of sectors, material flows and circularity of a park.

Each says what it divides by what, and stands beside the absolute amounts.
"""

from lichen.indicators.eco_efficiency import (
    DecouplingState,
    Denominator,
    EcoEfficiency,
    Numerator,
    compare_outcomes,
    decoupling,
    eco_efficiency,
)
from lichen.indicators.material_flows import Indicator, flow_indicators

__all__ = [
    "DecouplingState",
    "Denominator",
    "EcoEfficiency",
    "Indicator",
    "Numerator",
    "compare_outcomes",
    "decoupling",
    "eco_efficiency",
    "flow_indicators",
]
