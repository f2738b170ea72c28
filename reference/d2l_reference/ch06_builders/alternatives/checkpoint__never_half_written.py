"""Written beside the file and put in its place when it is whole, so that a crash leaves the old one."""

import os
from pathlib import Path

import torch


def save_checkpoint(path, model, optimizer, epoch):
    path = Path(path)
    beside = path.with_name(path.name + ".part")
    state = {f"model.{name}": tensor.detach().cpu().clone() for name, tensor in model.state_dict().items()}
    state["optimizer"] = optimizer.state_dict()
    state["epoch"] = torch.tensor(epoch)
    torch.save(state, beside)
    os.replace(beside, path)


def load_checkpoint(path, model, optimizer=None):
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"there is no checkpoint {path}")
    state = torch.load(path, map_location=lambda storage, _: storage)
    optimizer_state, epoch = state.pop("optimizer"), state.pop("epoch")
    model.load_state_dict({name.removeprefix("model."): tensor for name, tensor in state.items()})
    if optimizer is not None:
        optimizer.load_state_dict(optimizer_state)
    return epoch.item()
