import torch
import triton
import triton.language as tl
from torch import Tensor


@triton.jit
def attention_kernel(
    q_ptr, k_ptr, v_ptr, scores_ptr, out_ptr, lse_ptr, H, T, S, scale,
    q_batch, q_head, q_row, q_col, k_batch, k_head, k_row, k_col, v_batch, v_head, v_row, v_col,
    CAUSAL: tl.constexpr, D: tl.constexpr, BLOCK_M: tl.constexpr, BLOCK_N: tl.constexpr,
):  # fmt: skip
    batch, head = tl.program_id(1) // H, tl.program_id(1) % H
    rows = tl.program_id(0) * BLOCK_M + tl.arange(0, BLOCK_M)[:, None]
    d = tl.arange(0, D)
    at = tl.program_id(1) * T + rows
    q_ptr += batch * q_batch + head * q_head
    k_ptr += batch * k_batch + head * k_head
    v_ptr += batch * v_batch + head * v_head
    q = tl.load(q_ptr + rows * q_row + d[None, :] * q_col, mask=rows < T, other=0.0)
    end = min(S, (tl.program_id(0) + 1) * BLOCK_M) if CAUSAL else S
    largest = tl.full((BLOCK_M, 1), -float("inf"), tl.float32)
    for start in range(0, end, BLOCK_N):
        keys = start + tl.arange(0, BLOCK_N)[None, :]
        k = tl.load(k_ptr + d[:, None] * k_col + keys * k_row, mask=keys < S, other=0.0)
        scores = tl.dot(q, k, input_precision="ieee") * scale
        seen = (keys < S) & (keys <= rows) if CAUSAL else keys < S
        scores = tl.where(seen, scores, -float("inf"))
        largest = tl.maximum(largest, tl.max(scores, axis=1, keep_dims=True))
        tl.store(scores_ptr + at * S + keys, scores, mask=(rows < T) & (keys < S))
    total = tl.zeros((BLOCK_M, 1), tl.float32)
    acc = tl.zeros((BLOCK_M, D), tl.float32)
    for start in range(0, end, BLOCK_N):
        keys = start + tl.arange(0, BLOCK_N)[None, :]
        inside = (rows < T) & (keys < S)
        weights = tl.exp(tl.load(scores_ptr + at * S + keys, mask=inside, other=-float("inf")) - largest)
        total += tl.sum(weights, axis=1, keep_dims=True)
        later = start + tl.arange(0, BLOCK_N)[:, None]
        v = tl.load(v_ptr + later * v_row + d[None, :] * v_col, mask=later < S, other=0.0)
        acc += tl.dot(weights.to(v.dtype), v, input_precision="ieee")
    tl.store(out_ptr + at * D + d[None, :], acc / total, mask=rows < T)
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
    if tuple(k.shape) != (B, H, S, D) or v.shape != k.shape or (causal and S != T):
        raise ValueError(f"q {tuple(q.shape)}, k {tuple(k.shape)} and v {tuple(v.shape)} do not fit")
    scores = torch.empty(B, H, T, S, device=q.device)
    out = torch.empty(B, H, T, D, dtype=q.dtype, device=q.device)
    lse = torch.empty(B, H, T, dtype=torch.float32, device=q.device)
    attention_kernel[triton.cdiv(T, BLOCK_M), B * H](
        q, k, v, scores, out, lse, H, T, S, D**-0.5 if scale is None else scale,
        *q.stride(), *k.stride(), *v.stride(),
        CAUSAL=causal, D=D, BLOCK_M=BLOCK_M, BLOCK_N=BLOCK_N,
    )  # fmt: skip
    return out, lse
