"""Hidden checks of flash_attention: other shapes and strides, how much a causal mask saves, the order of programs."""

import pytest
from d2l_course.ch13_performance.checks.test_triton_flash_attention import (
    assert_lse,
    assert_out,
    attend,
    heads,
    results,
    truth,
)
from d2l_kit.checks import CheckFailed, assert_close, kernels


@pytest.mark.weight(3)
@pytest.mark.needs("any_length")
def test_other_shapes(submission, rng):
    """Other lengths, heads and strides, with and without a causal mask."""
    for causal in (False, True):
        T, D, B, H = rng.integers(2, 50), rng.choice([16, 32, 64]), rng.integers(1, 3), rng.integers(1, 3)
        S = T if causal else rng.integers(2, 60)
        q, k, v = heads(rng, T, S, D, B, H)
        scale = rng.integers(1, 9) / 10
        sent = kernels.guarded(q, stride=(T * H * D, D, H * D, 1)), kernels.guarded(k, stride=(S * H * D, D, H * D, 1))
        run = attend(submission, *sent, v, causal=causal, scale=scale)
        expected = truth(q, k, v, causal, scale)
        assert_out(run, expected)
        assert_lse(run, expected)


@pytest.mark.weight(2)
@pytest.mark.needs("half_precision")
def test_many_keys(submission, rng):
    """Hundreds of keys that count alike: the sum grows beyond any float16, and becomes small again."""
    q, k, v = heads(rng, 9, 700)
    v[:, :, :350] += 400
    v[:, :, 350:] -= 400
    args = (0.1 * q).half(), k.half(), v.half()
    out, lse = results(attend(submission, *args, BLOCK_N=64))
    assert_close(out.double(), truth(*args)[0], what="out", rtol=1e-3, atol=2e-2)
    assert_close(lse.double(), truth(*args)[1], what="lse", rtol=0.0, atol=1e-3)


@pytest.mark.observed
@pytest.mark.needs("causal")
def test_causal_saves_steps(submission, rng):
    """Under a causal mask the kernel takes little more than half of the steps."""
    args = heads(rng, 64, 64)
    counts = []
    for causal in (False, True):
        run = attend(submission, *args, causal=causal, BLOCK_M=16, BLOCK_N=16)
        kernels.assert_one_launch(run)
        counts.append((run.launches[0]["loads"], run.launches[0]["dots"]))
    for (full, half), what in zip(zip(*counts, strict=True), ("tiles are loaded", "tiles are multiplied"), strict=True):
        if half > 0.75 * full:
            raise CheckFailed(
                "With four blocks of queries and four of keys, 10 of the 16 pairs are not hidden by a causal mask.",
                f"With it {half} {what}, without it {full}.",
                help="End the loop over the keys where the last query of the block is.",
            )


@pytest.mark.needs("any_length")
def test_any_order(submission, rng):
    """The programs of the launch may run in any order."""
    args = heads(rng, rng.integers(33, 50), rng.integers(5, 30), H=2)
    for order in kernels.ORDERS:
        assert_out(attend(submission, *args, order=order), truth(*args))


@pytest.mark.observed
@pytest.mark.needs("any_length")
def test_own_elements_elsewhere(submission, rng):
    """Whatever the shape and the strides, the kernel touches elements of its tensors only."""
    n = rng.integers(33, 45)
    q, k, v = heads(rng, n, n)
    sent = kernels.guarded(q, stride=(1, 1, 19, 1)), kernels.guarded(k, stride=(1, 1, 1, n + 3)), v
    kernels.assert_clean(attend(submission, *sent, causal=True, BLOCK_M=16, BLOCK_N=32))
