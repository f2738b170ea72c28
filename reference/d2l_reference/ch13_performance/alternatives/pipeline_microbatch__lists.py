"""In the style of a tutorial: two loops for each kind, queues, and blocking sends in an order that cannot deadlock."""

import torch
import torch.distributed as dist
from torch import nn


def schedule(kind, stage, num_stages, num_micro):
    if kind not in {"gpipe", "1f1b"}:
        raise ValueError(f"I know gpipe and 1f1b, and no {kind}")
    if stage not in range(num_stages):
        raise ValueError(f"stage must be in range({num_stages}), but is {stage}")
    if not num_micro >= 1:
        raise ValueError(f"num_micro must be positive, but is {num_micro}")
    steps = []
    if kind == "gpipe":
        for i in range(num_micro):
            steps.append(("F", i))
        for i in range(num_micro):
            steps.append(("B", i))
        return steps
    warmup = min(num_micro, num_stages - stage - 1)
    for i in range(warmup):
        steps.append(("F", i))
    for i in range(num_micro - warmup):
        steps.append(("F", warmup + i))
        steps.append(("B", i))
    for i in range(num_micro - warmup, num_micro):
        steps.append(("B", i))
    return steps


def bubble_fraction(num_stages, num_micro):
    if min(num_stages, num_micro) < 1:
        raise ValueError(f"there is no pipeline of {num_stages} stages for {num_micro} micro-batches")
    return (num_stages - 1) / (num_stages - 1 + num_micro)


class Stage:
    def __init__(self, module, x, target, num_micro):
        self.module = module
        self.rank, self.size = dist.get_rank(), dist.get_world_size()
        self.is_first, self.is_last = self.rank == 0, self.rank == self.size - 1
        self.micro_x = list(torch.tensor_split(x, num_micro)) if self.is_first else []
        self.micro_target = list(torch.tensor_split(target, num_micro)) if self.is_last else []
        self.count = target.numel() if self.is_last else 0
        self.criterion = nn.MSELoss(reduction="sum")
        self.queue = []
        self.loss = 0.0

    def receive_input(self):
        if self.is_first:
            return self.micro_x.pop(0)
        # An object travels as two messages of whole numbers.
        box = [None]
        dist.recv_object_list(box, self.rank - 1)
        shape, dtype = box[0]
        tensor = torch.empty(shape, dtype=dtype)
        dist.recv(tensor, self.rank - 1)
        return tensor.requires_grad_(True)

    def forward(self):
        """Returns what is to be sent on."""
        x = self.receive_input()
        y = self.module(x)
        if self.is_last:
            loss = self.criterion(y, self.micro_target.pop(0)) / self.count
            self.loss += loss.item()
            self.queue.append((x, loss))
            return None
        self.queue.append((x, y))
        return y.detach().contiguous()

    def send_output(self, y):
        if y is not None:
            dist.send_object_list([(tuple(y.shape), y.dtype)], self.rank + 1)
            dist.send(y, self.rank + 1)

    def receive_gradient(self):
        if self.is_last:
            return None
        gradient = torch.empty(self.queue[0][1].shape, dtype=self.queue[0][1].dtype)
        dist.recv(gradient, self.rank + 1)
        return gradient

    def backward(self, gradient):
        """Returns what is to be sent back."""
        x, y = self.queue.pop(0)
        if y.requires_grad:
            y.backward(gradient)
        return None if self.is_first else x.grad.contiguous()

    def send_gradient(self, gradient):
        if gradient is not None:
            dist.send(gradient, self.rank - 1)


def run_pipeline(stage_module, x, target, num_micro, kind):
    order = schedule(kind, dist.get_rank(), dist.get_world_size(), num_micro)
    for batch in (x, target):
        if batch is not None and len(batch) < num_micro:
            raise ValueError(f"cannot make {num_micro} parts of {len(batch)} rows")
    stage = Stage(stage_module, x, target, num_micro)
    held_back = None
    for place, (what, _) in enumerate(order):
        if what == "F":
            y = stage.forward()
            # After the warm-up a gradient is received first: the rank behind sends it before it receives anything.
            if kind == "1f1b" and place >= stage.size - 1 - stage.rank:
                held_back = y
            else:
                stage.send_output(y)
        else:
            gradient = stage.receive_gradient()
            if held_back is not None:
                stage.send_output(held_back)
                held_back = None
            stage.send_gradient(stage.backward(gradient))
    return stage.loss if stage.is_last else None
