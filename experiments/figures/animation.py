"""The cascade in the living model as a film: every quarter from the shock on, and every sweep that hits somebody."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from abm.results import RunResult
from experiments.figures.canvas import MARGIN, blank, caption_height, page, panel, told_in, write_caption
from experiments.figures.cascade_key import draw_key, key_height
from experiments.figures.cascade_panels import REACH, draw_step, seen
from experiments.figures.case import caption, name_of
from experiments.figures.living_cascade import SHADE, map_of
from experiments.figures.living_steps import Moment, moments, typical_world
from experiments.figures.palette import INK, NORMAL
from experiments.figures.style import drawn, plain
from experiments.whole import whole

_WIDE, _TALL, _TOLD = 6.5, 4.8, 0.42  # inches: page, map, room for two lines
_DPI = 110
_CALM, _HIT = 0.4, 1.6  # seconds a frame stays: nothing happens, somebody is hit
_COLOURS, _SOME = 192, 12  # of a GIF, and frames from which they are taken
_RATE = 5  # frames a second of a video


def frames(
    shocked: RunResult, baseline: RunResult, facts: dict, world: int | None = None
) -> Iterator[tuple[Figure, float]]:
    """The figures in their order, each with the seconds it stays. Raises `ValueError` for a world that was not kept."""
    world = typical_world(shocked, baseline, facts) if world is None else world
    drawing = map_of(shocked)
    everything = moments(shocked, baseline, facts, drawing.nodes, world, sweeps=True)
    text = caption(shocked, facts, "Arrows run with the loss, in USD bn; withheld funding costs liquidity, not worth.",
                   world=world)  # fmt: skip
    largest = max((hit.amount for each in everything for hit in each.step.hits), default=1.0)
    channels = [hits for hits in (seen(each.step) for each in everything) if hits]
    fails = any(each.step.fails.any() for each in everything)
    for each in everything:
        busy = bool(each.step.hits) or bool(each.step.fails.any())
        yield _frame(drawing, each, text, name_of(facts), largest, channels, fails), _HIT if busy else _CALM


@drawn
def _frame(drawing, moment: Moment, text: str, name: str, largest: float, channels, fails: bool) -> Figure:
    foot, key = caption_height(text), key_height(2, channels, fails)
    figure = page(_TALL + key + foot + 0.3 + _TOLD, f"{name}: how it travels", "")
    write_caption(figure, text)
    told = told_in(moment.step.title)
    figure.text(MARGIN / _WIDE, 1 - 0.36 / figure.get_figheight(), told, fontsize=NORMAL, color=INK, va="top")
    wide = _TALL * (REACH[1] - REACH[0]) / (REACH[3] - REACH[2])
    axes = blank(panel(figure, (_WIDE - wide) / 2, foot + key, wide, _TALL), REACH)
    draw_step(axes, drawing, moment.step, moment.value, largest)
    draw_key(figure, foot, channels, fails, SHADE)
    return figure


def animate(
    shocked: RunResult, baseline: RunResult, facts: dict, path: str | Path, world: int | None = None
) -> Path:
    """Write the film as .gif, or as .mp4 where ffmpeg is installed, whole or not at all.

    Raises `ValueError` for another suffix, for a film without ffmpeg, and for a world that was not kept hit by hit.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in (".gif", ".mp4"):
        raise ValueError(f"cannot write {path.name}: a film is saved as .gif or .mp4")
    if suffix == ".mp4" and not can_film():
        raise ValueError(f"cannot write {path.name}: ffmpeg is not installed")
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole(path) as partial:
        (_gif if suffix == ".gif" else _mp4)(frames(shocked, baseline, facts, world), partial)
    return path


def can_film() -> bool:
    """Whether ffmpeg is there."""
    from matplotlib.animation import writers

    return writers.is_available("ffmpeg")


def _picture(figure: Figure) -> np.ndarray:
    figure.set_dpi(_DPI)
    with plain():
        figure.canvas.draw()
    return np.asarray(figure.canvas.buffer_rgba())[..., :3]


def _gif(shown: Iterator[tuple[Figure, float]], path: Path) -> None:
    from PIL import Image

    full, stay = [], []
    for figure, seconds in shown:
        full.append(_picture(figure))
        stay.append(int(1000 * seconds))
    # One palette for all, so that only what changes between frames is stored.
    some = Image.fromarray(np.concatenate(full[:: 1 + len(full) // _SOME]))
    palette = some.quantize(_COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    pictures = [Image.fromarray(each).quantize(palette=palette, dither=Image.Dither.NONE) for each in full]
    pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=stay, loop=0, optimize=False)


def _mp4(shown: Iterator[tuple[Figure, float]], path: Path) -> None:
    from matplotlib.animation import FFMpegWriter

    writer, screen = FFMpegWriter(fps=_RATE, extra_args=["-pix_fmt", "yuv420p", "-bitexact"]), None
    for figure, seconds in shown:
        picture = _picture(figure)
        height, width = (each - each % 2 for each in picture.shape[:2])  # which the format asks for
        if screen is None:
            screen = Figure(figsize=(width / _DPI, height / _DPI), dpi=_DPI)
            matplotlib.backends.backend_agg.FigureCanvasAgg(screen)
            writer.setup(screen, path, _DPI)
        screen.clear()
        screen.figimage(picture[:height, :width], resize=False)
        for _ in range(max(1, round(seconds * _RATE))):
            writer.grab_frame()
    writer.finish()
