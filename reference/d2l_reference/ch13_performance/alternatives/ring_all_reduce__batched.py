"""Chunks of uneven size, and both directions posted at once."""

import torch
import torch.distributed as dist


def ring_all_reduce(x, op="sum"):
    if op not in ("sum", "mean", "max"):
        raise ValueError(f"unknown op: {op}")
    if x.dtype == torch.bool:
        raise ValueError("bool tensors cannot be reduced")
    if op == "mean" and not x.dtype.is_floating_point:
        raise ValueError("no mean of integers")
    world, me = dist.get_world_size(), dist.get_rank()
    result = x.detach().clone(memory_format=torch.contiguous_format)
    parts = list(torch.tensor_split(result.view(-1), world))
    following, preceding = (me + 1) % world, (me + world - 1) % world

    def exchange(outgoing, incoming):
        requests = dist.batch_isend_irecv(
            [dist.P2POp(dist.isend, outgoing, following), dist.P2POp(dist.irecv, incoming, preceding)]
        )
        for request in requests:
            request.wait()

    for turn in range(2 * (world - 1)):
        outgoing = parts[(me - turn) % world] if turn < world - 1 else parts[(me - turn + world) % world]
        target = (me - turn - 1) % world
        incoming = torch.empty_like(parts[target])
        exchange(outgoing, incoming)
        if turn >= world - 1:
            parts[target].copy_(incoming)
        elif op == "max":
            parts[target].copy_(torch.where(incoming > parts[target], incoming, parts[target]))
        else:
            parts[target] += incoming
    return result.div_(world) if op == "mean" else result
