"""The words an ecosystem is written in: kinds of firm, layers of claims, grades of evidence."""

KINDS = (
    "hyperscaler", "operator", "chipmaker", "ai_lab",
    "vehicle", "lender", "government", "rest_of_world",
)
REGIONS = ("US", "EU", "other")
MARKETS = ("IG", "PC", "HY", "BK", "ABS")

DEBT_LAYERS = ("bond", "loan", "gpu_loan", "abs", "vendor_loan")
LAYERS = (
    "equity", *DEBT_LAYERS, "lease", "take_or_pay",
    "order_book", "guarantee", "backstop", "warrant", "subsidy",
)

# What a claim's creditor stands behind in a failure, most senior first among the claims on a balance.
SENIORITIES = (
    "senior_secured", "senior_unsecured", "convertible", "preferred", "equity",
    "executory", "contract", "order", "contingent", "grant",
)
AMORTISATIONS = ("none", "bullet", "linear")
STATUSES = ("active", "future", "announced")

# Grade 0 stands for "no such number in the data".
GRADES = ("absent", "reported", "press", "estimated", "assumed")
