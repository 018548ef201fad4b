"""Scenarios: what is changed from the start, what strikes when, and which mechanisms are off; written in TOML."""

from abm.scenario.files import load_scenario, scenarios
from abm.scenario.scenario import Scenario
from abm.scenario.shock import DatedShock

__all__ = ["DatedShock", "Scenario", "load_scenario", "scenarios"]
