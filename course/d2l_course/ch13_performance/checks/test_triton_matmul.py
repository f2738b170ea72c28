"""Public checks of matmul: values, strides, the epilogue, precision, memory, launches, legality, errors."""

import pytest
import torch
from d2l_kit.checks import assert_close, assert_dtype, assert_fast_on_gpu, assert_raises, kernels, probe

BLOCKS = ("BLOCK_M", "BLOCK_N", "BLOCK_K")
CORES = "Hand tiles of float16 to tl.dot as they are loaded; the sum is float32 all the same."
TILES = (
    "There should be as many programs as tiles of the result, or as multiprocessors; operands go to tl.dot as loaded."
)
FULL = 'Products of float32 need tl.dot(..., input_precision="ieee").'


def operands(rng, m, k, n):
    """Two matrices, and their product in float64."""
    a, b = rng.normal(m, k), rng.normal(k, n)
    return a, b, a.double() @ b.double()


def towering(rng, m, k, n):
    """float16 whose partial sums are far beyond float16, while the sums are whole numbers within."""
    a, b = rng.integers(200, 250, m, k), rng.integers(200, 250, k, n)
    a = torch.cat([a, a], dim=1).half()
    b = torch.cat([b, rng.integers(-2, 3, k, n) - b]).half()
    return a, b, a.double() @ b.double()


def test_worked_example(submission):
    """Two matrices of whole numbers."""
    a = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, -6.0]])
    b = torch.tensor([[1.0, 0.0], [2.0, 1.0], [3.0, -1.0]])
    run = kernels.launch(submission, "matmul", a, b)
    assert_close(run.result, torch.tensor([[14.0, -1.0], [-4.0, 11.0]]))


@pytest.mark.weight(3)
def test_any_size(submission, rng):
    """Sizes that are one block, less than one, and several with some left over."""
    for m, k, n in ((16, 16, 16), (33, 40, 17), (10, 5, 70), (1, 64, 5)):
        a, b, product = operands(rng, m, k, n)
        assert_close(kernels.launch(submission, "matmul", a, b).result, product.float(), rtol=1e-4, atol=1e-4)


@pytest.mark.weight(2)
@pytest.mark.needs("worked_example")
def test_strides(submission, rng):
    """Transposed matrices, and parts of larger ones."""
    a, b, product = operands(rng, 20, 37, 18)
    for a_stride, b_stride in (((1, 20), (18, 1)), ((37, 1), (1, 37)), ((53, 1), (20, 1)), ((2, 41), (3, 125))):
        sent = kernels.guarded(a, stride=a_stride), kernels.guarded(b, stride=b_stride)
        assert_close(kernels.launch(submission, "matmul", *sent).result, product.float(), rtol=1e-4, atol=1e-4)


@pytest.mark.needs("worked_example")
def test_bias(submission, rng):
    """The bias is added once to each row, also where it is a view with a stride."""
    a, b, product = operands(rng, 18, 50, 21)
    bias = 5 * rng.normal(21)
    for sent in (bias, kernels.guarded(bias, stride=(3,))):
        run = kernels.launch(submission, "matmul", a, b, bias=sent)
        assert_close(run.result, (product + bias).float(), rtol=1e-4, atol=1e-4)


@pytest.mark.needs("worked_example")
def test_activation(submission, rng):
    """relu comes after the bias, and only where it is asked for."""
    a, b, product = operands(rng, 18, 20, 33)
    bias = 5 * rng.normal(33)
    run = kernels.launch(submission, "matmul", a, b, bias, "relu")
    assert_close(run.result, torch.relu(product + bias).float(), rtol=1e-4, atol=1e-4)
    run = kernels.launch(submission, "matmul", a, b, activation="relu")
    assert_close(run.result, torch.relu(product).float(), rtol=1e-4, atol=1e-4)


@pytest.mark.weight(2)
@pytest.mark.needs("worked_example")
def test_half_precision(submission, rng):
    """float16 comes back as float16, though on the way the sums are larger than any float16."""
    a, b, product = towering(rng, 17, 96, 18)
    run = kernels.launch(submission, "matmul", a, b)
    assert_dtype(run.result, torch.float16)
    assert_close(run.result.double(), product, rtol=1e-3, atol=1e-3)


@pytest.mark.needs("half_precision")
def test_rounded_once(submission):
    """The bias is added to the float32 sum, before that is rounded to float16."""
    a, b = torch.ones(16, 33).half(), torch.full((33, 16), 62.0).half()
    a[:, 0] = 65.0  # 32 * 62 + 65 * 62 = 6014, of which float16 has only every fourth number
    run = kernels.launch(submission, "matmul", a, b, torch.full((16,), -6000.0).half())
    assert_close(run.result, torch.full((16, 16), 14.0).half())


@pytest.mark.needs("any_size")
def test_blocks(submission, rng):
    """Blocks of other sizes, each different from the others, give the same."""
    a, b, product = operands(rng, 40, 20, 20)
    for block_m, block_n, block_k in ((16, 32, 64), (64, 16, 32), (32, 64, 16)):
        run = kernels.launch(submission, "matmul", a, b, BLOCK_M=block_m, BLOCK_N=block_n, BLOCK_K=block_k)
        assert_close(run.result, product.float(), rtol=1e-4, atol=1e-4)


@pytest.mark.needs("any_size")
def test_memory_around(submission, rng):
    """The arguments and all that lies around them and around the result stay as they are."""
    a, b, _product = operands(rng, 18, 20, 21)
    kernels.assert_guards(kernels.launch(submission, "matmul", a, b, rng.normal(21)))


@pytest.mark.observed
@pytest.mark.weight(2)
@pytest.mark.needs("any_size")
def test_own_elements(submission, rng):
    """The kernel touches elements of its tensors only, and no two programs write to the same place."""
    a, b, _product = operands(rng, 18, 40, 33)
    bias = kernels.guarded(rng.normal(33), stride=(2,))
    kernels.assert_clean(kernels.launch(submission, "matmul", a, b, bias, "relu"))
    a, b = kernels.guarded(a, stride=(1, 19)), kernels.guarded(b, stride=(35, 1))
    kernels.assert_clean(kernels.launch(submission, "matmul", a, b))


@pytest.mark.observed
@pytest.mark.weight(3)
@pytest.mark.needs("worked_example")
def test_one_launch(submission, rng):
    """One kernel does all of it, and torch computes nothing."""
    a, b, _product = operands(rng, 18, 20, 21)
    run = kernels.launch(submission, "matmul", a.half(), b.half(), rng.normal(21).half(), "relu")
    kernels.assert_no_arithmetic(run)
    kernels.assert_one_launch(run)


@pytest.mark.observed
@pytest.mark.weight(2)
@pytest.mark.needs("worked_example")
def test_no_copies(submission, rng):
    """Matrices with any strides are read where they lie, and the result is written as it is returned."""
    a, b, _product = operands(rng, 18, 20, 21)
    for dtype in (torch.float32, torch.float16):
        sent = kernels.guarded(a.to(dtype), stride=(1, 19)), kernels.guarded(b.to(dtype), stride=(1, 24))
        kernels.assert_no_copies(kernels.launch(submission, "matmul", *sent, rng.normal(21).to(dtype), "relu"))


@pytest.mark.observed
@pytest.mark.needs("any_size")
def test_several_programs(submission, rng):
    """Several programs share out the tiles."""
    a, b, _product = operands(rng, 40, 20, 50)
    kernels.assert_one_launch(kernels.launch(submission, "matmul", a, b), programs=2)


@pytest.mark.observed
@pytest.mark.needs("any_size")
def test_tiles(submission, rng):
    """However long the rows of a are, a program holds no more of them than a tile."""
    a, b, _product = operands(rng, 5, 1000, 7)
    run = kernels.launch(submission, "matmul", a, b, BLOCK_M=16, BLOCK_N=16, BLOCK_K=128)
    kernels.assert_in_tiles(run, 16 * 128, "a tile of a and one of b")


@pytest.mark.observed
@pytest.mark.needs("any_size", "strides", "half_precision", "own_elements", "one_launch")
def test_tensor_cores(submission, compiler, rng):
    """For float16 the kernel compiles for an A100 into instructions of its tensor cores."""
    a, b, _product = operands(rng, 20, 40, 35)
    run = kernels.launch(submission, "matmul", a.half(), b.half(), rng.normal(35).half(), "relu")
    kernels.assert_compiles(compiler, run, arch=80, contains=["mma.sync"], help=CORES)


@pytest.mark.observed
@pytest.mark.needs("any_size", "strides", "bias", "activation", "own_elements", "one_launch")
def test_full_precision(submission, compiler, rng):
    """For float32 it compiles for an H100 into instructions that do not round their operands."""
    a, b, _product = operands(rng, 20, 40, 35)
    run = kernels.launch(submission, "matmul", a, b, BLOCK_M=16, BLOCK_N=16, BLOCK_K=16)
    kernels.assert_compiles(compiler, run, arch=90, lacks=[".tf32"], help=FULL)


@pytest.mark.needs("worked_example")
def test_nothing_along(submission, rng):
    """Without products each row is the bias, after the activation."""
    bias = rng.normal(5)
    run = kernels.launch(submission, "matmul", torch.empty(3, 0), torch.empty(0, 5), bias, "relu")
    assert_close(run.result, torch.relu(bias).expand(3, 5).contiguous())


@pytest.mark.needs("worked_example")
def test_shapes_that_do_not_fit(submission):
    """Shapes that cannot be multiplied are refused."""
    for left, right in (((3, 4), (5, 6)), ((4,), (4, 2)), ((2, 3, 4), (4, 2)), ((3, 4), (4,))):
        a, b = torch.ones(left), torch.ones(right)
        assert_raises(ValueError, kernels.launch, submission, "matmul", a, b, mentions=(str(left), str(right)))


@pytest.mark.needs("worked_example")
def test_bias_that_does_not_fit(submission):
    """A bias that is not [N] is refused."""
    a, b = torch.ones(3, 4), torch.ones(4, 6)
    for shape in ((3,), (1,), (1, 6), (6, 1)):
        assert_raises(ValueError, kernels.launch, submission, "matmul", a, b, torch.ones(shape), mentions=(str(shape),))


@pytest.mark.needs("worked_example")
def test_unknown_activation(submission):
    """An activation that is not known is refused."""
    for name in ("gelu", "sigmoid"):
        assert_raises(ValueError, submission.matmul, torch.ones(2, 3), torch.ones(3, 2), None, name, mentions=(name,))


@pytest.mark.needs("worked_example")
def test_blocks_that_are_not_allowed(submission):
    """A block that is no power of two, or less than 16, is refused."""
    a, b = torch.ones(2, 3), torch.ones(3, 2)
    for block in (24, 8, 0, -16):
        for name in BLOCKS:
            assert_raises(ValueError, submission.matmul, a, b, **{name: block}, mentions=(str(block),))


@probe
def product_of_torch(module, a, b, **_blocks):
    """What there is already: cuBLAS."""
    return a @ b


@pytest.mark.needs_gpu
@pytest.mark.observed
@pytest.mark.needs("half_precision", "blocks", "tensor_cores")
def test_speed(submission, rng):
    """On a GPU it takes at most four times as long as cuBLAS, for matrices of float16 and large blocks."""
    a, b = rng.normal(2048, 2048).half(), rng.normal(2048, 2048).half()
    blocks = {"BLOCK_M": 128, "BLOCK_N": 128, "BLOCK_K": 32}
    ours = assert_fast_on_gpu(
        submission, "matmul", a, b, yardstick=product_of_torch, what="cuBLAS", times=4.0, help=TILES, **blocks
    )
    assert_close(ours.float(), a.float() @ b.float(), rtol=2e-3, atol=0.1)
