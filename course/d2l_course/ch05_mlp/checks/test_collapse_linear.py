"""Public checks of ch05/collapse_linear."""

import pytest
import torch
from d2l_kit.checks import CheckFailed, assert_close, assert_raises, probe


@probe
def collapse_and_look(module, layers):
    """The layers as they are after the call, the result, and whether it shares memory with them."""
    W, b = module.collapse_linear(layers)
    mine = {t.untyped_storage().data_ptr() for t in (W, b)}
    theirs = {t.untyped_storage().data_ptr() for pair in layers for t in pair}
    return layers, (W, b), bool(mine & theirs)


def layer(rng, o, i):
    return rng.normal(o, i, dtype=torch.float64), rng.normal(o, dtype=torch.float64)


def test_worked_by_hand(submission):
    """3 (2 x + 1) + 5 is 6 x + 8."""
    layers = [(torch.tensor([[2.0]]), torch.tensor([1.0])), (torch.tensor([[3.0]]), torch.tensor([5.0]))]
    assert_close(submission.collapse_linear(layers), (torch.tensor([[6.0]]), torch.tensor([8.0])), what="(W, b)")


@pytest.mark.weight(3)
@pytest.mark.needs("worked_by_hand")
def test_same_as_the_layers_one_after_the_other(submission, rng):
    """Three layers, square or of different sizes, collapse into one that gives the same for every input."""
    for sizes in [(3, 3, 3, 3), (4, 6, 2, 5)]:
        layers = [layer(rng, o, i) for i, o in zip(sizes, sizes[1:], strict=False)]
        (W1, b1), (W2, b2), (W3, b3) = layers
        expected = W3 @ W2 @ W1, W3 @ (W2 @ b1 + b2) + b3
        assert_close(submission.collapse_linear(layers), expected, rtol=1e-9, what="(W, b)")


@pytest.mark.needs("worked_by_hand")
def test_a_single_layer(submission, rng):
    """A single layer comes back as it is."""
    W, b = layer(rng, 3, 2)
    assert_close(submission.collapse_linear([(W, b)]), (W, b), what="(W, b)")


@pytest.mark.needs("worked_by_hand")
def test_layers_are_left_alone(submission, rng):
    """The layers are unchanged after the call, and the result has memory of its own."""
    for layers in ([layer(rng, 3, 3) for _ in range(3)], [layer(rng, 2, 4)]):
        after, result, shared = submission.run(collapse_and_look, layers)
        assert_close(after, layers, what="layers after the call")
        assert_close(result[0].shape[1], layers[0][0].shape[1], what="number of inputs")
        if shared:
            raise CheckFailed("W and b should be new tensors.", "They share memory with a layer.")


@pytest.mark.needs("worked_by_hand")
def test_refuses_layers_that_do_not_fit(submission, rng):
    """An empty list is a ValueError; so are neighbours that do not fit, and the message names both sizes."""
    assert_raises(ValueError, submission.collapse_linear, [])
    layers = [layer(rng, 4, 3), layer(rng, 7, 4), layer(rng, 2, 9)]
    assert_raises(ValueError, submission.collapse_linear, layers, mentions=("7", "9"))
