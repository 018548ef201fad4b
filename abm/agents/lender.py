"""Banks, bond and private-credit funds, securitisation trusts, equity investors."""

from __future__ import annotations

from abm.agents.firm import Firm


class Lender(Firm):
    """Banks, bond and private-credit funds, securitisation trusts, equity investors."""

    kind = "lender"
