"""Row by row with randperm; the model's layers are found by recursion."""

import torch
from torch import nn


@torch.no_grad()
def sparse_normal_(weight, k, generator):
    columns = weight.size(1)
    if k < 1 or k > columns:
        raise ValueError(f"k = {k} is not between 1 and {columns}")
    for row in weight:
        chosen = torch.randperm(columns, generator=generator)[:k]
        row.fill_(0.0)
        row[chosen] = torch.empty(k, dtype=row.dtype).normal_(0.0, k**-0.5, generator=generator)
    return weight


def init_model(model, k, seed=0):
    generator = torch.Generator()
    generator.manual_seed(seed)

    def visit(module):
        if isinstance(module, nn.Linear):
            sparse_normal_(module.weight, min(k, module.weight.size(1)), generator)
            if module.bias is not None:
                with torch.no_grad():
                    module.bias.fill_(0)
        for child in module.children():
            visit(child)

    visit(model)
    return model
