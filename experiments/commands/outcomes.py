"""How the main outcomes of runs that are compared are called and printed in a table."""

from __future__ import annotations

# Outcome -> its head, and the digits it is printed with.
PRINTED = {
    "end_user_spending": ("end users\nspend on AI", 0), "sales": ("labs, clouds,\nchips: sales", 0),
    "capex": ("builders'\ncapex", 0), "price": ("price of\ncompute", 3), "written_down": ("chips\nwritten down", 0),
    "credit_losses": ("creditors\nlose", 0), "failures": ("firms\nthat fail", 2),
}  # fmt: skip
_NO_PART = ("written_down", "credit_losses", "failures")  # often none at all in what they are compared with


def cell(key: str, band: list[float], part: float | None, many: bool) -> str:
    """The median of a `band` (low, median, high), below it the ends if there are `many` worlds. Of a difference `part`
    is what it is of the other side; of a level it is None."""
    digits, sign = PRINTED[key][1], "" if part is None else "+"
    low, median, high = (f"{round(each, digits) + 0.0:{sign},.{digits}f}" if round(each, digits) else "0"
                         for each in band)  # fmt: skip
    share = "" if part is None or key in _NO_PART else f" ({part:+.0%})"
    return f"{median}{share}" + (f"\n{low} to {high}" if many else "")
