"""A list instead of a dictionary, through file handles."""

import torch


def save_checkpoint(path, model, optimizer, epoch):
    with open(path, "wb") as file:
        torch.save([epoch, model.state_dict(), optimizer.state_dict()], file)


def load_checkpoint(path, model, optimizer=None):
    with open(path, "rb") as file:
        epoch, parameters_and_buffers, memory = torch.load(file, weights_only=True)
    model.load_state_dict(parameters_and_buffers, strict=True)
    if optimizer:
        optimizer.load_state_dict(memory)
    return int(epoch)
