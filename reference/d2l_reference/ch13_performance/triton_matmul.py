import torch
import triton
import triton.language as tl
from torch import Tensor


@triton.jit
def matmul_kernel(
    a_ptr, b_ptr, bias_ptr, out_ptr, M, N, K, a_row, a_col, b_row, b_col, bias_step,
    BIAS: tl.constexpr, RELU: tl.constexpr, BLOCK_M: tl.constexpr, BLOCK_N: tl.constexpr, BLOCK_K: tl.constexpr,
):  # fmt: skip
    rows = tl.program_id(0) * BLOCK_M + tl.arange(0, BLOCK_M)[:, None]
    columns = tl.program_id(1) * BLOCK_N + tl.arange(0, BLOCK_N)[None, :]
    along = tl.arange(0, BLOCK_K)
    total = tl.zeros((BLOCK_M, BLOCK_N), tl.float32)
    for start in range(0, K, BLOCK_K):
        k_of_a, k_of_b = start + along[None, :], start + along[:, None]
        a = tl.load(a_ptr + rows * a_row + k_of_a * a_col, mask=(rows < M) & (k_of_a < K), other=0.0)
        b = tl.load(b_ptr + k_of_b * b_row + columns * b_col, mask=(k_of_b < K) & (columns < N), other=0.0)
        total += tl.dot(a, b, input_precision="ieee")
    if BIAS:
        total += tl.load(bias_ptr + columns * bias_step, mask=columns < N)
    if RELU:
        total = tl.maximum(total, 0.0)
    tl.store(out_ptr + rows * N + columns, total, mask=(rows < M) & (columns < N))


def matmul(
    a: Tensor,
    b: Tensor,
    bias: Tensor | None = None,
    activation: str = "none",
    BLOCK_M: int = 32,
    BLOCK_N: int = 32,
    BLOCK_K: int = 32,
) -> Tensor:
    if a.dim() != 2 or b.dim() != 2 or a.shape[1] != b.shape[0]:
        raise ValueError(f"shapes {tuple(a.shape)} and {tuple(b.shape)} cannot be multiplied")
    M, K, N = *a.shape, b.shape[1]
    if bias is not None and tuple(bias.shape) != (N,):
        raise ValueError(f"bias must have shape {(N,)}, not {tuple(bias.shape)}")
    if activation not in ("none", "relu"):
        raise ValueError(f"activation must be 'none' or 'relu', not {activation!r}")
    for block in (BLOCK_M, BLOCK_N, BLOCK_K):
        if block < 16 or block & (block - 1):
            raise ValueError(f"a block must be a power of two and at least 16, not {block}")
    out = torch.empty(M, N, dtype=a.dtype, device=a.device)
    grid = triton.cdiv(M, BLOCK_M), triton.cdiv(N, BLOCK_N)
    matmul_kernel[grid](
        a, b, bias, out, M, N, K, *a.stride(), *b.stride(), 0 if bias is None else bias.stride(0),
        BIAS=bias is not None, RELU=activation == "relu", BLOCK_M=BLOCK_M, BLOCK_N=BLOCK_N, BLOCK_K=BLOCK_K,
    )  # fmt: skip
    return out
