"""GPU clouds and owners of sites, mostly leveraged."""

from __future__ import annotations

from abm.agents.builder import Builder


class Operator(Builder):
    """GPU clouds and owners of sites, mostly leveraged: builders without the arms race."""

    kind = "operator"
