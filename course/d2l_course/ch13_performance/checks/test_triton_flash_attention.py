"""Public checks of flash_attention: values, lse, large scores, causality, memory, launches, legality, errors."""

import pytest
import torch
from d2l_kit.checks import (
    CheckFailed,
    assert_close,
    assert_dtype,
    assert_fast_on_gpu,
    assert_raises,
    assert_shape,
    kernels,
    probe,
)

FAST = "Hand tiles of float16 to tl.dot as they are loaded: queries and keys, and weights as float16 with values."
FULL = 'Products of float32 need tl.dot(..., input_precision="ieee").'


def heads(rng, T, S, D=16, B=1, H=1):
    """Queries, keys and values."""
    return rng.normal(B, H, T, D), rng.normal(B, H, S, D), rng.normal(B, H, S, D)


def truth(q, k, v, causal=False, scale=None):
    """Result and lse in float64, with all scores at once."""
    scores = q.double() @ k.double().transpose(2, 3) * (q.shape[3] ** -0.5 if scale is None else scale)
    if causal:
        scores = scores.masked_fill(torch.ones(scores.shape[2:]).triu(1).bool(), -float("inf"))
    return torch.softmax(scores, 3) @ v.double(), torch.logsumexp(scores, 3)


def attend(submission, q, k, v, **kwargs):
    """A watched call."""
    return kernels.launch(submission, "flash_attention", q, k, v, **kwargs)


def results(run):
    """out and lse."""
    if not isinstance(run.result, tuple | list) or len(run.result) != 2:
        raise CheckFailed("Two tensors should be returned: out and lse.", "Something else was.")
    return run.result


def assert_out(run, expected, rtol=1e-4, atol=1e-5):
    """The first result is right."""
    assert_close(results(run)[0], expected[0].float(), what="out", rtol=rtol, atol=atol)


def assert_lse(run, expected):
    """The second result is right."""
    assert_close(results(run)[1], expected[1].float(), what="lse", rtol=1e-4, atol=1e-5)


def test_worked_example(submission):
    """Scores 0 and log 3 weigh two values by 1/4 and 3/4."""
    q, k, v = torch.zeros(1, 1, 1, 16), torch.zeros(1, 1, 2, 16), torch.zeros(1, 1, 2, 16)
    q[..., 0], k[0, 0, 1, 0] = 4.0, torch.tensor(3.0).log()
    v[0, 0, 0], v[0, 0, 1] = 1.0, torch.arange(16.0)
    out, lse = results(attend(submission, q, k, v))
    assert_close(out, ((1 + 3 * torch.arange(16.0)) / 4).reshape(1, 1, 1, 16), what="out")
    assert_close(lse, torch.tensor(4.0).log().reshape(1, 1, 1), what="lse")


@pytest.mark.weight(3)
@pytest.mark.needs("worked_example")
def test_any_length(submission, rng):
    """Queries and keys that fill their blocks, or do not, and more than one block of them."""
    for T, S in ((32, 64), (40, 70), (1, 33), (17, 1)):
        args = heads(rng, T, S)
        assert_out(attend(submission, *args), truth(*args))


@pytest.mark.needs("worked_example")
def test_lse(submission, rng):
    """lse is the natural logarithm of the sum of all exp(score)."""
    args = heads(rng, 18, 70)
    assert_lse(attend(submission, *args), truth(*args))


@pytest.mark.weight(2)
@pytest.mark.needs("worked_example")
def test_heads(submission, rng):
    """Several sequences with several heads, of other sizes D."""
    for D, B, H in ((32, 2, 3), (64, 3, 1)):
        args = heads(rng, 5, 9, D, B, H)
        run = attend(submission, *args)
        assert_out(run, truth(*args))
        assert_lse(run, truth(*args))


@pytest.mark.weight(2)
@pytest.mark.needs("any_length")
def test_large_scores(submission, rng):
    """Scores in the thousands, the largest in the first block of keys, in the last, or anywhere."""
    q, k, v = heads(rng, 10, 90)
    run = attend(submission, 500 * q, k, v)
    assert_out(run, truth(500 * q, k, v), atol=2e-3)
    slope = torch.linspace(0.0, 40.0, 90).reshape(1, 1, 90, 1) * torch.ones(16)
    for keys in (slope, -slope):
        run = attend(submission, q.abs() + 1, keys, v)
        assert_out(run, truth(q.abs() + 1, keys, v), atol=1e-3)


@pytest.mark.needs("worked_example")
def test_scale(submission, rng):
    """Scores are multiplied by the scale that is given, 0 too."""
    args = heads(rng, 5, 8)
    for scale in (1.5, 0.0):
        assert_out(attend(submission, *args, scale=scale), truth(*args, scale=scale))


@pytest.mark.weight(3)
@pytest.mark.needs("any_length")
def test_causal(submission, rng):
    """A query attends to its own key and the earlier ones."""
    for n in (45, 1):
        args = heads(rng, n, n)
        run = attend(submission, *args, causal=True)
        assert_out(run, truth(*args, causal=True))
        assert_lse(run, truth(*args, causal=True))


@pytest.mark.needs("causal")
def test_blocks(submission, rng):
    """Blocks of other sizes, of queries and of keys, give the same."""
    args = heads(rng, 40, 40)
    for block_m, block_n in ((16, 32), (64, 16)):
        for causal in (False, True):
            run = attend(submission, *args, causal=causal, BLOCK_M=block_m, BLOCK_N=block_n)
            assert_out(run, truth(*args, causal=causal))


@pytest.mark.weight(3)
@pytest.mark.needs("causal")
def test_later_blocks_are_skipped(submission, rng):
    """What stands in blocks of keys that no query of a program may see, even NaN, does not reach its result."""
    q, k, v = heads(rng, 64, 64)
    expected = truth(q, k, v, causal=True)
    k[:, :, 32:], v[:, :, 32:] = float("nan"), float("nan")
    out, _lse = results(attend(submission, q, k, v, causal=True, BLOCK_M=32, BLOCK_N=16))
    assert_shape(out, tuple(q.shape))
    assert_close(out[:, :, :32], expected[0][:, :, :32].float(), what="out of the first queries", rtol=1e-4, atol=1e-5)


@pytest.mark.weight(2)
@pytest.mark.needs("any_length")
def test_half_precision(submission, rng):
    """float16 comes back as float16, with lse and all that is kept for the softmax in float32."""
    q, k, v = (each.half() for each in heads(rng, 20, 100))
    out, lse = results(attend(submission, 40 * q, k, v))
    assert_dtype(out, torch.float16)
    assert_dtype(lse, torch.float32)
    expected = truth(40 * q, k, v)
    assert_close(out.double(), expected[0], what="out", rtol=2e-3, atol=4e-3)
    assert_close(lse.double(), expected[1], what="lse", rtol=0.0, atol=1e-2)


@pytest.mark.needs("heads")
def test_views(submission, rng):
    """q, k and v may be views of any strides: permuted [B, T, H, D], or each of its own."""
    args = heads(rng, 5, 7, B=2, H=2)
    permuted = [(each.shape[2] * 32, 16, 32, 1) for each in args]
    for strides in (permuted, [(1, 2, 5, 26), (1, 3, 5, 41), (2, 4, 8, 57)]):
        sent = [kernels.guarded(each, stride=stride) for each, stride in zip(args, strides, strict=True)]
        assert_out(attend(submission, *sent), truth(*args))


@pytest.mark.needs("any_length")
def test_memory_around(submission, rng):
    """The arguments and all that lies around them and around the results stay as they are."""
    kernels.assert_guards(attend(submission, *heads(rng, 18, 40)))


@pytest.mark.observed
@pytest.mark.needs("any_length")
def test_own_elements(submission, rng):
    """The kernel touches elements of its tensors only, and no two programs write to the same place."""
    kernels.assert_clean(attend(submission, *heads(rng, 35, 40)))
    kernels.assert_clean(attend(submission, *heads(rng, 5, 5, B=2, H=2), causal=True))


@pytest.mark.observed
@pytest.mark.weight(3)
@pytest.mark.needs("worked_example")
def test_one_launch(submission, rng):
    """One kernel does all of it, shared out among programs, and torch computes nothing."""
    run = attend(submission, *heads(rng, 40, 9, H=2))
    kernels.assert_no_arithmetic(run)
    kernels.assert_one_launch(run, programs=2)


@pytest.mark.observed
@pytest.mark.weight(3)
@pytest.mark.needs("any_length")
def test_no_score_matrix(submission, rng):
    """Nothing is made that could hold all scores, or half of them."""
    run = attend(submission, *heads(rng, 128, 128), BLOCK_M=64, BLOCK_N=64)
    kernels.assert_no_tensor_of(run, 128 * 64, "half of the scores")


@pytest.mark.observed
@pytest.mark.weight(2)
@pytest.mark.needs("any_length")
def test_blocks_of_keys(submission, rng):
    """However many keys there are, a program holds no more of them than a block."""
    run = attend(submission, *heads(rng, 5, 200), BLOCK_M=16, BLOCK_N=64)
    kernels.assert_in_tiles(run, 64 * 16, "a block of queries and one of keys")


@pytest.mark.observed
@pytest.mark.needs("any_length", "heads", "own_elements", "one_launch")
def test_compiles(submission, compiler, rng):
    """The kernel compiles for an A100 with float16, and for an H100, in full precision, with float32."""
    args = heads(rng, 5, 9)
    half = attend(submission, *(each.half() for each in args), BLOCK_M=16, BLOCK_N=16)
    kernels.assert_compiles(compiler, half, arch=80)
    run = attend(submission, *(each[:, :, :5] for each in args), causal=True, BLOCK_M=16, BLOCK_N=16)
    kernels.assert_compiles(compiler, run, arch=90, lacks=[".tf32"], help=FULL)


@pytest.mark.needs("worked_example")
def test_sizes_of_heads(submission):
    """A size D of the heads other than 16, 32 and 64 is refused."""
    for D in (8, 24, 128):
        q = torch.ones(1, 1, 3, D)
        assert_raises(ValueError, kernels.launch, submission, "flash_attention", q, q, q, mentions=(str(D),))


@pytest.mark.needs("worked_example")
def test_shapes_that_do_not_fit(submission):
    """Keys and values that do not fit the queries, or each other, are refused."""
    q = torch.ones(2, 3, 4, 16)
    for shape in ((1, 3, 4, 16), (2, 1, 4, 16), (2, 3, 4, 32)):
        other = torch.ones(shape)
        wanted = (str(tuple(q.shape)), str(shape))
        assert_raises(ValueError, kernels.launch, submission, "flash_attention", q, other, other, mentions=wanted)
    for shape in ((2, 3, 5, 16), (2, 3, 4, 32), (2, 1, 4, 16)):
        assert_raises(
            ValueError, kernels.launch, submission, "flash_attention", q, q, torch.ones(shape), mentions=(str(shape),)
        )


@pytest.mark.needs("worked_example")
def test_causal_with_other_lengths(submission, rng):
    """Causal attention of as many queries as keys only; others are refused."""
    for T, S in ((4, 5), (5, 4)):
        q, k, v = heads(rng, T, S)
        wanted = (str(tuple(q.shape)), str(tuple(k.shape)))
        assert_raises(ValueError, kernels.launch, submission, "flash_attention", q, k, v, causal=True, mentions=wanted)


@probe
def attention_of_torch(module, q, k, v):
    """Attention in three steps, with all scores in memory."""
    return torch.softmax(q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5, dim=-1) @ v


@pytest.mark.needs_gpu
@pytest.mark.observed
@pytest.mark.needs("half_precision", "blocks", "one_launch")
def test_speed(submission, rng):
    """On a GPU it takes at most 0.6 of the time of attention that keeps all scores in memory."""
    q, k, v = (rng.normal(4, 8, 2048, 64).half() for _ in range(3))
    out, _lse = assert_fast_on_gpu(
        submission, "flash_attention", q, k, v, yardstick=attention_of_torch, what="attention in three steps",
        times=0.6, help=FAST, BLOCK_M=64, BLOCK_N=64,
    )  # fmt: skip
    expected, _ = truth(q[:1, :1], k[:1, :1], v[:1, :1])
    assert_close(out[:1, :1].double(), expected, rtol=1e-2, atol=1e-2)
