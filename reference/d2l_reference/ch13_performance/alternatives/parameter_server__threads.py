"""A thread for each worker that receives and answers, and one condition which all of them share."""

import threading

import torch
import torch.distributed as dist


class Server:
    def __init__(self, w0, num_rounds, lr, mode, staleness):
        self.w, self.num_rounds, self.mode = w0.detach().clone().contiguous(), num_rounds, mode
        self.num_workers = dist.get_world_size() - 1
        self.step = lr / self.num_workers
        self.ahead = {"sync": 0, "ssp": staleness, "async": float("inf")}[mode]
        self.done = [0] * self.num_workers
        self.version, self.log, self.round = 0, [], {}
        self.changed = threading.Condition()

    def apply(self, rank, clock, seen, grad):
        if self.mode == "sync":
            self.round[rank] = (clock, seen, grad)
            if len(self.round) < self.num_workers:
                return
            batch, self.round = self.round, {}
        else:
            batch = {rank: (clock, seen, grad)}
        for _, _, grad in batch.values():
            self.w = self.w - self.step * grad
        self.version += 1
        for rank, (clock, seen, _) in batch.items():
            self.log.append((rank, clock, seen, self.version))
            self.done[rank - 1] = clock + 1
        self.changed.notify_all()

    def may_go_on(self, rank, clock):
        return self.done[rank - 1] > clock and clock + 1 - min(self.done) <= self.ahead

    def serve(self, rank):
        with self.changed:
            w, version = self.w, self.version
        dist.send(w, rank)
        for clock in range(self.num_rounds):
            grad = torch.empty_like(w)
            dist.recv(grad, rank)
            with self.changed:
                self.apply(rank, clock, version, grad)
                self.changed.wait_for(lambda clock=clock: self.may_go_on(rank, clock))
                w, version = self.w, self.version
            dist.send(w, rank)


def run_server(w0, num_rounds, lr, mode, staleness=0):
    if mode not in ("sync", "async", "ssp"):
        raise ValueError(f"unknown mode {mode}")
    if staleness < 0:
        raise ValueError(f"staleness {staleness} is negative")
    server = Server(w0, num_rounds, lr, mode, staleness)
    threads = [threading.Thread(target=server.serve, args=(rank + 1,)) for rank in range(server.num_workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {"w": server.w, "log": server.log}


def run_worker(like, gradient, num_rounds):
    w = torch.zeros(like.shape, dtype=like.dtype)
    dist.recv(w, src=0)
    for clock in range(num_rounds):
        dist.send(gradient(w, clock).contiguous(), dst=0)
        w = torch.zeros(like.shape, dtype=like.dtype)
        dist.recv(w, src=0)
    return w
