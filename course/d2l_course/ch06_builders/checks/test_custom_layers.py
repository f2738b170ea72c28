"""Public checks of ch06/custom_layers."""

import pytest
import torch
from d2l_kit.checks import assert_close, assert_equal, probe


@probe
def centred(module, X, *dims):
    """The layer's output; without a dim, with the one it takes by itself."""
    return module.CenteredLayer(*dims)(X)


@probe
def centred_and_kept(module, X):
    """The output, the input afterwards, and what the layer holds: parameters and state, and any tensor."""
    layer = module.CenteredLayer()
    Y = layer(X)
    kept = sorted({name for name, _ in layer.named_parameters()} | set(layer.state_dict()))
    tensors = {name for name, value in vars(layer).items() if isinstance(value, torch.Tensor)}
    return {"Y": Y, "X": X, "kept": kept, "tensors": sorted(tensors | {name for name, _ in layer.named_buffers()})}


@probe
def centred_backwards(module, X, cotangent):
    """The gradient that reaches X."""
    X = X.clone().requires_grad_()
    Y = module.CenteredLayer()(X + 0)
    if not Y.requires_grad:
        return None
    (Y * cotangent).sum().backward()
    return X.grad


@probe
def quadratic(module, X, W, b):
    """Names and shapes of parameters and state, and the output with these weights if they fit."""
    layer = module.QuadraticLayer(W.shape[1], W.shape[0])
    state = {"weight": W, "bias": b}
    shapes = sorted((name, list(p.shape)) for name, p in layer.named_parameters())
    fits = {name: list(t.shape) for name, t in layer.state_dict().items()} == {
        n: list(t.shape) for n, t in state.items()
    }
    if fits:
        layer.load_state_dict(state)
    return {"shapes": shapes, "state": sorted(layer.state_dict()), "Y": layer(X).detach() if fits else None}


@probe
def quadratic_backwards(module, X, W, b, cotangent):
    """The gradients for the weight and the bias."""
    layer = module.QuadraticLayer(W.shape[1], W.shape[0])
    layer.load_state_dict({"weight": W, "bias": b})
    Y = layer(X)
    if Y.requires_grad:
        (Y * cotangent).sum().backward()
    return {"weight": layer.weight.grad, "bias": layer.bias.grad}


@probe
def fresh(module, n_in, n_out):
    """Mean and spread of a new layer's weight, counts of different numbers, and the largest bias."""
    layer = module.QuadraticLayer(n_in, n_out)
    W, b = layer.weight.detach(), layer.bias.detach()
    likeness = (W * W.mT).mean() / W.square().mean()  # 1 if W_k is symmetric, near 0 if its numbers are independent
    return {
        "mean": W.mean(), "std": W.std(), "bias": b.abs().max(),
        "different": len(W.unique()) > W.numel() // 2, "mirrored": likeness.abs().item() > 0.3,
    }  # fmt: skip


@probe
def operators(module, X, n_out):
    """How many of torch's operators a call of QuadraticLayer calls."""
    from torch.overrides import TorchFunctionMode

    class Counter(TorchFunctionMode):
        count = 0

        def __torch_function__(self, function, types, args=(), kwargs=None):
            self.count += 1
            return function(*args, **(kwargs or {}))

    layer = module.QuadraticLayer(X.shape[-1], n_out)
    with Counter() as counter:
        layer(X)
    return counter.count


def forms(X, W, b):
    """x^T W_k x + b_k, by way of the outer product of x with itself."""
    outer = X[..., :, None] * X[..., None, :]
    return outer.flatten(-2) @ W.flatten(1).T + b


@pytest.mark.weight(2)
def test_centres_rows(submission):
    """Without a dim, the mean of each row is taken away: [1, 2, 6] becomes [-2, -1, 3]."""
    found = submission.run(centred, torch.tensor([[1.0, 2.0, 6.0], [0.0, 4.0, 2.0]]))
    assert_close(found, torch.tensor([[-2.0, -1.0, 3.0], [-2.0, 2.0, 0.0]]), what="output of CenteredLayer()")


@pytest.mark.weight(2)
@pytest.mark.needs("centres_rows")
def test_centres_other_axes(submission, rng):
    """dim may be 0, 1, or (0, 1): then one mean of all is taken away."""
    X = rng.normal(4, 4, mean=2.0)
    for dim in (0, 1, (0, 1)):
        expected = X - X.mean(dim, keepdim=True)
        assert_close(submission.run(centred, X, dim), expected, what=f"output of CenteredLayer({dim})")


@pytest.mark.needs("centres_rows")
def test_centring_keeps_nothing(submission, rng):
    """CenteredLayer has no parameters and no state, holds no tensor after a call, and leaves its input as it is."""
    X = rng.normal(3, 5, mean=1.0)
    found = submission.run(centred_and_kept, X)
    assert_equal(found["kept"], [], what="names of the layer's parameters and state")
    assert_equal(found["tensors"], [], what="names of the tensors that the layer holds after a call")
    assert_close(found["X"], X, what="input after the call")
    assert_close(found["Y"], X - X.mean(-1, keepdim=True), what="output")


@pytest.mark.needs("centres_rows")
def test_centring_backwards(submission, rng):
    """Gradients flow through the mean, too: what comes from above loses its own mean."""
    X, cotangent = rng.normal(3, 5), rng.normal(3, 5, mean=1.0)
    found = submission.run(centred_backwards, X, cotangent)
    assert_close(found, cotangent - cotangent.mean(-1, keepdim=True), what="gradient for the input")


@pytest.mark.weight(3)
def test_quadratic_worked_example(submission):
    """x = (2, 1) gives 11.5 and 5; the parameters are weight [2, 2, 2] and bias [2]."""
    W = torch.tensor([[[1.0, 2.0], [0.0, 3.0]], [[0.0, 1.0], [1.0, 2.0]]])
    X, b = torch.tensor([[2.0, 1.0], [-1.0, 3.0]]), torch.tensor([0.5, -1.0])
    found = submission.run(quadratic, X, W, b)
    assert_equal(found["shapes"], [("bias", [2]), ("weight", [2, 2, 2])], what="parameters of QuadraticLayer(2, 2)")
    assert_equal(found["state"], ["bias", "weight"], what="names in its state_dict")
    assert_close(found["Y"], torch.tensor([[11.5, 5.0], [22.5, 11.0]]), what="output")


@pytest.mark.weight(2)
@pytest.mark.needs("quadratic_worked_example")
def test_quadratic_of_any_leading_shape(submission, rng):
    """One example, a batch, and a batch of batches give one output for each form and example."""
    W, b = rng.normal(2, 3, 3), rng.normal(2)
    for shape in ((3,), (4, 3), (2, 5, 3)):
        X = rng.normal(*shape)
        assert_close(submission.run(quadratic, X, W, b)["Y"], forms(X, W, b), what=f"output for an input {list(shape)}")


@pytest.mark.weight(2)
@pytest.mark.needs("quadratic_worked_example")
def test_quadratic_backwards(submission, rng):
    """The gradient of W_k is the sum of x x^T, that of b_k the number of examples, each as weighted from above."""
    X, W, b, cotangent = rng.normal(4, 3), rng.normal(2, 3, 3), rng.normal(2), rng.normal(4, 2)
    found = submission.run(quadratic_backwards, X, W, b, cotangent)
    assert found["weight"] is not None, "no gradient reached the weight"
    assert found["bias"] is not None, "no gradient reached the bias"
    assert_close(found["weight"], torch.einsum("nk,ni,nj->kij", cotangent, X, X), what="gradient for the weight")
    assert_close(found["bias"], cotangent.sum(0), what="gradient for the bias")


@pytest.mark.needs("quadratic_worked_example")
def test_quadratic_starts_at_random(submission):
    """A new layer's weight is random, of mean 0 and standard deviation 1 / in_features; its bias is 0."""
    found = submission.run(fresh, 20, 30)
    assert_close(found["std"], 1 / 20, rtol=0.08, what="standard deviation of the weight of QuadraticLayer(20, 30)")
    assert_close(found["mean"], 0.0, atol=0.005, trivial=True, what="mean of the weight")
    assert_equal(found["different"], True, what="numbers of the weight, different from each other?")
    assert_equal(found["mirrored"], False, what="answer to 'do W_k[i, j] and W_k[j, i] depend on each other?'")
    assert_close(found["bias"], 0.0, trivial=True, what="largest number of the bias")


@pytest.mark.observed
@pytest.mark.needs("quadratic_worked_example")
def test_quadratic_without_a_loop(submission, rng):
    """More examples, more features and more forms are not more calls of torch's operators."""
    few = submission.run(operators, rng.normal(2, 3), 4)
    for shape, n_out, what in (((60, 3), 4, "60 examples"), ((2, 50), 4, "50 features"), ((2, 3), 60, "60 forms")):
        many = submission.run(operators, rng.normal(*shape), n_out)
        assert many < few + 20, f"with {what} there is a call for each of them, as in a Python loop: use one product"
