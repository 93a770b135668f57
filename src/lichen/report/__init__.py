"""Figures, HTML, PDF and spreadsheets made from results."""
