"""Recursion over children, with a path as a list of components."""

from torch import nn


def every_name(module, path=()):
    """(path, parameter) of each name that a parameter has."""
    for own, p in module.named_parameters(recurse=False, remove_duplicate=False):
        yield (*path, own), p
    for name, child in module._modules.items():
        if isinstance(child, nn.Module):
            yield from every_name(child, (*path, name))


def parameter_report(model: nn.Module):
    groups = []
    for path, p in every_name(model):
        for group in groups:
            if group["p"] is p:
                group["names"].append(".".join(path))
                break
        else:
            groups.append({"p": p, "names": [".".join(path)]})
    report = {"total": 0, "trainable": 0, "shapes": {}, "tied": []}
    for group in groups:
        p, names = group["p"], group["names"]
        report["total"] += p.numel()
        report["trainable"] += p.numel() * p.requires_grad
        report["shapes"][names[0]] = tuple(p.shape)
        if names[1:]:
            report["tied"].append(tuple(sorted(names)))
    report["tied"].sort()
    return report


def freeze(model: nn.Module, prefix: str) -> None:
    part = model
    for step in prefix.split("."):
        part = part._modules.get(step)
        if part is None:
            raise KeyError("nothing is called " + prefix)
    for _, p in every_name(part):
        p.requires_grad = False
