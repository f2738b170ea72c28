"""Hidden checks of ch06/sparse_init."""

import math

import pytest
import torch
from d2l_kit.checks import assert_equal, assert_raises, probe
from torch import nn


@probe
def filled(module, W, k):
    """How many numbers of a matrix are not zero once it is filled; and the same for one in memory by columns."""
    out = module.sparse_normal_(weight=W, k=k, generator=torch.Generator().manual_seed(11))
    columns = module.sparse_normal_(W.t().contiguous().t(), k, torch.Generator().manual_seed(11))
    return (out != 0).sum(1), torch.equal(out, columns), out.dtype == W.dtype and out.shape == W.shape


@probe
def where_it_lies(module, W, k):
    """What becomes of NaN and infinity, and of a part in the middle of a larger matrix and what is around it."""
    broken = W.clone()
    broken[:, ::2], broken[:, 1::2] = math.nan, math.inf
    module.sparse_normal_(broken, k, torch.Generator().manual_seed(13))
    large = torch.full((W.shape[0] + 2, W.shape[1] + 3), 5.0)
    part = large[1:-1, 2:-1]
    module.sparse_normal_(part, k, torch.Generator().manual_seed(14))
    inside = bool(((large[1:-1, 2:-1] != 0).sum(1) == k).all() and (large[1:-1, 2:-1] != 5).all())
    large[1:-1, 2:-1] = 5
    return {"finite": bool(broken.isfinite().all()), "inside": inside, "around": bool((large == 5).all())}


@probe
def spread(module, rows, columns, k, dtype):
    """The standard deviation times sqrt(k), rounded."""
    W = module.sparse_normal_(torch.ones(rows, columns, dtype=dtype), k, torch.Generator().manual_seed(12))
    return round((W[W != 0].double().std() * k**0.5).item(), 1)


@probe
def special_layers(module, k):
    """Counts in a model that is one layer, in a layer of a derived class, and in one that is there twice."""

    class Mine(nn.Linear):
        pass

    def rows(layer):
        W = (layer(torch.eye(layer.in_features)) - layer(torch.zeros(layer.in_features))).T
        counts = (W.abs() > 1e-7).sum(1)
        return int(counts[0]) if bool((counts == counts[0]).all()) else -1

    shared = nn.Linear(5, 5)
    alone, derived = nn.Linear(7, 4), nn.Sequential(nn.Tanh(), Mine(6, 3))
    twice = nn.Sequential(shared, nn.Tanh(), shared)
    for model in (alone, derived, twice):
        module.init_model(model=model, k=k)
    double = nn.Linear(6, 3).double()
    module.init_model(model=double, k=k)
    return {"alone": rows(alone), "derived": rows(derived[1]), "twice": rows(twice[2]), "dtype": double.weight.dtype}


@probe
def other_layers(module, k):
    """Whether layers with weights that are no nn.Linear keep their numbers, and modes stay."""
    net = nn.ModuleList(
        [nn.Conv2d(2, 3, 2), nn.Embedding(4, 3), nn.GroupNorm(1, 3), nn.Bilinear(2, 2, 2), nn.PReLU(), nn.Linear(3, 2)]
    )
    net.eval()
    old = [p.clone() for p in net[:-1].parameters()]
    module.init_model(net, k, 5)
    kept = [torch.equal(a, b) for a, b in zip(old, net[:-1].parameters(), strict=True)]
    return kept, [m.training for m in net.modules()]


@probe
def refused(module, k, model_too):
    """Whether the matrix is as it was after the refusal; or the refusal itself."""
    W = torch.ones(2, 4)
    if model_too:
        module.init_model(nn.Sequential(nn.Linear(3, 2)), k)
        return "no error"
    try:
        module.sparse_normal_(W, k, torch.Generator())
    except ValueError:
        return bool((W == 1).all())
    return False


@probe
def nothing_to_fill(module, k):
    """Whether a model without any nn.Linear comes back as it was."""
    net = nn.Sequential(nn.ReLU(), nn.PReLU())
    return module.init_model(net, k) is net and net[1].weight.item() == 0.25


@pytest.mark.weight(2)
@pytest.mark.needs("k_numbers_in_each_row")
def test_any_shape_and_k(submission, rng):
    """One row, one column, k from 1 to all columns, float64, and matrices that lie column by column in memory."""
    k = rng.integers(2, 6)
    drawn = (rng.integers(2, 9), k + rng.integers(2, 6)), k
    for shape, k in [((1, 5), 2), ((6, 1), 1), ((7, 4), 4), ((3, 12), 1), drawn]:
        counts, same, kept = submission.run(filled, rng.normal(*shape, dtype=torch.float64), k)
        assert_equal(counts, torch.full(shape[:1], k), what=f"numbers other than 0 in the rows of {shape}, k = {k},")
        assert_equal(same, True, what="answer to 'does the order in memory make no difference?'")
        assert_equal(kept, True, what="answer to 'are shape and dtype kept?'")


@pytest.mark.needs("fills_the_parameter_itself")
def test_only_the_memory_it_has(submission, rng):
    """NaN and infinity are gone; a part of a larger matrix is filled where it lies, and nothing around it."""
    found = submission.run(where_it_lies, rng.normal(rng.integers(2, 6), rng.integers(5, 9)), 3)
    assert_equal(found["finite"], True, what="answer to 'are all numbers finite where there were NaN and infinity?'")
    assert_equal(found["inside"], True, what="answer to 'was the part of a larger matrix filled?'")
    assert_equal(found["around"], True, what="answer to 'did the larger matrix keep its other numbers?'")


@pytest.mark.weight(2)
@pytest.mark.needs("normal_numbers_of_variance_one_over_k")
def test_variance_for_other_k(submission, rng):
    """The variance is 1/k for a small and for a large k, also in float64."""
    for k, columns in ((1, 8), (rng.integers(9, 20), 25)):
        for dtype in (torch.float32, torch.float64):
            found = submission.run(spread, 8000 // k, columns, k, dtype)
            assert_equal(found, 1.0, what="standard deviation, in units of 1/sqrt(k) and rounded,")


@pytest.mark.weight(2)
@pytest.mark.needs("every_linear_layer_and_nothing_else")
def test_special_layers(submission):
    """The model may be a layer itself, layers may be of derived classes, shared, or in double precision."""
    found = submission.run(special_layers, 2)
    assert_equal(found, found | {"alone": 2, "derived": 2, "twice": 2}, what="weights per row that are not 0")
    assert_equal(found["dtype"] == torch.float64, True, what="answer to 'is the weight still float64?'")


@pytest.mark.needs("every_linear_layer_and_nothing_else")
def test_other_layers_keep_their_numbers(submission):
    """Convolutions, embeddings, norms and whatever else is no nn.Linear stay as they are, and so do modes."""
    kept, modes = submission.run(other_layers, 2)
    assert_equal(kept, [True] * 8, what="answers to 'did this parameter keep its numbers?'")
    assert_equal(modes, [False] * 7, what="training flags")


@pytest.mark.needs("refuses_impossible_k")
def test_refuses_and_leaves_alone(submission):
    """A matrix with an impossible k is left as it is; init_model passes the refusal on, if it fills anything."""
    for k in (-1, 0, 5):
        assert_equal(submission.run(refused, k, False), True, what="answer to 'was it refused, and left alone?'")
    for k in (0, -2):
        assert_raises(ValueError, submission.run, refused, k, True)
        assert_equal(submission.run(nothing_to_fill, k), True, what="answer to 'is a model without layers accepted?'")
