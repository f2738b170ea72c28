"""Public checks of fused_softmax: values, large numbers, gaps between rows, launches, legality, errors."""

import pytest
import torch
from d2l_kit.checks import (
    assert_close,
    assert_dtype,
    assert_fast_on_gpu,
    assert_raises,
    assert_shape,
    kernels,
    probe,
)

ONCE = "Read each row once, keep it in registers, and give each row, or each few of them, a program of its own."


def test_worked_example(submission):
    """A row of 0, log 2, log 5 gives 1/8, 2/8, 5/8; another row of four equal numbers quarters."""
    x = torch.tensor([[1.0, 2.0, 5.0, 8.0], [3.0, 3.0, 3.0, 3.0]]).log()
    expected = torch.tensor([[0.0625, 0.125, 0.3125, 0.5], [0.25] * 4])
    assert_close(kernels.launch(submission, "fused_softmax", x).result, expected)


@pytest.mark.weight(2)
def test_any_width(submission, rng):
    """Rows whose length is no power of two, and rows of one element."""
    for rows, columns in ((3, 5), (2, 16), (1, 100), (4, 1)):
        x = rng.normal(rows, columns)
        assert_close(kernels.launch(submission, "fused_softmax", x).result, torch.softmax(x.double(), 1).float())


def test_large_numbers(submission):
    """Numbers of ten thousand, and entries of -inf, give no NaN and no zero where there should be none."""
    inf = float("inf")
    x = torch.tensor([[1e4, 1e4 - 1, -1e4], [-1e4, -1e4 + 2, -1e4], [-inf, 0.5, -inf]])
    expected = torch.softmax(x.double(), 1).float()
    assert_close(kernels.launch(submission, "fused_softmax", x).result, expected, rtol=1e-3)


def test_nothing_but_minus_infinity(submission):
    """A row of nothing but -inf is NaN, the others are as ever."""
    x = torch.full((2, 3), -float("inf"))
    x[1] = torch.tensor([1.0, 2.0, 3.0])
    assert_close(kernels.launch(submission, "fused_softmax", x).result, torch.softmax(x, 1))


@pytest.mark.weight(2)
def test_gaps_between_rows(submission, rng):
    """x may be a part of a wider matrix; the result is contiguous."""
    x = rng.normal(5, 7)
    run = kernels.launch(submission, "fused_softmax", kernels.guarded(x, stride=(12, 1)))
    assert_close(run.result, torch.softmax(x.double(), 1).float())


@pytest.mark.weight(2)
def test_logarithm(submission):
    """With log=True the logarithm is finite where the softmax itself rounds to 0."""
    x = torch.tensor([[1.0, 2.0, 4.0], [0.0, -1e4, 3.0], [200.0, 0.0, -200.0]])
    run = kernels.launch(submission, "fused_softmax", x, log=True)
    assert_close(run.result, torch.log_softmax(x.double(), 1).float())


def test_half_precision(submission, rng):
    """float16 comes back as float16, computed in float32."""
    x = (4 * rng.normal(3, 200)).half()
    run = kernels.launch(submission, "fused_softmax", x)
    assert_dtype(run.result, torch.float16)
    assert_close(run.result.double(), torch.softmax(x.double(), 1), rtol=6e-4, atol=1e-7)


@pytest.mark.needs("any_width")
def test_memory_around(submission, rng):
    """x and all that lies around it and around the result stay as they are."""
    kernels.assert_guards(kernels.launch(submission, "fused_softmax", rng.normal(3, 5)))


@pytest.mark.observed
@pytest.mark.needs("worked_example")
def test_own_elements(submission, rng):
    """The kernel touches elements of its tensors only."""
    x = kernels.guarded(rng.normal(3, 5), stride=(9, 1))
    kernels.assert_clean(kernels.launch(submission, "fused_softmax", x))


@pytest.mark.observed
@pytest.mark.weight(2)
@pytest.mark.needs("worked_example")
def test_one_launch(submission, rng):
    """One kernel does all of it, and torch computes nothing."""
    for log in (False, True):
        run = kernels.launch(submission, "fused_softmax", rng.normal(3, 8), log=log)
        kernels.assert_no_arithmetic(run)
        kernels.assert_one_launch(run)


@pytest.mark.observed
@pytest.mark.needs("worked_example")
def test_compiles(submission, compiler, rng):
    """The kernel compiles for an A100, for both dtypes."""
    for x in (rng.normal(2, 100), rng.normal(2, 3).half()):
        run = kernels.launch(submission, "fused_softmax", x, log=x.dtype == torch.float16)
        kernels.assert_compiles(compiler, run, arch=80)


@pytest.mark.needs("worked_example")
def test_no_rows(submission):
    """Without rows the result is empty."""
    assert_shape(kernels.launch(submission, "fused_softmax", torch.empty(0, 4)).result, (0, 4))


@pytest.mark.needs("worked_example")
def test_what_is_no_matrix(submission, rng):
    """Anything but two axes is refused."""
    for shape in ((4,), (2, 3, 4)):
        assert_raises(ValueError, submission.fused_softmax, rng.normal(*shape), mentions=(str(shape),))


@pytest.mark.needs("worked_example")
def test_rows_too_short_or_too_long(submission):
    """Rows of no element and of more than 4096 are refused."""
    for shape in ((2, 0), (1, 4097)):
        assert_raises(ValueError, submission.fused_softmax, torch.ones(shape), mentions=(str(shape),))


@probe
def softmax_of_torch(module, x):
    """What there is already."""
    return torch.softmax(x, dim=1)


@pytest.mark.needs_gpu
@pytest.mark.observed
@pytest.mark.needs("any_width", "one_launch")
def test_speed(submission, rng):
    """On a GPU it takes at most twice as long as torch's softmax."""
    x = rng.normal(4096, 1024)
    ours = assert_fast_on_gpu(
        submission, "fused_softmax", x, yardstick=softmax_of_torch, what="torch.softmax", times=2.0, help=ONCE
    )
    assert_close(ours, torch.softmax(x, dim=1), rtol=1e-5, atol=1e-6)
