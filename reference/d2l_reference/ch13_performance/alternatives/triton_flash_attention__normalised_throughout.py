import math

import torch
import triton
import triton.language as tl
from torch import Tensor


@triton.jit
def logaddexp(a, b):
    larger = tl.maximum(a, b)
    smaller = tl.minimum(a, b)
    nothing = larger == float("-inf")
    return tl.where(nothing, larger, larger + tl.log(1 + tl.exp(smaller - tl.where(nothing, 0.0, larger))))


@triton.jit
def kernel(Q, K, V, OUT, LSE, T, S, scale, blocks, CAUSAL: tl.constexpr, D: tl.constexpr, BM: tl.constexpr, BN: tl.constexpr):  # fmt: skip # noqa: E501
    # out and lse are those of the keys seen so far at each step; the keys are walked through from the last to the first
    block = tl.program_id(0) % blocks
    group = tl.program_id(0) // blocks
    t = block * BM + tl.arange(0, BM)
    d = tl.arange(0, D)
    q = tl.load(Q + (group * T + t)[:, None] * D + d[None, :], mask=(t < T)[:, None], other=0.0)
    out = tl.zeros((BM, D), tl.float32)
    lse = tl.zeros((BM,), tl.float32) + float("-inf")
    last = S - 1
    if CAUSAL:
        last = min(last, block * BM + BM - 1)
    for step in range(0, last // BN + 1):
        first = (last // BN - step) * BN
        s = first + tl.arange(0, BN)
        k = tl.load(K + (group * S + s)[:, None] * D + d[None, :], mask=(s < S)[:, None], other=0.0)
        v = tl.load(V + (group * S + s)[:, None] * D + d[None, :], mask=(s < S)[:, None], other=0.0)
        ok = (s < S)[None, :]
        if CAUSAL:
            ok = ok & (s[None, :] <= t[:, None])
        x = tl.where(ok, tl.dot(q, k.T, input_precision="ieee") * scale, float("-inf"))
        top = tl.max(x, 1)
        top = tl.where(top == float("-inf"), 0.0, top)  # of a row that sees no key of this block
        p = tl.exp(x - top[:, None])
        z = tl.sum(p, 1)
        block_lse = tl.where(z > 0, top + tl.log(z), float("-inf"))
        block_out = tl.dot(p.to(V.dtype.element_ty), v, input_precision="ieee") / tl.where(z > 0, z, 1.0)[:, None]
        both = logaddexp(lse, block_lse)
        shift = tl.where(both == float("-inf"), 0.0, both)
        out = out * tl.exp(lse - shift)[:, None] + block_out * tl.exp(block_lse - shift)[:, None]
        lse = both
    ok = t < T
    tl.store(OUT + (group * T + t)[:, None] * D + d[None, :], out, ok[:, None])
    tl.store(LSE + group * T + t, lse, ok)


def flash_attention(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    causal: bool = False,
    scale: float | None = None,
    BLOCK_M: int = 32,
    BLOCK_N: int = 32,
) -> tuple[Tensor, Tensor]:
    if q.size(3) not in (16, 32, 64):
        raise ValueError(f"D = {q.size(3)}")
    fits = k.size() == v.size() and q.size()[:2] == k.size()[:2] and q.size(3) == k.size(3)
    if not fits or (causal and q.size(2) != k.size(2)):
        raise ValueError(f"{tuple(q.size())}, {tuple(k.size())}, {tuple(v.size())}")
    q, k, v = q.contiguous(), k.contiguous(), v.contiguous()
    B, H, T, D = q.size()
    out, lse = torch.zeros_like(q), torch.zeros(B, H, T, device=q.device)
    blocks = -(-T // BLOCK_M)
    factor = 1 / math.sqrt(D) if scale is None else scale
    kernel[(blocks * B * H,)](q, k, v, out, lse, T, k.size(2), factor, blocks, causal, D, BLOCK_M, BLOCK_N)
    return out, lse
