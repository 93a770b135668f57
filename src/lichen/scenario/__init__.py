"""Exchanges and interventions as changes of an economy; assessment against a reference."""
