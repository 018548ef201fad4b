"""The contagion loop, compiled. `cython_ext.reference` is its NumPy twin, line for line."""

from cython.parallel cimport prange, threadid
from libc.math cimport exp, fabs, isnan

import numpy as np

cdef enum:
    PRIORITIES = 5
    HARD = 3
    RANKS = 3
    ESTATE = 6  # missed dues by priority, then claims by rank
    MAX_ROUNDS = 100000

cdef double TOLERANCE = 1e-13
cdef double TIE = 1e-10  # see the twin

cdef inline double fmax(double a, double b) noexcept nogil:
    # The C library's asks about NaN, in a call of its own; there is none here.
    return a if a > b else b


cdef inline double fmin(double a, double b) noexcept nogil:
    return a if a < b else b


cdef struct Network:  # shared by all worlds
    Py_ssize_t n, m, s, h
    const int *debtor
    const int *creditor
    const int *slot            # debtor * PRIORITIES + priority
    const int *priority
    const int *gate
    const int *sale
    const int *incoming_start  # links by creditor
    const int *incoming
    const int *stake_start     # stakes by owner
    const int *stake
    const int *issuer
    const int *holding_start   # holdings by holder
    const int *holding
    const int *claim           # borrower * ESTATE + HARD + rank
    const int *late            # debtor * ESTATE + priority, of hard dues
    const int *exempt

cdef struct World:  # what is given of one world: arrays are turned, so that each world's numbers lie together
    const double *due
    const double *share
    const double *balance
    const double *cash
    const double *fleet
    const double *collateral
    const double *property
    const double *enterprise
    const double *multiple
    const double *franchise
    const double *principal
    const double *secured_debt
    const double *secured_service
    const double *covered
    const double *income
    const double *loan_limit
    const double *cover_limit
    const double *value_floor
    const double *cash_floor
    double alpha
    double beta
    double impact
    double price_floor
    double breach_sale

cdef struct Work:  # one world at a time, one per thread
    double *flow               # in the order of incoming
    int *flow_slot             # likewise
    unsigned char *closed
    double *payment
    double *paid               # (n, PRIORITIES)
    double *owed               # (n, PRIORITIES)
    double *debt               # (n, ESTATE)
    double *recovery           # (n, ESTATE)
    double *realised
    double *value
    double *next_value
    double *left
    double *base
    double *sales
    unsigned char *default_
    unsigned char *breach
    unsigned char *withdrawn
    unsigned char *awaits      # whether any hard due to a firm was missed


def settle(problem, state, int max_sweeps, int threads):
    """Advance `state` by at most `max_sweeps` sweeps in each world. Arrays as in `problem.Problem`."""
    cdef Py_ssize_t n = problem.firms, worlds = problem.worlds
    cdef Py_ssize_t m = problem.debtor.size, s = problem.owner.size, h = problem.holder.size
    cdef int[::1] slot = _pad(problem.debtor * PRIORITIES + problem.priority)
    cdef int[::1] claim = _pad(problem.borrower * ESTATE + HARD + problem.rank)
    cdef int[::1] late_ = _pad(problem.debtor * ESTATE + np.minimum(problem.priority, HARD))
    incoming_order, incoming_begin = _by_row(problem.creditor, n)
    stake_order, stake_begin = _by_row(problem.owner, n)
    holding_order, holding_begin = _by_row(problem.holder, n)
    cdef int[::1] incoming = _pad(incoming_order), incoming_start = incoming_begin
    cdef int[::1] stake = _pad(stake_order), stake_start = stake_begin
    cdef int[::1] holding = _pad(holding_order), holding_start = holding_begin
    cdef const int[::1] debtor = _pad(problem.debtor), creditor = _pad(problem.creditor)
    cdef const int[::1] priority = _pad(problem.priority), gate = _pad(problem.gate), sale = _pad(problem.sale)
    cdef const int[::1] issuer = _pad(problem.issuer), exempt = _pad(problem.exempt)

    cdef Network net
    net.n, net.m, net.s, net.h = n, m, s, h
    net.debtor, net.creditor, net.slot = &debtor[0], &creditor[0], &slot[0]
    net.priority, net.gate, net.sale = &priority[0], &gate[0], &sale[0]
    net.incoming_start, net.incoming = &incoming_start[0], &incoming[0]
    net.stake_start, net.stake, net.issuer = &stake_start[0], &stake[0], &issuer[0]
    net.holding_start, net.holding, net.claim = &holding_start[0], &holding[0], &claim[0]
    net.late = &late_[0]
    net.exempt = &exempt[0]

    cdef const double[:, ::1] due = _turned(problem.due), share = _turned(problem.share)
    cdef const double[:, ::1] balance = _turned(problem.balance)
    cdef const double[:, :, ::1] firm = np.stack([_turned(getattr(problem, name)) for name in _OF_FIRM])
    cdef const double[:, ::1] of_world = np.stack([getattr(problem, name) for name in _OF_WORLD])
    cdef double[:, ::1] paid = _turned(state.paid.reshape(PRIORITIES * n, worlds))
    cdef double[:, ::1] late = _turned(state.late.reshape(HARD * n, worlds))
    cdef double[:, ::1] recovery = _turned(state.recovery.reshape(RANKS * n, worlds))
    cdef double[:, ::1] left = _turned(state.left), value = _turned(state.value)
    cdef double[::1] price = state.price, residual = state.residual
    cdef signed char[:, :, ::1] flags = state.flags
    cdef signed char[:, ::1] missed = state.missed
    cdef int[:, :, ::1] raised = state.raised
    cdef int[::1] sweeps = state.sweeps, rounds = state.rounds
    cdef signed char[::1] converged = state.converged

    cdef Py_ssize_t reals = 2 * m + n * (2 * PRIORITIES + 2 * ESTATE + 6) + 1
    cdef double[:, ::1] real_space = np.empty((threads, reals))
    cdef int[:, ::1] slot_space = np.empty((threads, m + 1), np.int32)
    cdef unsigned char[:, ::1] byte_space = np.empty((threads, m + 4 * n + 1), np.uint8)
    cdef Py_ssize_t w
    cdef int thread
    for w in prange(worlds, nogil=True, schedule="static", num_threads=threads):
        thread = threadid()
        if not converged[w]:
            _one_world(
                &net, &real_space[thread, 0], &slot_space[thread, 0], &byte_space[thread, 0], w, max_sweeps,
                due, share, balance, firm, of_world,
                paid, late, recovery, left, value, price, residual, flags, missed, raised, sweeps, rounds, converged,
            )  # fmt: skip
    for whole, turned in (
        (state.paid, paid), (state.late, late), (state.recovery, recovery), (state.left, left), (state.value, value)
    ):  # fmt: skip
        whole[...] = _turned(np.asarray(turned)).reshape(whole.shape)


_OF_FIRM = (
    "cash", "fleet", "collateral", "property", "enterprise", "multiple", "franchise", "principal", "secured_debt",
    "secured_service", "covered_assets", "income", "loan_to_value_limit", "service_cover_limit", "value_floor",
    "cash_floor",
)  # fmt: skip
_OF_WORLD = ("asset_recovery", "receipt_recovery", "price_impact", "price_floor", "breach_sale")


def _turned(const double[:, ::1] values):
    """A transposed copy. NumPy's would read with a stride, and where that is a power of two, out of the cache."""
    cdef Py_ssize_t rows = values.shape[0], columns = values.shape[1], first, last, i, j
    result = np.empty((columns, rows))
    cdef double[:, ::1] turned = result
    with nogil:
        for first in range(0, columns, 8):  # a line of cache
            last = min(first + 8, columns)
            for i in range(rows):
                for j in range(first, last):
                    turned[j, i] = values[i, j]
    return result


def _pad(indices):
    """`indices` as int32 with at least one element, so that its address can be taken."""
    result = np.ascontiguousarray(indices, np.int32)
    return result if result.size else np.zeros(1, np.int32)


def _by_row(const int[::1] rows, Py_ssize_t n):
    """Positions of `rows` grouped by row in their own order, and where each group begins."""
    # Counted, not sorted: on a large network sorting would take as long as a sweep.
    begin = np.zeros(n + 1, np.int32)
    np.cumsum(np.bincount(rows, minlength=n), out=begin[1:])
    cdef int[::1] order = np.empty(rows.shape[0], np.int32), free = begin[:n].copy()
    cdef Py_ssize_t k
    for k in range(rows.shape[0]):
        order[free[rows[k]]] = k
        free[rows[k]] += 1
    return order, begin


cdef void _carve(Network *net, Work *work, double *reals, int *slots, unsigned char *bytes_) noexcept nogil:
    cdef Py_ssize_t n = net.n, m = net.m
    work.flow = reals
    work.payment = work.flow + m
    work.paid = work.payment + m
    work.owed = work.paid + n * PRIORITIES
    work.debt = work.owed + n * PRIORITIES
    work.recovery = work.debt + n * ESTATE
    work.realised = work.recovery + n * ESTATE
    work.value = work.realised + n
    work.next_value = work.value + n
    work.left = work.next_value + n
    work.base = work.left + n
    work.sales = work.base + n
    work.flow_slot = slots
    work.closed = bytes_
    work.default_ = bytes_ + m
    work.breach = work.default_ + n
    work.withdrawn = work.breach + n
    work.awaits = work.withdrawn + n


cdef World _of_world(
    Network *net, Py_ssize_t w, const double[:, ::1] due, const double[:, ::1] share, const double[:, ::1] balance,
    const double[:, :, ::1] firm, const double[:, ::1] of_world,
) noexcept nogil:  # fmt: skip
    cdef World world
    # Of an empty list there is no first element to point at.
    world.due = &due[w, 0] if net.m else NULL
    world.share = &share[w, 0] if net.s else NULL
    world.balance = &balance[w, 0] if net.h else NULL
    world.cash, world.fleet, world.collateral, world.property = (
        &firm[0, w, 0], &firm[1, w, 0], &firm[2, w, 0], &firm[3, w, 0]
    )
    world.enterprise, world.multiple, world.franchise, world.principal = (
        &firm[4, w, 0], &firm[5, w, 0], &firm[6, w, 0], &firm[7, w, 0]
    )
    world.secured_debt, world.secured_service, world.covered, world.income = (
        &firm[8, w, 0], &firm[9, w, 0], &firm[10, w, 0], &firm[11, w, 0]
    )
    world.loan_limit, world.cover_limit, world.value_floor, world.cash_floor = (
        &firm[12, w, 0], &firm[13, w, 0], &firm[14, w, 0], &firm[15, w, 0]
    )
    world.alpha, world.beta = of_world[0, w], of_world[1, w]
    world.impact, world.price_floor, world.breach_sale = of_world[2, w], of_world[3, w], of_world[4, w]
    return world


cdef void _one_world(
    Network *net, double *reals, int *slots, unsigned char *bytes_, Py_ssize_t w, int max_sweeps,
    const double[:, ::1] due, const double[:, ::1] share, const double[:, ::1] balance,
    const double[:, :, ::1] firm, const double[:, ::1] of_world,
    double[:, ::1] paid, double[:, ::1] late, double[:, ::1] recovery, double[:, ::1] left, double[:, ::1] value,
    double[::1] price, double[::1] residual, signed char[:, :, ::1] flags, signed char[:, ::1] missed,
    int[:, :, ::1] raised, int[::1] sweeps, int[::1] rounds, signed char[::1] converged,
) noexcept nogil:  # fmt: skip
    # Invariant: flags only rise; with more flags no payment, price or value is higher. So the sweeps
    # stop after at most 3 n + 1 and end in the smallest set of flags closed under the rules, whatever
    # the order of firms and links.
    cdef Work work
    cdef World world = _of_world(net, w, due, share, balance, firm, of_world)
    cdef Py_ssize_t i, k, n = net.n
    cdef double total, sold, fixed, saleable, hard, lacking, whole, change
    cdef int sweep, count, layer
    cdef bint fresh, first = False  # values are still to be worked out
    _carve(net, &work, reals, slots, bytes_)
    for k in range(net.m):
        work.flow_slot[k] = net.slot[net.incoming[k]]
    for i in range(n * PRIORITIES):
        work.owed[i] = 0.0
    for k in range(net.m):
        work.owed[net.slot[k]] += world.due[k]
    for i in range(n):
        work.value[i] = value[w, i]
        first = first or isnan(work.value[i])
        work.default_[i] = flags[0, i, w]
        work.breach[i] = flags[1, i, w]
        work.withdrawn[i] = flags[2, i, w]
        for layer in range(PRIORITIES):
            work.paid[i * PRIORITIES + layer] = paid[w, layer * n + i]
        for layer in range(HARD):
            work.recovery[i * ESTATE + layer] = late[w, layer * n + i]
        for layer in range(RANKS):
            work.recovery[i * ESTATE + HARD + layer] = recovery[w, layer * n + i]

    for sweep in range(max_sweeps):
        sweeps[w] += 1
        # 1. The price that forced sales leave.
        total = sold = 0.0
        for i in range(n):
            total += world.fleet[i]
            if work.default_[i]:
                sold += world.fleet[i]
            elif work.breach[i]:
                sold += world.fleet[i] * world.breach_sale
        price[w] = fmax(world.price_floor, exp(-world.impact * (sold / total if total > 0.0 else 0.0)))
        # 2. Which funding still stands, and who can pay.
        _open_links(net, &world, &work)
        count = _clear(net, &world, &work, &change)
        rounds[w] += count if count > 0 else MAX_ROUNDS
        residual[w] = change
        if count < 0:
            converged[w] = -1
            break
        # 3. What everything is worth.
        for i in range(n * ESTATE):
            work.debt[i] = 0.0
        for k in range(net.h):
            work.debt[net.claim[k]] += world.balance[k]
        for i in range(n):
            work.base[i] = 0.0
            work.sales[i] = 0.0
            work.awaits[i] = 0
        for k in range(net.m):
            if net.priority[k] >= HARD:
                work.base[net.debtor[k]] += work.payment[k]
                if net.gate[k] and not work.closed[k]:
                    work.base[net.creditor[k]] -= work.payment[k]
            else:
                work.debt[net.late[k]] += world.due[k] - work.payment[k]
                work.awaits[net.creditor[k]] |= world.due[k] != work.payment[k]
            if net.sale[k] and not work.closed[k]:
                work.sales[net.creditor[k]] += work.payment[k]
        for i in range(n):
            saleable = price[w] * world.collateral[i] + world.property[i]
            if work.default_[i]:
                fixed = world.alpha * (saleable + world.franchise[i])
            else:
                fixed = fmax(saleable, world.enterprise[i] + world.multiple[i] * work.sales[i]) + world.franchise[i]
            work.base[i] += work.left[i] + fixed
            work.realised[i] = world.beta if work.default_[i] else 1.0
        count = _appraise(net, &world, &work, first, &change)
        first = False
        rounds[w] += count if count > 0 else MAX_ROUNDS
        residual[w] = fmax(residual[w], change)
        if count < 0:
            converged[w] = -1
            break
        # 4. Whom that pushes over an edge.
        fresh = False
        for i in range(n):
            if net.exempt[i]:
                continue
            hard = lacking = whole = 0.0
            for layer in range(ESTATE):
                whole += work.debt[i * ESTATE + layer]
            for layer in range(HARD):
                hard += work.owed[i * PRIORITIES + layer]
                lacking += work.owed[i * PRIORITIES + layer] * (1.0 - work.paid[i * PRIORITIES + layer])
            if not work.default_[i] and (
                lacking > TIE * fmax(1.0, hard)
                or (world.principal[i] > 0.0 and work.value[i] <= TIE * fmax(1.0, whole))
            ):
                work.default_[i] = flags[0, i, w] = 1
                raised[0, i, w] = sweeps[w]
                missed[i, w] = lacking > TIE * fmax(1.0, hard)
                fresh = True
            if not work.breach[i] and (
                world.secured_debt[i] > 0.0
                and world.secured_debt[i] > world.loan_limit[i] * (price[w] * world.collateral[i] + world.covered[i]) * (1.0 + TIE)
                and world.secured_service[i] > 0.0
                and world.income[i] + work.sales[i] < world.cover_limit[i] * world.secured_service[i] * (1.0 - TIE)
            ):
                work.breach[i] = flags[1, i, w] = 1
                raised[1, i, w] = sweeps[w]
                fresh = True
            if not work.withdrawn[i] and (
                work.value[i] < world.value_floor[i] * (1.0 - TIE) or work.left[i] < world.cash_floor[i] * (1.0 - TIE)
            ):
                work.withdrawn[i] = flags[2, i, w] = 1
                raised[2, i, w] = sweeps[w]
                fresh = True
        if not fresh:
            converged[w] = 1
            break

    for i in range(n):
        left[w, i] = work.left[i]
        value[w, i] = work.value[i]
        for layer in range(PRIORITIES):
            paid[w, layer * n + i] = work.paid[i * PRIORITIES + layer]
        for layer in range(HARD):
            late[w, layer * n + i] = work.recovery[i * ESTATE + layer]
        for layer in range(RANKS):
            recovery[w, layer * n + i] = work.recovery[i * ESTATE + HARD + layer]


cdef void _open_links(Network *net, World *world, Work *work) noexcept nogil:
    cdef Py_ssize_t k
    cdef int payer, receiver, gate
    for k in range(net.m):
        gate = net.gate[k]
        work.closed[k] = 0
        if gate:
            payer, receiver = net.debtor[k], net.creditor[k]
            work.closed[k] = (
                work.default_[payer]
                or work.default_[receiver]
                or (gate == 1 and work.breach[receiver])
                or (gate == 2 and work.withdrawn[receiver])
                or (gate != 3 and work.withdrawn[payer])
            )
    for k in range(net.m):
        work.flow[k] = 0.0 if work.closed[net.incoming[k]] else world.due[net.incoming[k]]


cdef int _clear(Network *net, World *world, Work *work, double *change) noexcept nogil:
    # Invariant: no payment ever rises, since the map is monotone and starts from above; its limit is
    # the greatest clearing vector. Payments at tolerance when the largest change is.
    cdef Py_ssize_t i, k, at
    cdef double receipts, remaining, payment, ratio, old
    cdef int layer, count
    for count in range(1, MAX_ROUNDS + 1):
        change[0] = 0.0
        # Receipts of a round come from the payments of the round before: `left` holds them meanwhile.
        for i in range(net.n):
            receipts = 0.0
            if not net.exempt[i]:
                for k in range(net.incoming_start[i], net.incoming_start[i + 1]):
                    receipts += work.flow[k] * work.paid[work.flow_slot[k]]
            work.left[i] = receipts
        for i in range(net.n):
            if net.exempt[i]:
                work.left[i] = 0.0
                continue
            if work.default_[i]:
                remaining = world.alpha * world.cash[i] + world.beta * work.left[i]
            else:
                remaining = world.cash[i] + work.left[i]
            for layer in range(PRIORITIES):
                at = i * PRIORITIES + layer
                old = work.paid[at]
                ratio = 1.0
                if work.owed[at] > 0.0:
                    payment = fmin(work.owed[at], remaining)
                    ratio = payment / work.owed[at]
                    remaining = remaining - payment
                change[0] = fmax(change[0], fabs(ratio - old))
                work.paid[at] = ratio
            work.left[i] = remaining
        if change[0] <= TOLERANCE:
            for k in range(net.m):
                work.payment[k] = world.due[k] * work.paid[net.slot[k]]
            return count
    return -1


cdef double _claims(Network *net, World *world, Work *work, Py_ssize_t i, const double *value, bint at_face) noexcept nogil:
    cdef Py_ssize_t k, each
    cdef double held = 0.0, late = 0.0, stakes = 0.0
    for k in range(net.holding_start[i], net.holding_start[i + 1]):
        each = net.holding[k]
        held += world.balance[each] * (1.0 if at_face else work.recovery[net.claim[each]])
    if work.awaits[i]:
        for k in range(net.incoming_start[i], net.incoming_start[i + 1]):
            each = net.incoming[k]
            if net.priority[each] < HARD:
                late += (world.due[each] - work.payment[each]) * (
                    1.0 if at_face else work.recovery[net.late[each]]
                )
    for k in range(net.stake_start[i], net.stake_start[i + 1]):
        each = net.stake[k]
        stakes += world.share[each] * value[net.issuer[each]]
    return work.base[i] + work.realised[i] * (held + late + stakes)


cdef int _appraise(Network *net, World *world, Work *work, bint first, double *change) noexcept nogil:
    # Invariant: values and recoveries never rise from the bound that `first` computes (all claims at
    # face) or from the last sweep's, so the limit is their greatest fixed point.
    cdef Py_ssize_t i, at
    cdef double available, share, new, whole
    cdef int rank, count
    cdef double *swap
    if first:
        for i in range(net.n):
            work.value[i] = 0.0
        for count in range(MAX_ROUNDS):
            change[0] = 0.0
            for i in range(net.n):
                new = 0.0
                if not net.exempt[i]:
                    available = _claims(net, world, work, i, work.value, True)
                    whole = 0.0
                    for rank in range(ESTATE):
                        whole += work.debt[i * ESTATE + rank]
                    new = fmax(0.0, available - whole)
                change[0] = fmax(change[0], fabs(new - work.value[i]) / fmax(1.0, fabs(work.value[i])))
                work.next_value[i] = new
            swap = work.value
            work.value = work.next_value
            work.next_value = swap
            if change[0] <= TOLERANCE:
                break
    for count in range(1, MAX_ROUNDS + 1):
        change[0] = 0.0
        for i in range(net.n):
            work.next_value[i] = 0.0 if net.exempt[i] else _claims(net, world, work, i, work.value, False)
        for i in range(net.n):
            if net.exempt[i]:
                continue
            available = work.next_value[i]
            for rank in range(ESTATE):
                at = i * ESTATE + rank
                new = 1.0
                if work.debt[at] > 0.0:
                    share = fmin(fmax(available, 0.0), work.debt[at])
                    new = share / work.debt[at]
                change[0] = fmax(change[0], fabs(new - work.recovery[at]))
                work.recovery[at] = new
                available = available - work.debt[at]
            new = fmax(0.0, available)
            change[0] = fmax(change[0], fabs(new - work.value[i]) / fmax(1.0, fabs(work.value[i])))
            work.next_value[i] = new
        swap = work.value
        work.value = work.next_value
        work.next_value = swap
        if change[0] <= TOLERANCE:
            return count
    return -1
