"""A finished run as HTML, for notebooks: what was run, and a line of every series that says most."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import numpy as np

from abm.columns import COLUMNS
from abm.economy import SERIES

if TYPE_CHECKING:
    from abm.results import RunResult

SHOWN = ("end_demand", "capex", "price", "tightness", "confidence", "funding_gap", "firm_value", "defaults")
_DEFAULTS = ("count", "firms that fail")
_MEANING = {name: (unit, meaning) for name, unit, meaning in SERIES} | {"defaults": _DEFAULTS}
_BAND = (0.1, 0.5, 0.9)
_WIDE, _TALL, _EDGE = 120, 24, 2  # of a line, in units


def as_html(run: RunResult) -> str:
    """A heading, and a table of series: their course (median, band of 8 in 10 worlds), first and last values."""
    count = len(run.worlds)
    worlds = f"{count:,} worlds" if count > 1 else "one world"
    rows = "".join(_row(run, name) for name in SHOWN)
    return (
        f"<p><b>{escape(run.ecosystem.name)}, {escape(run.scenario)}</b>: {run.quarters[0]} to {run.quarters[-1]}, "
        f"{worlds}, seed {run.seed}. Books balance to {run.worst_residual:.0e}. Illustrative, not a forecast.</p>"
        f"<table><thead><tr><th>series</th><th>meaning</th><th>unit</th><th>course</th><th>{run.quarters[0]}</th>"
        f"<th>{run.quarters[-1]}</th></tr></thead><tbody>{rows}</tbody></table>"
        "<p>Medians over worlds, 10% to 90% of them in brackets.</p>"
    )


def _row(run: RunResult, name: str) -> str:
    unit, meaning = _MEANING[name] if name in _MEANING else (COLUMNS[name].unit, f"{COLUMNS[name].meaning}, all firms")
    bands = np.quantile(run.system(name).to_numpy(), _BAND, axis=0)
    first, last = (_band(bands[:, each]) for each in (0, -1))
    return (f"<tr><th>{name}</th><td>{escape(meaning)}</td><td>{unit}</td><td>{_line(bands)}</td><td>{first}</td>"
            f"<td>{last}</td></tr>")  # fmt: skip


def _band(values: np.ndarray) -> str:
    low, middle, high = (_number(float(each)) for each in values)
    return middle if low == middle == high else f"{middle} ({low} to {high})"


def _number(value: float) -> str:
    """Three digits, whole thousands; nothing where only rounding is left."""
    return "0" if abs(value) < 1e-9 else f"{value:,.3g}" if abs(value) < 1000.0 else f"{value:,.0f}"


def _line(bands: np.ndarray) -> str:
    """The median in its band, as a small SVG; a dot where there is one quarter only."""
    low, high = float(bands.min()), float(bands.max())
    scale = (_TALL - 2 * _EDGE) / (high - low) if high > low else 0.0
    across = (_WIDE - 2 * _EDGE) / max(bands.shape[1] - 1, 1)

    def points(values: np.ndarray) -> list[str]:
        return [f"{_EDGE + across * at:.1f},{_EDGE + scale * (high - each):.1f}" for at, each in enumerate(values)]

    edges, middle = [*points(bands[0]), *points(bands[2])[::-1]], points(bands[1])
    return (
        f'<svg width="{_WIDE}" height="{_TALL}" viewBox="0 0 {_WIDE} {_TALL}" role="img" aria-label="its course">'
        f'<polygon points="{" ".join(edges)}" fill="currentColor" fill-opacity="0.2"/>'
        f'<polyline points="{" ".join(middle)}" fill="none" stroke="currentColor" stroke-width="1.5" '
        'stroke-linecap="round"/></svg>'
    )
