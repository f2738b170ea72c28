"""Messages as in tutorials: a header from anybody says who asks for what, its contents follow. Workers ask first."""

import torch
import torch.distributed as dist

PULL, PUSH = 0, 1


def run_server(w0, num_rounds, lr, mode, staleness=0):
    if mode not in {"sync", "async", "ssp"}:
        raise ValueError(mode)
    if staleness < 0:
        raise ValueError(staleness)
    n = dist.get_world_size() - 1
    weights = w0.contiguous().clone()
    log, version = [], 0
    applied = {rank: 0 for rank in range(1, n + 1)}
    pending, wishes, leaving = [], {}, []

    def may_begin(clock):
        if mode == "async":
            return True
        return min(applied.values()) >= clock - (staleness if mode == "ssp" else 0)

    finished = 0
    while finished < n:
        header = torch.zeros(3, dtype=torch.int64)
        rank = dist.recv(header)
        what, clock, seen = header.tolist()
        if what == PULL:
            wishes[rank] = clock
        else:
            grad = torch.zeros_like(weights)
            dist.recv(grad, rank)
            pending.append((rank, clock, seen, grad))
        if pending and (mode != "sync" or len(pending) == n):
            version += 1
            weights.sub_(torch.stack([grad for *_, grad in pending]).sum(0), alpha=lr / n)
            for rank, clock, seen, _ in pending:
                log.append((rank, clock, seen, version))
                applied[rank] += 1
            pending = []
        for rank, clock in list(wishes.items()):
            if may_begin(clock):
                del wishes[rank]
                finished += clock == num_rounds
                number, copy = torch.tensor([version]), weights.clone()
                leaving += [(dist.isend(number, rank), number), (dist.isend(copy, rank), copy)]
    for work, _ in leaving:
        work.wait()
    return dict(w=weights, log=log)


def run_worker(like, gradient, num_rounds):
    def pull(clock):
        dist.send(torch.tensor([PULL, clock, 0]), 0)
        version = torch.zeros(1, dtype=torch.int64)
        dist.recv(version, 0)
        w = torch.zeros(like.shape, dtype=like.dtype)
        dist.recv(w, 0)
        return w, version.item()

    w, version = pull(0)
    for clock in range(num_rounds):
        g = gradient(w, clock)
        dist.send(torch.tensor([PUSH, clock, version]), 0)
        dist.send(g.contiguous(), 0)
        w, version = pull(clock + 1)
    return w
