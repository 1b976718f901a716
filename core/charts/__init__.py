"""Charts and other drawings as frozen view-models: amounts in, coordinates and words out, templates turn them into SVG.

The same drawing prints in the PDF, where no page style reaches into an SVG: colours and type are presentation
attributes. ``color`` is one of them, so that the page's class ``green`` still follows the dark look. Widths are drawn
at 1:1, so that labels stay 18 px: ``wide`` for the column of 880, ``narrow`` for a phone.
"""

from core.charts.board import Board, BoardRow
from core.charts.dwellings import PAPERS, BuildingGrid, Dwelling, Entrance, Sign
from core.charts.entry import Choice, PaperEntry, Question
from core.charts.months import Month, MonthPairs, PairsDrawing, axis_label, grid_amounts
from core.charts.qr import QUIET, qr_image, qr_svg
from core.charts.shapes import GridLine, Label, Rect
from core.charts.shares import ShareBar
from core.charts.sources import BarDrawing, Source, SourceBars, SourceRow
from core.charts.steps import Step, StepLine
from core.charts.thresholds import Portion, ThresholdBar

__all__ = [
    "PAPERS",
    "QUIET",
    "BarDrawing",
    "Board",
    "BoardRow",
    "BuildingGrid",
    "Choice",
    "Dwelling",
    "Entrance",
    "GridLine",
    "Label",
    "Month",
    "MonthPairs",
    "PairsDrawing",
    "PaperEntry",
    "Portion",
    "Question",
    "Rect",
    "ShareBar",
    "Sign",
    "Source",
    "SourceBars",
    "SourceRow",
    "Step",
    "StepLine",
    "ThresholdBar",
    "axis_label",
    "grid_amounts",
    "qr_image",
    "qr_svg",
]
