import torch
import triton
import triton.language as tl
from torch import Tensor


@triton.jit
def fwd(X, W, B, Y, N, eps, BLOCK: tl.constexpr):
    r = tl.program_id(0)
    c = tl.arange(0, BLOCK)
    m = c < N
    x = tl.load(X + r * N + c, mask=m, other=0.0).to(tl.float32)
    d = tl.where(m, x - tl.sum(x) / N, 0.0)
    rstd = tl.rsqrt(tl.sum(d * d) / N + eps)
    w = tl.load(W + c, mask=m, other=0.0)
    b = tl.load(B + c, mask=m, other=0.0)
    tl.store(Y + r * N + c, d * rstd * w + b, mask=m)


@triton.jit
def bwd(X, W, G, DX, DW, DB, N, eps, BLOCK: tl.constexpr):
    # the statistics are computed again instead of being saved
    r = tl.program_id(0)
    c = tl.arange(0, BLOCK)
    m = c < N
    x = tl.load(X + r * N + c, mask=m, other=0.0).to(tl.float32)
    d = tl.where(m, x - tl.sum(x) / N, 0.0)
    rstd = tl.rsqrt(tl.sum(d * d) / N + eps)
    xhat = d * rstd
    g = tl.load(G + r * N + c, mask=m, other=0.0).to(tl.float32)
    wg = g * tl.load(W + c, mask=m, other=0.0).to(tl.float32)
    dx = rstd * (wg - tl.sum(wg) / N - xhat * (tl.sum(wg * xhat) / N))
    tl.store(DX + r * N + c, dx, mask=m)
    tl.atomic_add(DW + c, g * xhat, mask=m)
    tl.atomic_add(DB + c, g, mask=m)


class Fn(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, w, b, eps):
        n = x.shape[-1]
        y = torch.empty_like(x)
        ctx.save_for_backward(x, w)
        ctx.eps = eps
        fwd[(x.numel() // n,)](x, w, b, y, n, eps, BLOCK=triton.next_power_of_2(n))
        return y

    @staticmethod
    def backward(ctx, g):
        x, w = ctx.saved_tensors
        n = x.shape[-1]
        dx = torch.empty_like(x)
        dw = torch.zeros(n, dtype=torch.float32, device=x.device)
        db = torch.zeros_like(dw)
        g = g.contiguous()
        bwd[(x.numel() // n,)](x, w, g, dx, dw, db, n, ctx.eps, BLOCK=triton.next_power_of_2(n))
        return dx, dw.to(w.dtype), db.to(w.dtype), None


def layer_norm(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    n = x.shape[-1]
    if weight.shape != (n,) or bias.shape != (n,):
        raise ValueError(f"want ({n},) for weight {tuple(weight.shape)} and bias {tuple(bias.shape)}")
    return Fn.apply(x, weight, bias, eps)
