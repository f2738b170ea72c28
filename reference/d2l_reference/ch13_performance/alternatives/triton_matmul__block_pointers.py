import torch
import triton
import triton.language as tl
from torch import Tensor

PROGRAMS = 4  # where they are interpreted


@triton.jit
def tiles(A, B, C, BIAS, M, N, K, am, ak, bk, bn, bias_step, RELU: tl.constexpr, BM: tl.constexpr, BN: tl.constexpr, BK: tl.constexpr):  # fmt: skip # noqa: E501
    # each program does several tiles, one after the other
    wide = tl.cdiv(N, BN)
    for tile in range(tl.program_id(0), tl.cdiv(M, BM) * wide, tl.num_programs(0)):
        top = tile // wide * BM
        left = tile % wide * BN
        a_tile = tl.make_block_ptr(A, (M, K), (am, ak), (top, 0), (BM, BK), (1, 0))
        b_tile = tl.make_block_ptr(B, (K, N), (bk, bn), (0, left), (BK, BN), (1, 0))
        columns = left + tl.arange(0, BN)
        acc = tl.zeros((BM, BN), tl.float32)
        if BIAS is not None:
            acc += tl.load(BIAS + columns * bias_step, columns < N, 0.0)[None, :]
        for _ in range(0, K, BK):
            a = tl.load(a_tile, boundary_check=(0, 1), padding_option="zero")
            b = tl.load(b_tile, boundary_check=(0, 1), padding_option="zero")
            acc = tl.dot(a, b, acc, input_precision="ieee")
            a_tile = tl.advance(a_tile, (0, BK))
            b_tile = tl.advance(b_tile, (BK, 0))
        if RELU:
            acc = tl.maximum(acc, 0)
        c_tile = tl.make_block_ptr(C, (M, N), (N, 1), (top, left), (BM, BN), (1, 0))
        tl.store(c_tile, acc.to(C.dtype.element_ty), boundary_check=(0, 1))


def matmul(
    a: Tensor,
    b: Tensor,
    bias: Tensor | None = None,
    activation: str = "none",
    BLOCK_M: int = 32,
    BLOCK_N: int = 32,
    BLOCK_K: int = 32,
) -> Tensor:
    if len(a.shape) != 2 or len(b.shape) != 2 or a.size(1) != b.size(0):
        raise ValueError(f"{tuple(a.shape)} @ {tuple(b.shape)}")
    if bias is not None and bias.size() != b.shape[1:]:
        raise ValueError(f"bias {tuple(bias.shape)} does not fit {tuple(b.shape)}")
    if activation != "none" and activation != "relu":
        raise ValueError(activation)
    for block in BLOCK_M, BLOCK_N, BLOCK_K:
        if block not in (16, 32, 64, 128, 256, 512):
            raise ValueError(f"block of {block}")
    M, K, N = a.size(0), a.size(1), b.size(1)
    c = a.new_empty((M, N))
    if c.numel():
        step = bias.stride(0) if bias is not None else 1
        at_once = torch.cuda.get_device_properties(a.device).multi_processor_count if a.is_cuda else PROGRAMS
        count = min(at_once, triton.cdiv(M, BLOCK_M) * triton.cdiv(N, BLOCK_N))
        tiles[(count,)](a, b, c, bias, M, N, K, *a.stride(), *b.stride(), step, activation == "relu", BLOCK_M, BLOCK_N, BLOCK_K)  # fmt: skip # noqa: E501
    return c
