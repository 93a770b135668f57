"""Appraisal of exchanges: cash flows and their measures, abatement cost curves, sensitivity, two sides, risk.

Every amount has a currency and a price year. Net present value leads.
"""

from lichen.appraise.abatement import Block, Curve, Option, abatement_curve, dominates, pareto_layers
from lichen.appraise.cash_flow import CashFlow, CashKind, Line, by_year, together
from lichen.appraise.coalition import CoreCheck, Objection, Shares, core_check, saving_game, shapley
from lichen.appraise.discounting import Discounting
from lichen.appraise.heat_price import HeatPrice, HeatSupply, heat_price
from lichen.appraise.measures import (
    AbatementCost,
    Measures,
    abatement_cost,
    annuity,
    annuity_factor,
    benefit_cost_ratio,
    levelised_cost,
    measure,
    npv,
    payback,
)
from lichen.appraise.parties import (
    Deal,
    Lever,
    Opening,
    PriceInterval,
    Sharing,
    carbon_price,
    equal_gain,
    landfill_tax,
    price_interval,
    proportional_gain,
    shortest_contract,
    subsidy,
    what_opens,
)
from lichen.appraise.plan import Part, Plan, Yearly, plan_cash_flow
from lichen.appraise.prices import (
    PriceIndex,
    figure_at,
    figure_in,
    nominal_rate,
    real_rate,
    to_currency,
    to_nominal,
    to_price_year,
    to_real,
)
from lichen.appraise.rates import InternalRate, InternalRates, internal_rates, modified_rate
from lichen.appraise.risk import (
    FailureMode,
    Readiness,
    Risk,
    Term,
    contract_outline,
    grave,
    modes_not_looked_at,
    readiness_levels,
    risk_register,
)
from lichen.appraise.sensitivity import Bar, BreakEven, Sampled, Tornado, break_even, sample, tornado, two_way
from lichen.appraise.tax import TaxRules, depreciation, with_tax

__all__ = [
    "AbatementCost", "Bar", "Block", "BreakEven", "CashFlow", "CashKind", "CoreCheck", "Curve", "Deal", "Discounting",
    "FailureMode", "HeatPrice", "HeatSupply", "InternalRate", "InternalRates", "Lever", "Line", "Measures", "Objection",
    "Opening", "Option", "Part", "Plan", "PriceIndex", "PriceInterval", "Readiness", "Risk", "Sampled", "Shares",
    "Sharing", "TaxRules", "Term", "Tornado", "Yearly", "abatement_cost", "abatement_curve", "annuity",
    "annuity_factor", "benefit_cost_ratio", "break_even", "by_year", "carbon_price", "contract_outline", "core_check",
    "depreciation", "dominates", "equal_gain", "figure_at", "figure_in", "grave", "heat_price", "internal_rates",
    "landfill_tax", "levelised_cost", "measure", "modes_not_looked_at", "modified_rate", "nominal_rate", "npv",
    "pareto_layers", "payback", "plan_cash_flow", "price_interval", "proportional_gain", "readiness_levels",
    "real_rate", "risk_register", "sample", "saving_game", "shapley", "shortest_contract", "subsidy", "to_currency",
    "to_nominal", "to_price_year", "to_real", "together", "tornado", "two_way", "what_opens", "with_tax",
]  # fmt: skip
