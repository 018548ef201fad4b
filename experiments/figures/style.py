"""The same look everywhere: figures do not depend on settings of the reader's own matplotlib."""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextlib import AbstractContextManager

import matplotlib

_KEPT = ("backend", "backend_fallback", "interactive", "figure.max_open_warning", "toolbar", "webagg.address",
         "text.hinting_factor")
# Without hinting words are as wide, relative to the page, at one resolution as at another: what fits, fits.
_SET = {"font.family": ["DejaVu Sans"], "text.hinting": "no_hinting", "hatch.linewidth": 0.6,
        "svg.hashsalt": "cloudcity", "svg.fonttype": "path", "pdf.fonttype": 42}  # fmt: skip


def plain() -> AbstractContextManager:
    """Matplotlib's defaults, in the font that comes with it."""
    defaults = {name: each for name, each in matplotlib.rcParamsDefault.items() if name not in _KEPT}
    return matplotlib.rc_context(defaults | _SET)


def drawn(draw: Callable) -> Callable:
    """`draw` in that look, whatever is set outside."""

    @functools.wraps(draw)
    def inside(*arguments, **options):
        with plain():
            return draw(*arguments, **options)

    return inside
