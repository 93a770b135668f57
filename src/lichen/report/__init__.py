"""Reports made from results: pictures as SVG, one HTML page that opens offline and prints well."""

from lichen.report.page import report_html, write_report

__all__ = ["report_html", "write_report"]
