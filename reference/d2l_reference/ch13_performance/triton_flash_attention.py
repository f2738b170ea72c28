import torch
import triton
import triton.language as tl
from torch import Tensor


@triton.jit
def attention_kernel(
    q_ptr, k_ptr, v_ptr, out_ptr, lse_ptr, H, T, S, scale,
    q_batch, q_head, q_row, q_col, k_batch, k_head, k_row, k_col, v_batch, v_head, v_row, v_col,
    CAUSAL: tl.constexpr, D: tl.constexpr, BLOCK_M: tl.constexpr, BLOCK_N: tl.constexpr,
):  # fmt: skip
    batch, head = tl.program_id(1) // H, tl.program_id(1) % H
    rows = tl.program_id(0) * BLOCK_M + tl.arange(0, BLOCK_M)
    d = tl.arange(0, D)
    q_ptr += batch * q_batch + head * q_head
    k_ptr += batch * k_batch + head * k_head
    v_ptr += batch * v_batch + head * v_head
    q = tl.load(q_ptr + rows[:, None] * q_row + d[None, :] * q_col, mask=rows[:, None] < T, other=0.0)

    largest = tl.full((BLOCK_M,), -float("inf"), tl.float32)
    total = tl.zeros((BLOCK_M,), tl.float32)
    acc = tl.zeros((BLOCK_M, D), tl.float32)
    end = min(S, (tl.program_id(0) + 1) * BLOCK_M) if CAUSAL else S
    for start in range(0, end, BLOCK_N):
        keys = start + tl.arange(0, BLOCK_N)
        k = tl.load(k_ptr + d[:, None] * k_col + keys[None, :] * k_row, mask=keys[None, :] < S, other=0.0)
        v = tl.load(v_ptr + keys[:, None] * v_row + d[None, :] * v_col, mask=keys[:, None] < S, other=0.0)
        scores = tl.dot(q, k, input_precision="ieee") * scale
        seen = keys[None, :] < S
        if CAUSAL:
            seen = seen & (keys[None, :] <= rows[:, None])
        scores = tl.where(seen, scores, -float("inf"))
        new = tl.maximum(largest, tl.max(scores, axis=1))
        shrink = tl.exp(largest - new)
        weights = tl.exp(scores - new[:, None])
        total = total * shrink + tl.sum(weights, axis=1)
        acc = acc * shrink[:, None] + tl.dot(weights.to(v.dtype), v, input_precision="ieee")
        largest = new
    at = tl.program_id(1) * T + rows
    tl.store(out_ptr + at[:, None] * D + d[None, :], acc / total[:, None], mask=rows[:, None] < T)
    tl.store(lse_ptr + at, largest + tl.log(total), mask=rows < T)


def flash_attention(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    causal: bool = False,
    scale: float | None = None,
    BLOCK_M: int = 32,
    BLOCK_N: int = 32,
) -> tuple[Tensor, Tensor]:
    B, H, T, D = q.shape
    S = k.shape[2]
    if D not in (16, 32, 64):
        raise ValueError(f"D must be 16, 32 or 64, not {D}")
    if tuple(k.shape) != (B, H, S, D) or (causal and S != T):
        raise ValueError(f"k {tuple(k.shape)} does not fit q {tuple(q.shape)}{' if causal' if causal else ''}")
    if v.shape != k.shape:
        raise ValueError(f"v {tuple(v.shape)} does not fit k {tuple(k.shape)} and q {tuple(q.shape)}")
    out = torch.empty(B, H, T, D, dtype=q.dtype, device=q.device)
    lse = torch.empty(B, H, T, dtype=torch.float32, device=q.device)
    attention_kernel[triton.cdiv(T, BLOCK_M), B * H](
        q, k, v, out, lse, H, T, S, D**-0.5 if scale is None else scale,
        *q.stride(), *k.stride(), *v.stride(),
        CAUSAL=causal, D=D, BLOCK_M=BLOCK_M, BLOCK_N=BLOCK_N,
    )  # fmt: skip
    return out, lse
