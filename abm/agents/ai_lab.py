"""Model builders: end-user revenue, promises to clouds, burn, new equity."""

from __future__ import annotations

from abm.agents.firm import Firm


class AILab(Firm):
    """Model builders: end-user revenue, promises to clouds, burn, new equity."""

    kind = "ai_lab"
