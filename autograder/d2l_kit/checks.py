"""What the author of a chapter's checks imports, from one place."""

from d2l_kit.grading import cuda, kernels
from d2l_kit.grading.asserts import (
    CheckFailed,
    assert_accuracy,
    assert_close,
    assert_dtype,
    assert_equal,
    assert_faster,
    assert_gradients,
    assert_raises,
    assert_shape,
    assert_unchanged,
)
from d2l_kit.grading.evidence import Subject
from d2l_kit.grading.probes import call, probe, vjp
from d2l_kit.grading.ranks import Ranks, assert_alike, assert_every_rank_raises, assert_operations, on_ranks
from d2l_kit.grading.rng import Rng
from d2l_kit.grading.speed import assert_fast_on_gpu

__all__ = [
    "CheckFailed",
    "Ranks",
    "Rng",
    "Subject",
    "assert_accuracy",
    "assert_alike",
    "assert_close",
    "assert_dtype",
    "assert_equal",
    "assert_every_rank_raises",
    "assert_fast_on_gpu",
    "assert_faster",
    "assert_gradients",
    "assert_operations",
    "assert_raises",
    "assert_shape",
    "assert_unchanged",
    "call",
    "cuda",
    "kernels",
    "on_ranks",
    "probe",
    "vjp",
]
