"""Scarcity: who is served, when there is not enough for all. Worlds are the last axis, and independent."""

from libc.stdlib cimport free, malloc


def fill_in_order(
    const double[:, ::1] request, const double[:, ::1] price, const double[::1] limit,  # IN  asker x world; world
    double[:, ::1] granted,                                                            # OUT asker x world
):
    """Grant requests from the lowest price up, ties in the order of rows, until the limit is used."""
    cdef Py_ssize_t n = request.shape[0], worlds = request.shape[1]
    cdef Py_ssize_t w, k, place, asking
    cdef double left, amount
    cdef Py_ssize_t* order = <Py_ssize_t*> malloc(max(n, 1) * sizeof(Py_ssize_t))
    if order == NULL:
        raise MemoryError()
    with nogil:
        for w in range(worlds):
            asking = 0
            for k in range(n):
                granted[k, w] = 0.0
                if not request[k, w] > 0.0:  # most rows ask for nothing, get nothing, and need no place in the order
                    continue
                place = asking  # insertion keeps rows of one price in their order
                asking = asking + 1
                while place > 0 and price[order[place - 1], w] > price[k, w]:
                    order[place] = order[place - 1]
                    place = place - 1
                order[place] = k
            left = limit[w]
            for k in range(asking):
                amount = request[order[k], w]
                if amount > left:
                    amount = left
                if amount < 0.0:
                    amount = 0.0
                granted[order[k], w] = amount
                left = left - amount
    free(order)


def share_out(
    const double[:, ::1] order, const double[:, ::1] weight,    # IN  order x world; weight > 0
    const int[::1] start, const double[:, ::1] capacity,        # IN  seller's orders start[k]..start[k+1]; seller x world
    double[:, ::1] filled,                                      # OUT order x world
):
    """Fill orders in proportion to weight * order, no order beyond itself (water-filling).

    Invariant: a round either caps at least one more order or ends, so rounds <= orders of a seller.
    """
    cdef Py_ssize_t sellers = capacity.shape[0], worlds = capacity.shape[1]
    cdef Py_ssize_t k, m, w
    cdef double total, left, weighed, level
    cdef bint again
    with nogil:
        for k in range(sellers):
            for w in range(worlds):
                total = 0.0
                for m in range(start[k], start[k + 1]):
                    total = total + order[m, w]
                    filled[m, w] = -1.0
                if total <= capacity[k, w]:
                    for m in range(start[k], start[k + 1]):
                        filled[m, w] = order[m, w]
                    continue
                left = capacity[k, w]
                again = True
                while again:
                    again = False
                    weighed = 0.0
                    for m in range(start[k], start[k + 1]):
                        if filled[m, w] < 0.0:
                            weighed = weighed + weight[m, w] * order[m, w]
                    level = left / weighed if weighed > 0.0 else 0.0
                    for m in range(start[k], start[k + 1]):
                        if filled[m, w] < 0.0 and level * weight[m, w] >= 1.0:
                            filled[m, w] = order[m, w]
                            left = left - order[m, w]
                            again = True
                for m in range(start[k], start[k + 1]):
                    if filled[m, w] < 0.0:
                        filled[m, w] = level * weight[m, w] * order[m, w]


def serve(
    const double[:, :, ::1] frontier_demand, const double[:, :, ::1] commodity_demand,  # IN  stage, provider, world
    double[:, ::1] frontier, double[:, ::1] commodity,                                  # INOUT capacity -> what is left
    double[:, :, ::1] frontier_part, double[:, :, ::1] commodity_part,                  # OUT part served
):
    """Stages are served one after the other. Frontier demand runs on frontier machines only; commodity
    demand on old machines first, then beside frontier demand, pro rata, on what the frontier has left."""
    cdef Py_ssize_t stages = frontier_demand.shape[0], n = frontier_demand.shape[1], worlds = frontier_demand.shape[2]
    cdef Py_ssize_t s, i, w
    cdef double high, low, old, rest, wanted, part
    with nogil:
        for s in range(stages):
            for i in range(n):
                for w in range(worlds):
                    high = frontier_demand[s, i, w]
                    low = commodity_demand[s, i, w]
                    old = low if low < commodity[i, w] else commodity[i, w]
                    rest = low - old
                    wanted = high + rest
                    part = 1.0 if wanted <= frontier[i, w] else frontier[i, w] / wanted
                    commodity[i, w] -= old
                    frontier[i, w] = frontier[i, w] - wanted if wanted <= frontier[i, w] else 0.0
                    frontier_part[s, i, w] = part
                    commodity_part[s, i, w] = (old + part * rest) / low if low > 0.0 else 1.0
