"""The same quarters as a competent Mesa user would write them: one agent at a time, plain numbers, networkx graphs.

The peer of `python -m benchmarks.mesa_loop`. Written from `docs/quarters.md`, in one world, it does only a part of what
`abm` does in a quarter, so its cost flatters Mesa.

It has by itself: hardware progress and end users' spending; promises of compute, training plans, the compute market
with rationing and spill-over, new promises; running costs; interest, principal, rents; builders' expectations, needs,
arms race and capex plans; chip orders, rationed shipments, invoices, chipmakers' capacity; sites and power; fleets by
region and vintage with depreciation and write-downs; the settlement of all payments by priority with defaults for lack
of cash; cash, securities, loan balances and rates; prices and confidence.

It leaves out, and is given each quarter as plain numbers: the draw of luck, and all of finance (what lenders ask, how
much of each capex plan is funded, loans, sales of loans, stakes, rounds, dividends, taxes, subsidies, sponsors' money).
It leaves out for good: margins, tax books, marks of equity, warrants, covenants, failure for lack of worth and
withdrawal of funding, fire sales, estates (it stops when somebody fails), net worth, every accounting identity, the
event log, metrics, attribution and the record of results.
"""
