"""Checks of stakes: nobody is owned twice over, and no circle of firms belongs only to itself."""

from __future__ import annotations

from abm.ecosystem.dataset import Dataset
from abm.ecosystem.tables import Table

# Where firms own each other, a dollar of business is counted up to 1 / (1 - share) times on its way round, and so is
# every error in it: here 200 times. Closer to one, values are found neither reliably nor in reasonable time.
MOST_OWNED = 0.995
_ROUNDING = 1e-9


def check(data: Dataset) -> None:
    """Active stakes of known share sum to at most `MOST_OWNED` per issuer; full ownership has an outside end."""
    claims = data.tables.get("claims")
    if claims is None:
        return
    total: dict[str, float] = {}
    last: dict[str, int] = {}
    owner: dict[str, str] = {}
    rows = claims.rows("layer", "status", "source_firm", "target_firm", "share", "carried_at_cost")
    for row, layer, status, holder, issuer, share, at_cost in rows:
        if layer == "equity" and status == "active" and at_cost != 1 and share > 0:
            total[issuer] = total.get(issuer, 0.0) + share
            last[issuer] = row
            if share == 1:
                owner[issuer] = holder
    for issuer, each in total.items():
        if each > MOST_OWNED + _ROUNDING:
            found = f"stakes in {issuer} that sum to {each:.9g}"
            expected = (
                f"at most {MOST_OWNED} (too much by {each - MOST_OWNED:.3g}): somebody outside owns a part, "
                "or values of firms that own each other cannot be computed reliably"
            )
            data.faults.at(claims, last[issuer], "share", found, expected)
    _circles(data, claims, owner, last)


def _circles(data: Dataset, claims: Table, owner: dict[str, str], last: dict[str, int]) -> None:
    done: set[str] = set()
    for start in owner:
        chain: list[str] = []
        firm = start
        while firm in owner and firm not in done:
            done.add(firm)
            chain.append(firm)
            firm = owner[firm]
        if firm in chain:
            circle = [*chain[chain.index(firm):], firm]
            found = "a closed circle of full ownership: " + " is owned by ".join(circle)
            data.faults.at(claims, last[firm], "share", found, "an owner outside the circle")
