"""Solution of ch06/parameter_report."""

from typing import Any

from torch import nn


def parameter_report(model: nn.Module) -> dict[str, Any]:
    names: dict[nn.Parameter, list[str]] = {}  # a parameter's hash is its identity, whatever numbers it holds
    for name, p in model.named_parameters(remove_duplicate=False):
        names.setdefault(p, []).append(name)
    return {
        "total": sum(p.numel() for p in names),
        "trainable": sum(p.numel() for p in names if p.requires_grad),
        "shapes": {aliases[0]: tuple(p.shape) for p, aliases in names.items()},
        "tied": sorted(tuple(sorted(aliases)) for aliases in names.values() if len(aliases) > 1),
    }


def freeze(model: nn.Module, prefix: str) -> None:
    # With duplicates: a layer that is there twice must be found under its second name as well.
    parts = dict(model.named_modules(remove_duplicate=False))
    if prefix not in parts:
        raise KeyError(f"the model has no submodule {prefix!r}")
    for p in parts[prefix].parameters():
        p.requires_grad_(False)
