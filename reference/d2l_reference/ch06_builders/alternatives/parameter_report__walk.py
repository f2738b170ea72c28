"""Walk over all modules and their own parameters, with identities in plain lists; get_submodule to freeze."""

from torch import nn


def parameter_report(model):
    found, total, trainable = [], 0, 0
    for path, module in model.named_modules(remove_duplicate=False):
        for own, p in module._parameters.items():
            if p is None:
                continue
            name = path + "." + own if path else own
            known = [entry for entry in found if entry[0] is p]
            if known:
                known[0][1].append(name)
                continue
            found.append((p, [name]))
            total += p.numel()
            trainable += p.numel() if p.requires_grad else 0
    tied = [tuple(sorted(names)) for _, names in found if len(names) >= 2]
    tied.sort()
    return dict(total=total, trainable=trainable, shapes={names[0]: tuple(p.shape) for p, names in found}, tied=tied)


def freeze(model, prefix):
    try:
        part = model.get_submodule(prefix)
    except AttributeError as error:
        raise KeyError(prefix) from error
    assert isinstance(part, nn.Module)
    part.requires_grad_(False)
