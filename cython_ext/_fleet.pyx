"""Fleets of machines by owner, region and vintage: what they can do, and what a quarter does to them.

Arrays are (owners, regions, vintages, worlds), worlds last and contiguous. A vintage's slot in the
ring is its quarter of birth modulo the number of slots, so nothing is ever shifted: the vintage of
age a stands in slot (quarter - a) mod slots.
"""

from cython_ext._rows cimport is_empty


def capacity(
    const double[:, :, :, ::1] cost, const double[:, :, ::1] power,               # IN  owner, region, (vintage,) world
    const double[:, ::1] throughput, const double[::1] power_per_cost,            # IN  vintage x world; world
    const double[:, ::1] frontier_age, Py_ssize_t newest,                         # IN  owner x world; slot of age 0
    double[:, ::1] frontier, double[:, ::1] commodity, double[:, ::1] installed,  # OUT owner x world, throughput
    double[:, :, ::1] left,                                                       # OUT power left over, owner, region, world
):
    """Newest machines run first, until the power of their region is used; the rest stand idle."""
    cdef Py_ssize_t owners = cost.shape[0], regions = cost.shape[1], slots = cost.shape[2], worlds = cost.shape[3]
    cdef Py_ssize_t b, r, a, s, w
    cdef double machines, draw, running, able
    with nogil:
        for b in range(owners):
            for w in range(worlds):
                frontier[b, w] = 0.0
                commodity[b, w] = 0.0
                installed[b, w] = 0.0
            for r in range(regions):
                for w in range(worlds):
                    left[b, r, w] = power[b, r, w]
                for a in range(slots):
                    s = (newest - a) % slots
                    if s < 0:
                        s = s + slots
                    if is_empty(&cost[b, r, s, 0], worlds):
                        continue
                    for w in range(worlds):
                        machines = cost[b, r, s, w]
                        draw = machines * power_per_cost[w]
                        able = left[b, r, w]
                        running = machines if draw <= able else machines * (able / draw)
                        left[b, r, w] = able - draw if draw <= able else 0.0
                        installed[b, w] += machines * throughput[s, w]
                        running = running * throughput[s, w]
                        if a <= frontier_age[b, w]:
                            frontier[b, w] += running
                        else:
                            commodity[b, w] += running


def age(
    double[:, :, :, ::1] cost, double[:, :, :, ::1] book,                         # INOUT owner, region, vintage, world
    double[:, :, ::1] basis,                                                      # INOUT tax value, owner, vintage, world
    const double[:, ::1] failure, const double[:, ::1] life,                      # IN  owner x world
    const double[::1] tax_life, const double[:, ::1] unit_value,                  # IN  world; vintage x world
    const double[:, ::1] margin, const double[::1] threshold,                     # IN  owner x world; world
    const double[::1] lost, Py_ssize_t newest,                                    # IN  world; slot of age 0
    double[:, ::1] depreciation, double[:, ::1] impairment,                       # OUT owner x world
    double[:, ::1] by_demand, double[:, ::1] deduction,                           # OUT owner x world
):
    """One quarter: some machines fail; books are written off in equal parts over what is left of their
    life, and down to value in use (unit_value * margin per cost) where that is below threshold * book;
    tax values in equal parts over what is left of the tax life. `lost` is what weak demand took from value in use,
    as a part of what is left of it: `by_demand` is the part of the impairment that would not be without."""
    cdef Py_ssize_t owners = cost.shape[0], regions = cost.shape[1], slots = cost.shape[2], worlds = cost.shape[3]
    cdef Py_ssize_t b, r, a, s, w
    cdef double part, left, value, saved
    with nogil:
        for b in range(owners):
            for w in range(worlds):
                depreciation[b, w] = 0.0
                impairment[b, w] = 0.0
                by_demand[b, w] = 0.0
                deduction[b, w] = 0.0
            for a in range(slots):
                s = (newest - a) % slots
                if s < 0:
                    s = s + slots
                if not is_empty(&basis[b, s, 0], worlds):
                    for w in range(worlds):
                        left = tax_life[w] - a
                        part = basis[b, s, w] if left <= 1.0 else basis[b, s, w] / left
                        basis[b, s, w] -= part
                        deduction[b, w] += part
                for r in range(regions):
                    if is_empty(&cost[b, r, s, 0], worlds) and is_empty(&book[b, r, s, 0], worlds):
                        continue
                    for w in range(worlds):
                        cost[b, r, s, w] *= 1.0 - failure[b, w]
                        left = life[b, w] - a
                        part = book[b, r, s, w] if left <= 1.0 else book[b, r, s, w] / left
                        left = book[b, r, s, w] - part
                        depreciation[b, w] += part
                        value = cost[b, r, s, w] * unit_value[s, w] * margin[b, w]
                        if value < threshold[w] * left:
                            impairment[b, w] += left - value
                            saved = value * lost[w]  # or all of it, where value in use would be near enough to book
                            by_demand[b, w] += saved if value + saved < threshold[w] * left else left - value
                            left = value
                        book[b, r, s, w] = left
