"""Bytes made in memory; the names compared and the tensors copied by hand."""

import io
import pathlib

import torch


def save_checkpoint(path, model, optimizer, epoch):
    buffer = io.BytesIO()
    tensors = [*model.named_parameters(), *model.named_buffers()]
    torch.save((dict(tensors), optimizer.state_dict(), epoch), buffer)
    pathlib.Path(path).write_bytes(buffer.getvalue())


@torch.no_grad()
def load_checkpoint(path, model, optimizer=None):
    raw = pathlib.Path(path).read_bytes()
    saved, state, epoch = torch.load(io.BytesIO(raw), weights_only=True)
    mine = dict([*model.named_parameters(), *model.named_buffers()])
    if {n: t.shape for n, t in mine.items()} != {n: t.shape for n, t in saved.items()}:
        raise RuntimeError("the file is of another model")
    for name, tensor in mine.items():
        tensor.copy_(saved[name])
    if optimizer is not None:
        optimizer.load_state_dict(state)
    return epoch
