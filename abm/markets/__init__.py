"""Markets: they take what agents propose, ration where there is not enough, and plan the payments."""
