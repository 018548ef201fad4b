"""Cells of a saved ecosystem."""

from __future__ import annotations

import math

from abm.ecosystem.ecosystem import Ecosystem
from abm.ecosystem.vocabulary import GRADES


def as_cell(value: float) -> str:
    """A number in the fewest digits that give it back; NaN as a blank."""
    return "" if math.isnan(value) else repr(float(value)).removesuffix(".0")


def evidence(ecosystem: Ecosystem, grade: int) -> dict[str, str]:
    """Grade, source and basis of a saved number: its own grade, and where its citation is found."""
    word = GRADES[grade] if grade else "assumed"
    origin = f"given by the network {ecosystem.name}"
    return {"grade": word, "source" if word in ("reported", "press") else "basis": origin}
