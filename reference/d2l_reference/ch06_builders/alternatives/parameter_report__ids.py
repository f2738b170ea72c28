"""Two passes of named_parameters and a table of id() -> names; freeze through the dict of all modules."""

import math
from collections import defaultdict


def parameter_report(model):
    unique = dict(model.named_parameters())
    names = defaultdict(set)
    for name, p in model.named_parameters(remove_duplicate=False):
        names[id(p)].add(name)
    sizes = {name: math.prod(p.shape) for name, p in unique.items()}
    return {
        "shapes": {name: p.shape for name, p in unique.items()},
        "tied": sorted([tuple(sorted(group)) for group in names.values() if len(group) != 1]),
        "total": sum(sizes.values()),
        "trainable": sum(size for name, size in sizes.items() if unique[name].requires_grad),
    }


def freeze(model, prefix):
    modules = dict(model.named_modules(remove_duplicate=False))
    if prefix not in modules:
        raise KeyError(f"{prefix} is none of {', '.join(modules)}")
    for p in modules[prefix].parameters():
        p.requires_grad = False
