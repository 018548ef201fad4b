"""Calendar quarters as whole numbers, so that "how many quarters after the opening" is a subtraction."""

from __future__ import annotations

import re
from datetime import date

_QUARTER = re.compile(r"(\d{4})Q([1-4])", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)

WRITTEN_AS = "a date as YYYYQn or YYYY-MM-DD"


def quarter_number(text: str) -> int | None:
    """Running number of the quarter that `text` (YYYYQn or YYYY-MM-DD) names or falls in; None where it names none."""
    match = _QUARTER.fullmatch(text)
    if match:
        return int(match[1]) * 4 + int(match[2]) - 1
    if not _DAY.fullmatch(text):
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day.year * 4 + (day.month - 1) // 3


def quarter_text(number: int) -> str:
    """The quarter with running number `number`, as YYYYQn."""
    return f"{number // 4:04d}Q{number % 4 + 1}"
