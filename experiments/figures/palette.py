"""Colours, line styles and words, once for all figures: the Okabe-Ito family, safe for colour-blind readers."""

from __future__ import annotations

BLACK, GREY, PALE, PAPER = "#000000", "#8C8C8C", "#D9D9D9", "#FFFFFF"
BLUE, SKY, ORANGE, GREEN = "#0072B2", "#56B4E9", "#E69F00", "#009E73"
PURPLE, VERMILION, YELLOW, BROWN, WINE = "#CC79A7", "#D55E00", "#F0E442", "#7A4B16", "#882255"
INK = "#262626"

SMALL, NORMAL, LARGE = 7.0, 8.0, 10.0  # points; nothing is set smaller than SMALL

# A family of links has the colour of the firms it mostly ends at or comes from, so that one key serves both.
KIND_COLOURS = {
    "hyperscaler": BLUE, "operator": SKY, "chipmaker": ORANGE, "ai_lab": PURPLE,
    "vehicle": YELLOW, "lender": GREEN, "government": GREY, "rest_of_world": PAPER,
}  # fmt: skip
KIND_NAMES = {
    "hyperscaler": "Hyperscalers", "operator": "Cloud operators", "chipmaker": "Chipmakers", "ai_lab": "AI labs",
    "vehicle": "Financing vehicles", "lender": "Lenders and investors", "government": "Governments",
    "rest_of_world": "End users and outsiders",
}  # fmt: skip

FAMILY_COLOURS = {"compute": BLUE, "chips": ORANGE, "debt": GREEN, "ownership": PURPLE, "users": GREY}
# Dashes part in grey what colours part: blue from green, orange from purple.
FAMILY_STYLES = {
    "compute": "-", "chips": "-", "debt": (3.0, (6.5, 0.5)), "ownership": (0, (3.0, 0.5)), "users": "-",
}  # fmt: skip
HOLLOW = 0.22  # strength of the colour inside a hollow link
FAMILY_NAMES = {
    "compute": "compute promised", "chips": "chips, per year", "debt": "debt", "ownership": "ownership stakes",
    "users": "end users pay, per year",
}  # fmt: skip


def faded(colour: str, strength: float) -> str:
    """`colour` mixed with paper: all of it at strength 1, none at 0."""
    parts = [255 - strength * (255 - int(colour[place : place + 2], 16)) for place in (1, 3, 5)]
    return "#" + "".join(f"{round(part):02X}" for part in parts)


# Through what a firm loses: colour, line style of a link, hatch of a bar, and what happens, in words.
CHANNEL_COLOURS = {
    "direct": BLACK, "valuation": GREY, "orders": ORANGE, "payments": BLUE, "loans": GREEN, "stakes": PURPLE,
    "collateral": YELLOW, "earnings": SKY, "failure": VERMILION, "funding": BROWN, "customers": WINE,
}  # fmt: skip
CHANNEL_STYLES = {
    "orders": "-", "payments": "-", "loans": (3.0, (6.5, 0.5)), "stakes": (0, (3.0, 0.5)), "funding": (0, (1.6, 0.5)),
    "customers": (0, (4.0, 0.5, 1.0, 0.5)),
}  # fmt: skip
CHANNEL_HATCHES = {"orders": "///", "loans": "...", "stakes": "\\\\\\", "earnings": "xxx", "failure": "+++"}
CHANNEL_NAMES = {
    "direct": "money taken by the shock", "valuation": "value taken by the shock", "orders": "orders",
    "payments": "payments", "loans": "loans", "stakes": "stakes", "collateral": "chip prices",
    "earnings": "earnings", "failure": "failing", "funding": "funding", "customers": "customers that leave",
}  # fmt: skip
CHANNEL_EVENTS = {
    "direct": "money stays away", "valuation": "firms are worth less", "orders": "orders fall away",
    "payments": "payments are missed", "loans": "loans lose value", "stakes": "stakes are marked down",
    "collateral": "forced sales cut chip prices", "earnings": "lost sales cut earnings",
    "failure": "failing destroys value", "funding": "new funding is withheld",
    "customers": "customers leave",
}  # fmt: skip
