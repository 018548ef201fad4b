"""Where the network matters: its own part of a loss, by condition of the opening and size of the shortfall."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from abm.parameters import DECLARED
from experiments.figures.palette import GREY, INK, NORMAL, PAPER, SMALL
from experiments.figures.sheet import sheet
from experiments.figures.style import drawn

_PART = LinearSegmentedColormap.from_list("part", ["#FFFFFF", "#C6DBEF", "#6BAED6", "#2171B5", "#08306B"])
_DARKEST = 0.3  # of the loss; larger parts look alike
_LOST = ("credit_without", "credit")
_ROW, _NAMES = 0.23, 1.12  # inches
_TITLE = "Where the network itself makes the loss larger"
_TOLD = ("Part of what is lost for good that payments, covenants, marks and withdrawn funding add; the rest is plans, "
         "prices and confidence")  # fmt: skip


@drawn
def where(rows: Sequence[dict], *, caption: str, columns: int = 2) -> Figure:
    """A panel for each loss of confidence, a row a condition, a column a size of the shortfall.

    `rows` are those of `experiments.fragility.where_it_matters`. Where there is room a cell also has what lenders and
    suppliers lose, USD bn, without the settlement's channels and with them.
    """
    levels = list(dict.fromkeys(row["confidence_loss"] for row in rows))
    names, sizes = (list(dict.fromkeys(row[each] for row in rows)) for each in ("setting", "size"))
    figure, panels = sheet(_TITLE, _TOLD, caption, len(levels), columns, tall=_ROW * len(names), left=_NAMES,
                           heading=0.3, foot=0.36, abreast=1)  # fmt: skip
    for axes, level in zip(panels, levels, strict=True):
        cells = {(row["setting"], row["size"]): row for row in rows if row["confidence_loss"] == level}
        part = np.array([[cells[name, size]["share"] for size in sizes] for name in names])
        axes.pcolormesh(part, cmap=_PART, vmin=0.0, vmax=_DARKEST, edgecolors=GREY, linewidth=0.4,
                        clip_on=False)  # fmt: skip
        for (row, column), each in np.ndenumerate(part):
            found = cells[names[row], sizes[column]]
            lost = "" if columns == 1 else "   " + " > ".join(f"{round(found[each]) + 0:,}" for each in _LOST)
            axes.text(column + 0.5, row + 0.5, f"{round(each, 3) + 0.0:.1%}{lost}", fontsize=SMALL, ha="center",
                      va="center", color=PAPER if each > 0.6 * _DARKEST else INK)  # fmt: skip
        axes.invert_yaxis()
        axes.set_yticks(np.arange(len(names)) + 0.5, names, fontsize=SMALL)
        axes.set_xticks(np.arange(len(sizes)) + 0.5, [f"{size:.0%}" for size in sizes], fontsize=SMALL)
        axes.tick_params(length=0, colors=INK)
        axes.spines[:].set_visible(False)
        axes.set_xlabel("users pay less by", fontsize=SMALL, color=INK, labelpad=1)
        box, (wide, tall) = axes.get_position(), figure.get_size_inches()
        figure.text(box.x0 if columns == 2 else 0.12 / wide, box.y1 + 0.07 / tall, _heading(level),
                    fontsize=NORMAL, fontweight="bold", color=INK, va="bottom")  # fmt: skip
    return figure


def _heading(level: float) -> str:
    if level == 0.0:
        return "Lenders never lose confidence"
    usual = " as declared" if level == DECLARED["confidence_loss"].default else f", {level:g}"
    return f"Lenders' loss of confidence{usual}"
