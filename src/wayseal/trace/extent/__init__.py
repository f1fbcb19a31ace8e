"""How many numbers leak: capture and recapture over purchases and reports."""

from wayseal.trace.extent._captures import ListBasis
from wayseal.trace.extent._extent import extent
from wayseal.trace.extent._loglinear import Criterion
from wayseal.trace.extent._report import render_extent
from wayseal.trace.extent._result import ExtentResult

__all__ = ["Criterion", "ExtentResult", "ListBasis", "extent", "render_extent"]
