"""Charts of the report as SVG text: pure functions, no browser and no font file needed, the same everywhere.

Labels come from the caller, in the reader's language. A value that is not finite is refused with a ``ValueError`` that
names its row. Rows are drawn in the order given.
"""

from lichen.report._bars import (
    Bar,
    BarRow,
    DeltaRow,
    StackRow,
    WaterfallStep,
    bar_chart,
    diverging_bar_chart,
    stacked_bar_chart,
    waterfall_chart,
)
from lichen.report._blocks import BlockPart, SwingRow, block_chart, tornado_chart
from lichen.report._frame import Better
from lichen.report._lines import Line, line_chart
from lichen.report._points import ChangeRow, Estimate, comparison_chart, dumbbell_chart
from lichen.report.svg import Caption

__all__ = [
    "Bar",
    "BarRow",
    "Better",
    "BlockPart",
    "Caption",
    "ChangeRow",
    "DeltaRow",
    "Estimate",
    "Line",
    "StackRow",
    "SwingRow",
    "WaterfallStep",
    "bar_chart",
    "block_chart",
    "comparison_chart",
    "diverging_bar_chart",
    "dumbbell_chart",
    "line_chart",
    "stacked_bar_chart",
    "tornado_chart",
    "waterfall_chart",
]
