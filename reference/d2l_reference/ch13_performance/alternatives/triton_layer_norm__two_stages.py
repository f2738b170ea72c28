import torch
import triton
import triton.language as tl
from torch import Tensor

ROWS = 4


@triton.jit
def normalise(x_ptr, y_ptr, w_ptr, b_ptr, mu_ptr, rs_ptr, M, N, eps, BR: tl.constexpr, BN: tl.constexpr):
    r = tl.program_id(0) * BR + tl.arange(0, BR)
    c = tl.arange(0, BN)
    ok = (r[:, None] < M) & (c[None, :] < N)
    at = r[:, None] * N + c[None, :]
    x = tl.load(x_ptr + at, mask=ok, other=0.0).to(tl.float32)
    mu = tl.sum(x, axis=1) / N
    d = tl.where(ok, x - mu[:, None], 0.0)
    rs = 1.0 / tl.sqrt(tl.sum(d * d, axis=1) / N + eps)
    w = tl.load(w_ptr + c, mask=c < N, other=0.0).to(tl.float32)
    b = tl.load(b_ptr + c, mask=c < N, other=0.0).to(tl.float32)
    tl.store(y_ptr + at, d * rs[:, None] * w[None, :] + b[None, :], mask=ok)
    tl.store(mu_ptr + r, mu, mask=r < M)
    tl.store(rs_ptr + r, rs, mask=r < M)


@triton.jit
def grad_x(x_ptr, g_ptr, w_ptr, mu_ptr, rs_ptr, dx_ptr, N, BN: tl.constexpr):
    r = tl.program_id(0)
    c = tl.arange(0, BN)
    ok = c < N
    x = tl.load(x_ptr + r * N + c, mask=ok, other=0.0).to(tl.float32)
    g = tl.load(g_ptr + r * N + c, mask=ok, other=0.0).to(tl.float32)
    w = tl.load(w_ptr + c, mask=ok, other=0.0).to(tl.float32)
    rs = tl.load(rs_ptr + r)
    xhat = tl.where(ok, (x - tl.load(mu_ptr + r)) * rs, 0.0)
    wg = w * g
    dx = (wg - tl.sum(wg, 0) / N - xhat * tl.sum(wg * xhat, 0) / N) * rs
    tl.store(dx_ptr + r * N + c, dx, mask=ok)


@triton.jit
def partial_sums(x_ptr, g_ptr, mu_ptr, rs_ptr, pw_ptr, pb_ptr, M, N, BR: tl.constexpr, BN: tl.constexpr):
    group = tl.program_id(0)
    r = group * BR + tl.arange(0, BR)
    c = tl.arange(0, BN)
    ok = (r[:, None] < M) & (c[None, :] < N)
    at = r[:, None] * N + c[None, :]
    x = tl.load(x_ptr + at, mask=ok, other=0.0).to(tl.float32)
    g = tl.load(g_ptr + at, mask=ok, other=0.0).to(tl.float32)
    mu = tl.load(mu_ptr + r, mask=r < M, other=0.0)
    rs = tl.load(rs_ptr + r, mask=r < M, other=0.0)
    xhat = (x - mu[:, None]) * rs[:, None]
    tl.store(pw_ptr + group * N + c, tl.sum(g * xhat, axis=0), mask=c < N)
    tl.store(pb_ptr + group * N + c, tl.sum(g, axis=0), mask=c < N)


@triton.jit
def add_up(p_ptr, out_ptr, G, N, BN: tl.constexpr):
    c = tl.program_id(0) * BN + tl.arange(0, BN)
    total = tl.zeros((BN,), dtype=tl.float32)
    for g in range(0, G):
        total += tl.load(p_ptr + g * N + c, mask=c < N, other=0.0)
    tl.store(out_ptr + c, total, mask=c < N)


class _LayerNorm(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, weight, bias, eps):
        N = x.shape[-1]
        M = x.numel() // N
        BN = triton.next_power_of_2(N)
        y = torch.empty_like(x)
        mu = torch.empty((M,), dtype=torch.float32, device=x.device)
        rs = torch.empty_like(mu)
        normalise[(triton.cdiv(M, ROWS),)](x, y, weight, bias, mu, rs, M, N, eps, BR=ROWS, BN=BN)
        ctx.save_for_backward(x, weight, bias, mu, rs)
        return y

    @staticmethod
    def backward(ctx, g):
        x, weight, bias, mu, rs = ctx.saved_tensors
        g = g.contiguous()
        N = x.shape[-1]
        M = x.numel() // N
        BN = triton.next_power_of_2(N)
        dx = torch.empty_like(x)
        grad_x[(M,)](x, g, weight, mu, rs, dx, N, BN=BN)
        groups = triton.cdiv(M, ROWS)
        pw = torch.empty((groups, N), dtype=torch.float32, device=x.device)
        pb = torch.empty_like(pw)
        partial_sums[(groups,)](x, g, mu, rs, pw, pb, M, N, BR=ROWS, BN=BN)
        dw, db = torch.empty_like(weight), torch.empty_like(bias)
        for parts, out in ((pw, dw), (pb, db)):
            add_up[(triton.cdiv(N, 16),)](parts, out, groups, N, BN=16)
        return dx, dw, db, None


def layer_norm(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    if list(weight.shape) != [x.shape[-1]]:
        raise ValueError(f"weight: {tuple(weight.shape)}")
    if list(bias.shape) != [x.shape[-1]]:
        raise ValueError(f"bias: {tuple(bias.shape)}")
    return _LayerNorm.apply(x, weight, bias, eps)
