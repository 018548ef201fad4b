"""The key of the cascade: how dark a loss is, and what the arrows and crosses mean."""

from __future__ import annotations

from matplotlib.cm import ScalarMappable
from matplotlib.colors import LinearSegmentedColormap, PowerNorm
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from experiments.figures.canvas import MARGIN, panel
from experiments.figures.palette import CHANNEL_COLOURS, CHANNEL_NAMES, CHANNEL_STYLES, GREY, INK, PALE, SMALL
from experiments.figures.steps import Hit

# Light to dark, so that it survives in grey.
SCALE = LinearSegmentedColormap.from_list("loss", ["#FFF7EC", "#FDD49E", "#FC8D59", "#D7301F", "#7F0000", "#3A0000"])
NORM = PowerNorm(0.5, 0.0, 1.0)


_SCALE, _ROW = 0.56, 0.148  # inches: height of the scale with its words, and of a row of arrows
_ABREAST = 2  # arrows a row


def key_height(columns: int, hits: list[list[Hit]], fails: bool) -> float:
    """Inches that the key needs; in one column of print its two parts lie below each other."""
    arrows = _ROW * (1 + -(-len(_entries(hits, fails)) // _ABREAST)) if hits else 0.0
    return (max(_SCALE, arrows) if columns == 2 else _SCALE + arrows) + 0.1


def draw_key(figure: Figure, foot: float, hits: list[list[Hit]], fails: bool, shade: str, columns: int = 2) -> None:
    """From `foot` up (inches): what `shade` means, and the channels of the drawn `hits`."""
    height, wide = key_height(columns, hits, fails), figure.get_figwidth()
    draw_scale(figure, foot + height - 0.3, 2.3, shade)
    entries = _entries(hits, fails)
    if entries:
        left, top = (2.75, height - 0.08) if columns == 2 else (MARGIN + 0.05, height - _SCALE - 0.02)
        key = panel(figure, left, foot, wide - left - MARGIN, top)
        key.set_axis_off()
        key.legend(entries.values(), entries, loc="upper left", ncols=_ABREAST, fontsize=SMALL, frameon=False,
                   borderpad=0, borderaxespad=0, handlelength=2.0, columnspacing=1.4, labelcolor=INK,
                   title="An arrow is a hit through", title_fontsize=SMALL, alignment="left")  # fmt: skip


def _entries(hits: list[list[Hit]], fails: bool) -> dict[str, Line2D]:
    """The channels of all `hits` in their order, and the crosses; each by what it is called."""
    drawn = {hit.channel for step in hits for hit in step}
    found = {CHANNEL_NAMES[each]: _sample(CHANNEL_COLOURS[each], linestyle=CHANNEL_STYLES[each], linewidth=2.5)
             for each in CHANNEL_STYLES if each in drawn}  # fmt: skip
    if fails:
        found |= {name: _sample(each, marker="x", linestyle="", markersize=5, markeredgewidth=1.3)
                  for name, each in (("fails now", INK), ("has failed", GREY))}  # fmt: skip
    return found


def draw_scale(figure: Figure, bottom: float, width: float, name: str) -> None:
    """The colour bar of losses, `bottom` inches from the foot of the page."""
    bar = panel(figure, MARGIN + 0.05, bottom, width, 0.11)
    ticks = [0.01, 0.1, 0.25, 0.5, 1.0]
    scale = figure.colorbar(ScalarMappable(NORM, SCALE), cax=bar, orientation="horizontal", ticks=ticks)
    scale.ax.set_xticklabels([f"{each:.0%}" for each in ticks], fontsize=SMALL, color=INK)
    scale.ax.tick_params(length=2, pad=1.5, color=GREY)
    scale.outline.set_edgecolor(PALE)
    bar.set_title(name, fontsize=SMALL, color=INK, loc="left", pad=3)


def _sample(colour: str, **style) -> Line2D:
    """An entry of the key."""
    return Line2D([], [], color=colour, **style)
