"""Lichen: the workbench for urban-industrial symbiosis."""
