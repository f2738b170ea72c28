import torch
import triton
import triton.language as tl
from torch import Tensor

GROUPS = 4  # programs that share the rows in the backward pass


@triton.jit
def forward_kernel(x_ptr, weight_ptr, bias_ptr, y_ptr, mean_ptr, rstd_ptr, N, eps, BLOCK: tl.constexpr):
    row = tl.program_id(0)
    columns = tl.arange(0, BLOCK)
    inside = columns < N
    x = tl.load(x_ptr + row * N + columns, mask=inside, other=0.0).to(tl.float32)
    mean = tl.sum(x, axis=0) / N
    centred = tl.where(inside, x - mean, 0.0)
    rstd = 1 / tl.sqrt(tl.sum(centred * centred, axis=0) / N + eps)
    weight = tl.load(weight_ptr + columns, mask=inside).to(tl.float32)
    bias = tl.load(bias_ptr + columns, mask=inside).to(tl.float32)
    tl.store(y_ptr + row * N + columns, centred * rstd * weight + bias, mask=inside)
    tl.store(mean_ptr + row, mean)
    tl.store(rstd_ptr + row, rstd)


@triton.jit
def backward_kernel(
    x_ptr, weight_ptr, mean_ptr, rstd_ptr, dy_ptr, dx_ptr, dweight_ptr, dbias_ptr, rows, N, BLOCK: tl.constexpr
):
    group = tl.program_id(0)
    columns = tl.arange(0, BLOCK)
    inside = columns < N
    weight = tl.load(weight_ptr + columns, mask=inside, other=0.0).to(tl.float32)
    dweight = tl.zeros((BLOCK,), tl.float32)
    dbias = tl.zeros((BLOCK,), tl.float32)
    for row in range(group, rows, tl.num_programs(0)):
        x = tl.load(x_ptr + row * N + columns, mask=inside, other=0.0).to(tl.float32)
        dy = tl.load(dy_ptr + row * N + columns, mask=inside, other=0.0).to(tl.float32)
        rstd = tl.load(rstd_ptr + row)
        xhat = tl.where(inside, (x - tl.load(mean_ptr + row)) * rstd, 0.0)
        wg = dy * weight
        average = tl.sum(wg, axis=0) / N
        along = tl.sum(wg * xhat, axis=0) / N
        tl.store(dx_ptr + row * N + columns, rstd * (wg - average - xhat * along), mask=inside)
        dweight += dy * xhat
        dbias += dy
    tl.store(dweight_ptr + group * N + columns, dweight, mask=inside)
    tl.store(dbias_ptr + group * N + columns, dbias, mask=inside)


class LayerNorm(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, weight, bias, eps):
        N = x.shape[-1]
        rows = x.numel() // N
        y = torch.empty_like(x)
        mean, rstd = (torch.empty(rows, dtype=torch.float32, device=x.device) for _ in range(2))
        if rows:
            block = triton.next_power_of_2(N)
            forward_kernel[(rows,)](x, weight, bias, y, mean, rstd, N, eps, BLOCK=block)
        ctx.save_for_backward(x, weight, mean, rstd)
        return y

    @staticmethod
    def backward(ctx, dy):
        x, weight, mean, rstd = ctx.saved_tensors
        N, rows = x.shape[-1], len(mean)
        dx = torch.empty_like(x)
        dweight, dbias = (torch.zeros(GROUPS, N, dtype=torch.float32, device=x.device) for _ in range(2))
        if rows:
            block = triton.next_power_of_2(N)
            backward_kernel[(min(GROUPS, rows),)](
                x, weight, mean, rstd, dy.contiguous(), dx, dweight, dbias, rows, N, BLOCK=block
            )
        return dx, dweight.sum(0).to(weight.dtype), dbias.sum(0).to(weight.dtype), None


def layer_norm(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    for name, tensor in (("weight", weight), ("bias", bias)):
        if tuple(tensor.shape) != (x.shape[-1],):
            raise ValueError(f"{name} must have shape {(x.shape[-1],)}, not {tuple(tensor.shape)}")
    return LayerNorm.apply(x, weight, bias, eps)
