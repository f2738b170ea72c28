"""Public checks of ch06/sparse_init.

What is drawn differs from one right solution to the next, so the probes count and measure instead of handing the
numbers out. They look at what is returned, and at a layer's weights through the layer's outputs.
"""

import math

import pytest
import torch
from d2l_kit.checks import CheckFailed, assert_equal, probe
from torch import nn


@probe
def pattern(module, W, k):
    """How many numbers other than 0 a row of a filled matrix has, and a column: -1 if they differ."""
    kept = W.clone()
    found = module.sparse_normal_(weight=kept, k=k, generator=torch.Generator().manual_seed(1)) != 0
    rows, columns = found.sum(1), found.sum(0)
    alike = [int(n[0]) if bool((n == n[0]).all()) else -1 for n in (rows, columns)]
    more = alike == [-1, -1] and bool((rows > k).any())
    total = int(found.sum()) == k
    return {
        "row": alike[0], "column": alike[1], "more": more, "total": total, "filled": torch.equal(kept != 0, found),
        "old": bool((kept == W).any()),
    }  # fmt: skip


@probe
def in_place(module, W, k):
    """What filling a parameter does to the parameter, and whether it is what comes back."""
    weight = nn.Parameter(W.clone())
    memory = weight.detach()
    out = module.sparse_normal_(weight=weight, k=k, generator=torch.Generator().manual_seed(2))
    return {
        "same": out is weight, "leaf": out.is_leaf, "requires_grad": weight.requires_grad,
        "filled": bool(((weight != 0).sum(1) == k).all()), "in its memory": bool(((memory != 0).sum(1) == k).all()),
    }  # fmt: skip


@probe
def choices(module, rows, columns, k):
    """How many sets of columns occur, and whether columns, and sets, occur about equally often: chi-squared tells.

    For 15 sets alike likely chi-squared is about 14, and above 60 once in some millions; a set that is a quarter too
    frequent makes it several times as large.
    """
    found = module.sparse_normal_(torch.ones(rows, columns), k, torch.Generator().manual_seed(3)) != 0
    sets = (found.long() * 2 ** torch.arange(columns)).sum(1)
    times = sets.unique(return_counts=True)[1]
    usual = rows / math.comb(columns, k)
    often = rows * k / columns
    return {
        "sets": len(times), "columns": bool(((found.sum(0) - often) ** 2 / often).sum() < 40),
        "even": bool(((times - usual) ** 2 / usual).sum() < 60),
    }  # fmt: skip


@probe
def numbers(module, rows, columns, k):
    """Mean, spread and shape of the numbers' distribution, all in units of 1/sqrt(k), coarsely rounded."""
    out = module.sparse_normal_(torch.ones(rows, columns), k, torch.Generator().manual_seed(4)).double()
    z = out[out != 0] * k**0.5
    spread = z.square().mean().sqrt()
    return {
        "mean": abs(round(z.mean().item(), 1)),
        "spread": round(2 ** round(math.log2(spread.item()), 1), 2),
        "fourth": round((z / spread).pow(4).mean().item()),
    }


@probe
def in_model(module, k, seed):
    """What init_model makes of a nested model, seen from outside."""

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = nn.ModuleDict({"map": nn.Linear(6, 6), "norm": nn.LayerNorm(6)})
            self.scale = nn.Parameter(torch.full((6, 6), 2.0))

        def forward(self, X):
            return X

    first, last, block = nn.Linear(8, 6), nn.Linear(3, 2), Block()
    model = nn.Sequential(first, nn.BatchNorm1d(6), nn.Sequential(nn.Linear(6, 3, bias=False), nn.ReLU(), block), last)
    linear = {"outermost": first, "in a Sequential": model[2][0], "in a block": block.inner["map"], "narrow": last}
    for p in model.parameters():
        with torch.no_grad():
            p.fill_(0.5)
    norms = (model[1], block.inner["norm"])
    others = {
        "scales of norms": [n.weight for n in norms], "shifts of norms": [n.bias for n in norms],
        "a matrix of no layer": [block.scale],
    }  # fmt: skip
    before = [id(p) for p in model.parameters()]
    out = module.init_model(model=model, k=k, seed=seed)
    if out is not model:
        return {"returned": "None" if out is None else "something else"}
    kinds = {}
    for name, layer in linear.items():
        offset = layer(torch.zeros(1, layer.in_features))
        rows = ((layer(torch.eye(layer.in_features)) - offset).T.abs() > 1e-7).sum(1)
        kinds[name] = [int(rows[0]) if bool((rows == rows[0]).all()) else -1, bool((offset == 0).all())]
    after = [id(p) for p in out.parameters()]
    return {
        "returned": "the model", "layers": kinds, "objects": before == after,
        "kept": {name: all(bool((p == 0.5).all()) for p in params) for name, params in others.items()},
        "requires_grad": all(p.requires_grad for p in out.parameters()),
    }  # fmt: skip


@probe
def drawn_again(module, k):
    """Which draws agree: same seeds, other seeds, going on with one generator, two layers, the global generator."""

    def draw(*generators):
        return [module.sparse_normal_(torch.ones(5, 9), k, g) for g in generators]

    def start(seed):
        return torch.Generator().manual_seed(seed)

    def model(*seed):
        made = nn.Sequential(nn.Linear(9, 5), nn.Linear(9, 5))
        return [layer.weight.detach() for layer in module.init_model(made, k, *seed)]

    going_on, made = start(5), nn.Sequential(nn.Linear(9, 5))
    state = torch.get_rng_state()
    a, b, c, d, e = draw(start(5), start(5), start(6), going_on, going_on)
    module.init_model(made, k, 3)
    untouched = torch.equal(state, torch.get_rng_state())
    models = [model(7), model(7), model(8), model(), model(0)]
    return {
        "places": torch.equal(a != 0, b != 0), "values": torch.equal(a[a != 0].sort().values, b[b != 0].sort().values),
        "again": torch.equal(a, b), "other": torch.equal(a, c),
        "on": torch.equal(d, e), "global": untouched,
        "models": torch.equal(models[0][0], models[1][0]) and torch.equal(models[0][1], models[1][1]),
        "other models": torch.equal(models[0][0], models[2][0]), "layers": torch.equal(*models[0]),
        "default": torch.equal(models[3][0], models[4][0]),
    }  # fmt: skip


@probe
def refusals(module, W, ks):
    """What comes of each k."""
    found = {}
    for k in ks:
        try:
            module.sparse_normal_(weight=W, k=k, generator=torch.Generator())
            found[k] = "no ValueError"
        except Exception as error:
            named = "names" if str(k) in str(error) else "does not name"
            found[k] = f"a ValueError that {named} k" if isinstance(error, ValueError) else "no ValueError"
    return found


@pytest.mark.weight(3)
def test_k_numbers_in_each_row(submission, rng):
    """Each row gets exactly k numbers other than 0, whatever stood there before."""
    found = submission.run(pattern, rng.normal(40, 10), 3)
    if found["row"] != 3:
        seen = f"Each has {found['row']}." if found["row"] >= 0 else "The rows differ."
        seen += " Each column has 3: rows and columns changed places." if found["column"] == 3 else ""
        seen += " The whole matrix has 3." if found["total"] else ""
        seen += " Some have more." if found["more"] else ""
        seen += " Old numbers are left." if found["old"] else ""
        raise CheckFailed("Each row should have 3 numbers other than 0.", seen)
    assert_equal(found["filled"], True, what="answer to 'was the matrix itself filled?'")


@pytest.mark.needs("k_numbers_in_each_row")
def test_fills_the_parameter_itself(submission, rng):
    """A parameter is filled in place and returned; it is still a leaf that wants a gradient."""
    found = submission.run(in_place, rng.normal(4, 7), 2)
    assert_equal(found, dict.fromkeys(found, True), what="state of the parameter (same, leaf, ...: all True)")


@pytest.mark.weight(2)
@pytest.mark.needs("k_numbers_in_each_row")
def test_every_choice_of_columns(submission):
    """In 6000 rows, each of the 15 ways to choose 2 of 6 columns comes up, all about equally often."""
    found = submission.run(choices, 6000, 6, 2)
    if found["sets"] != 15:
        said = f"Only {found['sets']} of them came up."
        raise CheckFailed("All 15 ways to choose 2 of 6 columns should come up in 6000 rows.", said)
    assert_equal(found["columns"], True, what="answer to 'are all columns chosen about equally often?'")
    assert_equal(found["even"], True, what="answer to 'do all choices come up about equally often?'")


@pytest.mark.weight(2)
@pytest.mark.needs("k_numbers_in_each_row")
def test_normal_numbers_of_variance_one_over_k(submission):
    """The numbers are normally distributed with mean 0 and variance 1/k."""
    found = submission.run(numbers, 5000, 32, 4)
    assert_equal(found["mean"], 0.0, what="mean, in units of 1/sqrt(k) and rounded,")
    assert_equal(found["spread"], 1.0, what="standard deviation, in units of 1/sqrt(k) and rounded,")
    assert_equal(found["fourth"], 3, what="mean fourth power of the numbers divided by their standard deviation")


@pytest.mark.weight(3)
@pytest.mark.needs("k_numbers_in_each_row")
def test_every_linear_layer_and_nothing_else(submission):
    """init_model fills every nn.Linear at any depth, zeros its bias, and leaves other modules alone."""
    found = submission.run(in_model, 4, 1)
    assert_equal(found["returned"], "the model", what="answer to 'what was returned?'")
    for name, (row, bias) in found["layers"].items():
        wanted = min(4, 3 if name == "narrow" else 6)
        assert_equal(row, wanted, what=f"number of weights in each row that are not 0 (-1: rows differ), layer {name},")
        assert_equal(bias, True, what=f"answer to 'is the bias zero?', layer {name},")
    for name, kept in found["kept"].items():
        assert_equal(kept, True, what=f"answer to 'did they keep their numbers: {name}?'")


@pytest.mark.needs("every_linear_layer_and_nothing_else")
def test_parameters_stay_the_same_objects(submission):
    """An optimizer made before init_model would still know all of the model's parameters."""
    found = submission.run(in_model, 4, 2)
    assert_equal(found["objects"], True, what="answer to 'are the parameters the same objects?'")
    assert_equal(found["requires_grad"], True, what="answer to 'do all parameters want gradients?'")


@pytest.mark.weight(2)
@pytest.mark.needs("every_linear_layer_and_nothing_else")
def test_only_the_generator_decides(submission):
    """The same seed gives the same numbers, another seed others; torch's global generator is not used."""
    found = submission.run(drawn_again, 3)
    same = {
        "places": "places from two generators with one seed", "values": "numbers from two generators with one seed",
        "again": "matrices from two generators with one seed",
        "models": "models with one seed", "default": "models with seed 0 and without a seed",
        "global": "states of torch's global generator before and after",
    }  # fmt: skip
    other = {
        "other": "numbers from two seeds", "on": "two draws from one generator",
        "other models": "models with two seeds", "layers": "two layers of one model",
    }  # fmt: skip
    for key, what in same.items():
        assert_equal(found[key], True, what=f"answer to 'are they the same: {what}?'")
    for key, what in other.items():
        assert_equal(found[key], False, what=f"answer to 'are they the same: {what}?'")


@pytest.mark.needs("k_numbers_in_each_row")
def test_refuses_impossible_k(submission, rng):
    """k = 0, and k above the number of columns, are a ValueError that names k; all columns are allowed."""
    found = submission.run(pattern, rng.normal(3, 5), 5)
    assert_equal(found["row"], 5, what="number of weights in each row that are not 0, for k = 5 and 5 columns,")
    for k, what in submission.run(refusals, rng.normal(3, 5), [17, 0]).items():
        assert_equal(what, "a ValueError that names k", what=f"outcome for k = {k} and 5 columns")
