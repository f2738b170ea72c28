"""Shapes travel once, before everything; messages of batch_isend_irecv, asked for ahead; GPipe's backwards reversed."""

from collections import deque

import torch
import torch.distributed as dist
import torch.nn.functional as F


def schedule(kind, stage, num_stages, num_micro):
    if stage < 0 or stage >= num_stages or num_micro <= 0:
        raise ValueError(f"stage {stage} of {num_stages} with {num_micro} micro-batches")
    forwards = deque(("F", i) for i in range(num_micro))
    backwards = deque(("B", i) for i in range(num_micro))
    match kind:
        case "gpipe":
            return [*forwards, *reversed(backwards)]
        case "1f1b":
            order = []
            # As many are open as there are stages from here on, before the first is closed.
            while backwards:
                started = num_micro - len(forwards)
                ended = num_micro - len(backwards)
                room = started - ended < num_stages - stage
                order.append(forwards.popleft() if forwards and room else backwards.popleft())
            return order
    raise ValueError(f"unknown kind: {kind}")


def bubble_fraction(num_stages, num_micro):
    for name, value in (("num_stages", num_stages), ("num_micro", num_micro)):
        if value < 1:
            raise ValueError(f"{name} is {value}")
    units = 2 * (num_stages - 1 + num_micro)
    return 1 - 2 * num_micro / units


class Neighbours:
    def __init__(self):
        self.rank, self.n = dist.get_rank(), dist.get_world_size()
        self.leaving = []

    def start(self, *operations):
        return dist.batch_isend_irecv(list(operations))

    def give(self, tensor, peer):
        # What has arrived is dropped; the rest is waited for at the end.
        self.leaving = [(works, held) for works, held in self.leaving if not all(w.is_completed() for w in works)]
        tensor = tensor.contiguous()
        self.leaving.append((self.start(dist.P2POp(dist.isend, tensor, peer)), tensor))

    def take(self, shape, peer, dtype):
        room = torch.zeros(shape, dtype=dtype)
        for work in self.start(dist.P2POp(dist.irecv, room, peer)):
            work.wait()
        return room

    def finish(self):
        for works, _ in self.leaving:
            for work in works:
                work.wait()


def run_pipeline(stage_module, x, target, num_micro, kind):
    mail = Neighbours()
    plan = schedule(kind, mail.rank, mail.n, num_micro)
    for known in (x, target):
        if known is not None and known.shape[0] < num_micro:
            raise ValueError(f"num_micro = {num_micro} is more than {known.shape[0]} rows")
    first, last = mail.rank == 0, mail.rank == mail.n - 1
    dtype = [p.dtype for p in stage_module.parameters()][0]
    if first:
        rows = x.shape[0]
    else:
        rows, features = mail.take((2,), mail.rank - 1, torch.long).tolist()
    base, extra = divmod(rows, num_micro)
    sizes = [base + (i < extra) for i in range(num_micro)]
    told = last
    batches = iter(x.split(sizes)) if first else None
    targets = target.split(sizes) if last else None
    share = [size / rows for size in sizes]
    losses, open_ones = [], {}
    for what, i in plan:
        if what == "F":
            if first:
                entering = next(batches)
            else:
                entering = mail.take((sizes[i], features), mail.rank - 1, dtype)
                entering.requires_grad = True
            leaving = stage_module(entering)
            if not told:
                mail.give(torch.tensor([rows, leaving.shape[1]]), mail.rank + 1)
                told = True
            if last:
                loss = F.mse_loss(leaving, targets[i]) * share[i]
                losses.append(float(loss))
                open_ones[i] = (entering, loss)
            else:
                mail.give(leaving.detach(), mail.rank + 1)
                open_ones[i] = (entering, leaving)
            continue
        entering, leaving = open_ones.pop(i)
        gradient = None if last else mail.take(leaving.shape, mail.rank + 1, dtype)
        wanted = [p for p in stage_module.parameters() if p.requires_grad] + ([] if first else [entering])
        if wanted:
            torch.autograd.backward(leaving, gradient, inputs=wanted)
        if not first:
            mail.give(entering.grad, mail.rank - 1)
    mail.finish()
    return sum(losses) if last else None
