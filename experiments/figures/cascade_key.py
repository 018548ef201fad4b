"""The key of the cascade: how dark a loss is, and what the arrows and crosses mean."""

from __future__ import annotations

from matplotlib.cm import ScalarMappable
from matplotlib.colors import LinearSegmentedColormap, PowerNorm
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from experiments.figures.canvas import MARGIN, WIDTH, panel
from experiments.figures.palette import CHANNEL_COLOURS, CHANNEL_NAMES, CHANNEL_STYLES, GREY, INK, PALE, SMALL
from experiments.figures.steps import Hit

# Light to dark, so that it survives in grey.
SCALE = LinearSegmentedColormap.from_list("loss", ["#FFF7EC", "#FDD49E", "#FC8D59", "#D7301F", "#7F0000", "#3A0000"])
NORM = PowerNorm(0.5, 0.0, 1.0)


def draw_key(figure: Figure, foot: float, height: float, hits: list[list[Hit]], fails: bool, shade: str) -> None:
    """From `foot` up (inches): what `shade` means on the left, channels of the drawn `hits` on the right."""
    draw_scale(figure, foot + 0.36, 2.3, shade)
    drawn = {hit.channel for step in hits for hit in step}
    used = [each for each in CHANNEL_STYLES if each in drawn]
    handles = [_sample(CHANNEL_COLOURS[each], linestyle=CHANNEL_STYLES[each], linewidth=2.5) for each in used]
    names = [f"hit through {CHANNEL_NAMES[each]}" for each in used]
    if fails:
        handles += [_sample(each, marker="x", linestyle="", markersize=5, markeredgewidth=1.3) for each in (INK, GREY)]
        names += ["fails now", "has failed"]
    if handles:
        key = panel(figure, 2.75, foot, WIDTH - 2.75 - MARGIN, height - 0.08)
        key.set_axis_off()
        key.legend(handles, names, loc="upper left", ncols=2, fontsize=SMALL, frameon=False, borderpad=0,
                   borderaxespad=0, handlelength=2.0, columnspacing=1.4, labelcolor=INK)  # fmt: skip


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
