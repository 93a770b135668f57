"""Lichen: the workbench for urban-industrial symbiosis.

>>> import lichen
>>> table = lichen.small_table()
>>> economy = lichen.Economy(table, lichen.small_satellites())
>>> accounts = economy.accounts()
>>> round(float(accounts.consumption.sum()), 6) == accounts.total("CO2")
True

Names are loaded when they are first used, so that ``import lichen`` costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

_PUBLIC = {
    "lichen.errors": ("EconomyError", "FileError", "InputError", "LabelError", "LichenError", "Problem", "Problems",
                      "ScenarioError", "StudyError", "UnitError", "Where", "language"),
    "lichen.figures": ("Figure", "Source", "Text"),
    "lichen.units": ("convert", "parse_unit"),
    "lichen.economy.table": ("Origin", "Satellites", "Table"),
    "lichen.economy.open": ("open_table",),
    "lichen.economy.read": ("read_satellites",),
    "lichen.economy.write": ("write_table",),
    "lichen.economy.checks": ("check_table",),
    "lichen.economy.accounts": ("Accounts", "Economy"),
    "lichen.economy.aggregate": ("aggregate", "aggregate_satellites"),
    "lichen.economy.balance": ("gras", "ras", "update_table"),
    "lichen.economy.regionalise": ("regionalise",),
    "lichen.economy.treatment": ("domestic",),
    "lichen.economy.bridge": ("from_pymrio", "read_pymrio", "write_pymrio"),
    "lichen.vocabulary.concordance": ("Concordance",),
    "lichen.vocabulary.sectors": ("concordance", "sectors"),
    "lichen.scenario.exchange": ("Disposal", "Exchange", "ExchangeBook", "Input", "Limit", "Need", "OnSite", "Product",
                                 "Replacement", "Transport"),
    "lichen.scenario.intervention": ("CellChange", "Intervention", "Substitute"),
    "lichen.scenario.changes": ("Changes", "Outcome", "solve"),
    "lichen.scenario.assess": ("Assessment", "Base", "Scenario", "assess", "outcome"),
    "lichen.indicators": ("EcoEfficiency", "compare_outcomes", "decoupling", "eco_efficiency"),
    "lichen.uncertainty": ("Spread", "sample_changes"),
    "lichen.inventory.values": ("Firm", "Flow", "Inventory", "Place", "Process"),
    "lichen.inventory.survey": ("Survey", "read_survey"),
    "lichen.inventory.estimate": ("estimate",),
    "lichen.inventory.emissions": ("EmissionInventory", "emission_inventory"),
    "lichen.balance.accounts": ("Balance", "balances"),
    "lichen.balance.park": ("ParkReconciliation", "reconcile_park"),
    "lichen.indicators.material_flows": ("flow_indicators",),
    "lichen.knowledge.read": ("read_exchange_types",),
    "lichen.discover.values": ("Discovery", "Opportunity"),
    "lichen.study.flows": ("run_flows",),
    "lichen.study.discovery": ("run_discovery",),
    "lichen.study.run": ("check_study", "run_study"),
    "lichen.study.new": ("new_study",),
    "lichen.testing": ("small_satellites", "small_table"),
}  # fmt: skip
_HOME = {name: module for module, names in _PUBLIC.items() for name in names}
__all__ = sorted(_HOME)  # computed from one table; a test holds it


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'lichen' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__


if TYPE_CHECKING:
    from lichen.balance.accounts import Balance as Balance
    from lichen.balance.accounts import balances as balances
    from lichen.balance.park import ParkReconciliation as ParkReconciliation
    from lichen.balance.park import reconcile_park as reconcile_park
    from lichen.discover.values import Discovery as Discovery
    from lichen.discover.values import Opportunity as Opportunity
    from lichen.economy.accounts import Accounts as Accounts
    from lichen.economy.accounts import Economy as Economy
    from lichen.economy.aggregate import aggregate as aggregate
    from lichen.economy.aggregate import aggregate_satellites as aggregate_satellites
    from lichen.economy.balance import gras as gras
    from lichen.economy.balance import ras as ras
    from lichen.economy.balance import update_table as update_table
    from lichen.economy.bridge import from_pymrio as from_pymrio
    from lichen.economy.bridge import read_pymrio as read_pymrio
    from lichen.economy.bridge import write_pymrio as write_pymrio
    from lichen.economy.checks import check_table as check_table
    from lichen.economy.open import open_table as open_table
    from lichen.economy.read import read_satellites as read_satellites
    from lichen.economy.regionalise import regionalise as regionalise
    from lichen.economy.table import Origin as Origin
    from lichen.economy.table import Satellites as Satellites
    from lichen.economy.table import Table as Table
    from lichen.economy.treatment import domestic as domestic
    from lichen.economy.write import write_table as write_table
    from lichen.errors import EconomyError as EconomyError
    from lichen.errors import FileError as FileError
    from lichen.errors import InputError as InputError
    from lichen.errors import LabelError as LabelError
    from lichen.errors import LichenError as LichenError
    from lichen.errors import Problem as Problem
    from lichen.errors import Problems as Problems
    from lichen.errors import ScenarioError as ScenarioError
    from lichen.errors import StudyError as StudyError
    from lichen.errors import UnitError as UnitError
    from lichen.errors import Where as Where
    from lichen.errors import language as language
    from lichen.figures import Figure as Figure
    from lichen.figures import Source as Source
    from lichen.figures import Text as Text
    from lichen.indicators import EcoEfficiency as EcoEfficiency
    from lichen.indicators import compare_outcomes as compare_outcomes
    from lichen.indicators import decoupling as decoupling
    from lichen.indicators import eco_efficiency as eco_efficiency
    from lichen.indicators.material_flows import flow_indicators as flow_indicators
    from lichen.inventory.emissions import EmissionInventory as EmissionInventory
    from lichen.inventory.emissions import emission_inventory as emission_inventory
    from lichen.inventory.estimate import estimate as estimate
    from lichen.inventory.survey import Survey as Survey
    from lichen.inventory.survey import read_survey as read_survey
    from lichen.inventory.values import Firm as Firm
    from lichen.inventory.values import Flow as Flow
    from lichen.inventory.values import Inventory as Inventory
    from lichen.inventory.values import Place as Place
    from lichen.inventory.values import Process as Process
    from lichen.knowledge.read import read_exchange_types as read_exchange_types
    from lichen.scenario.assess import Assessment as Assessment
    from lichen.scenario.assess import Base as Base
    from lichen.scenario.assess import Scenario as Scenario
    from lichen.scenario.assess import assess as assess
    from lichen.scenario.assess import outcome as outcome
    from lichen.scenario.changes import Changes as Changes
    from lichen.scenario.changes import Outcome as Outcome
    from lichen.scenario.changes import solve as solve
    from lichen.scenario.exchange import Disposal as Disposal
    from lichen.scenario.exchange import Exchange as Exchange
    from lichen.scenario.exchange import ExchangeBook as ExchangeBook
    from lichen.scenario.exchange import Input as Input
    from lichen.scenario.exchange import Limit as Limit
    from lichen.scenario.exchange import Need as Need
    from lichen.scenario.exchange import OnSite as OnSite
    from lichen.scenario.exchange import Product as Product
    from lichen.scenario.exchange import Replacement as Replacement
    from lichen.scenario.exchange import Transport as Transport
    from lichen.scenario.intervention import CellChange as CellChange
    from lichen.scenario.intervention import Intervention as Intervention
    from lichen.scenario.intervention import Substitute as Substitute
    from lichen.study.discovery import run_discovery as run_discovery
    from lichen.study.flows import run_flows as run_flows
    from lichen.study.new import new_study as new_study
    from lichen.study.run import check_study as check_study
    from lichen.study.run import run_study as run_study
    from lichen.testing import small_satellites as small_satellites
    from lichen.testing import small_table as small_table
    from lichen.uncertainty import Spread as Spread
    from lichen.uncertainty import sample_changes as sample_changes
    from lichen.units import convert as convert
    from lichen.units import parse_unit as parse_unit
    from lichen.vocabulary.concordance import Concordance as Concordance
    from lichen.vocabulary.sectors import concordance as concordance
    from lichen.vocabulary.sectors import sectors as sectors
