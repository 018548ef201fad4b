"""Figures as files: the same figure always gives the same bytes, and a reader never sees half a file."""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure
from PIL import Image  # comes with matplotlib, which writes its own PNGs with it

from experiments.figures.style import plain
from experiments.whole import whole

_DPI = 200
_COLOURS = 256  # of a PNG: few inks and their edges look the same to the eye, at a third of the size
# Neither the time of writing nor the version of the library belongs into the file.
_METADATA = {
    ".png": {"Software": None},
    ".svg": {"Date": None, "Creator": None},
    ".pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}


def save(figure: Figure, path: str | Path) -> Path:
    """Write `figure` as PNG, SVG or PDF by the suffix of `path`. Raises `ValueError` for another suffix."""
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in _METADATA:
        raise ValueError(f"cannot write {path.name}: a figure is saved as one of {', '.join(_METADATA)}")
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole(path) as partial:
        with plain():
            figure.savefig(partial, format=suffix[1:], dpi=_DPI, metadata=_METADATA[suffix])
        if suffix == ".png":
            _reduce(partial)
    return path


def _reduce(path: Path) -> None:
    """Rewrite a PNG with a palette that covers its colours, rare ones too, within a few steps of 255."""
    with Image.open(path) as full:
        few = full.convert("RGB").quantize(_COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    few.save(path, format="png", optimize=True, dpi=(_DPI, _DPI))
