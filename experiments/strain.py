"""What weakened a firm before a quarter, told from its series: sales, margin, dues, worth, funding, prices."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas

WINDOW = 8  # quarters looked back
_MATERIAL = 0.1  # smaller changes are not told
_WORTH = 0.25  # the same for the worth of equity, which moves more
_DUES = 1.0  # dues below so many times the margin are no burden
_SMALLEST = 0.005  # USD bn
_MOST = 5  # lines


def bn(amount: float) -> str:
    """USD bn in few digits."""
    size = abs(amount)
    if size < _SMALLEST:
        return "0"
    return f"{amount:,.0f}" if size >= 100 else f"{amount:,.1f}" if size >= 1 else f"{amount:.2f}"


def step(part: str, first: str, last: str, text: str, **facts) -> dict:
    """One line of a chain and the facts it is made of; `first` and `last` are its quarters."""
    return {"part": part, "first": first, "last": last, "text": text, **facts}


def strain(series: pandas.DataFrame, pivot: str) -> list[dict]:
    """What got worse in the quarters before `pivot`, the most telling first; `series` as of `Record.of`.

    Sales, margin and prices are those up to the quarter before, as a failure takes some of its own quarter's.
    """
    place = series.index.get_loc(pivot)
    before = series.iloc[max(0, place - WINDOW) : place]
    if before.empty:
        return []
    until = series.iloc[max(0, place - WINDOW) : place + 1]
    sales = before["user_revenue"] + before["compute_sales"] + before["chip_sales"]
    found = [
        *_counted(until, "breaches", "it breaks its covenants"),
        *_paid_in(until),
        *_fall("sales", sales, "its sales fall", " a quarter"),
        *_margin(before["margin"]),
        *_dues(until, before["margin"]),
        *_fall("firm_value", before["firm_value"], "the worth of its equity falls", "", _WORTH),
        *_gap(until["funding_gap"]),
        *_fall("price", before["price"], "the price of compute falls", " (1 at the opening)"),
        *_slack(before["tightness"]),
    ]
    return found[:_MOST]


def _fall(name: str, values: pandas.Series, words: str, unit: str, material: float = _MATERIAL) -> list[dict]:
    """From its peak to its last value, if that is a fall to speak of."""
    peak, last = values.idxmax(), values.index[-1]
    high, low = float(values[peak]), float(values[last])
    if high < _SMALLEST or low > (1.0 - material) * high or low < 0.0:
        return []
    text = f"{words} by {1.0 - low / high:.0%}, from {bn(high)} to {bn(low)}{unit}"
    return [step("before", peak, last, text, series=name, start=high, end=low)]


def _margin(margin: pandas.Series) -> list[dict]:
    last, now = margin.index[-1], float(margin.iloc[-1])
    if now < -_SMALLEST:
        first, start = margin.index[0], float(margin.iloc[0])
        text = f"it spends {bn(-now)} a quarter more than it earns, before interest and tax"
        return [step("before", first, last, text, series="margin", start=start, end=now)]
    return _fall("margin", margin, "its margin falls", " a quarter")


def _dues(until: pandas.DataFrame, margin: pandas.Series) -> list[dict]:
    """Interest, repayments and rent that fall due over the margin, in the last quarter and at the start."""
    dues = until["interest"] + until["principal"] + until["rent"]
    first, last, now = until.index[0], until.index[-1], float(dues.iloc[-1])
    if now < _SMALLEST or now < _DUES * float(margin.iloc[-1]):
        return []
    facts = {"series": "dues", "start": float(dues.iloc[0]), "end": now}
    words = f"interest, repayments and rent of {bn(now)} fall due"
    if float(margin.min()) <= 0.0:
        return [step("before", last, last, words, **facts)]
    ratio, start = now / float(margin.iloc[-1]), float(dues.iloc[0]) / float(margin.iloc[0])
    text = f"{words}, {ratio:.1f} times its margin ({start:.1f} times in {first})"
    return [step("before", last, last, text, times_margin=ratio, times_margin_at_start=start, **facts)]


def _gap(gap: pandas.Series) -> list[dict]:
    short = gap[gap > _SMALLEST]
    if short.empty:
        return []
    text = f"{bn(short.sum())} of the capex it planned finds no money"
    return [step("before", short.index[0], short.index[-1], text, series="funding_gap", amount=float(short.sum()))]


def _slack(tightness: pandas.Series) -> list[dict]:
    last, now = tightness.index[-1], float(tightness.iloc[-1])
    if now >= 1.0:
        return []
    text = f"demand for compute is {now:.0%} of capacity"
    return [step("before", last, last, text, series="tightness", end=now)]


def _counted(until: pandas.DataFrame, name: str, words: str) -> list[dict]:
    """Quarters before the last in which something happened."""
    when = until.index[:-1][until[name].iloc[:-1] > 0]
    if not len(when):
        return []
    times = f" in {len(when)} quarters" if len(when) > 1 else ""
    return [step("before", when[0], when[-1], words + times, series=name, quarters=list(when))]


def _paid_in(until: pandas.DataFrame) -> list[dict]:
    paid = until["rescue"][until["rescue"] > _SMALLEST]
    if paid.empty:
        return []
    text = f"the state pays in {bn(paid.sum())} so that it can pay"
    return [step("before", paid.index[0], paid.index[-1], text, series="rescue", amount=float(paid.sum()))]
