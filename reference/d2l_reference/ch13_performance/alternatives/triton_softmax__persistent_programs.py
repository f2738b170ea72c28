import math

import torch
import triton
import triton.language as tl
from torch import Tensor

LOG2E = tl.constexpr(math.log2(math.e))
LN2 = tl.constexpr(math.log(2.0))


@triton.jit
def kernel(out, inp, R, C, stride_in, stride_out, as_log: tl.constexpr, BLOCK: tl.constexpr):
    for row in range(tl.program_id(0), R, tl.num_programs(0)):
        cols = tl.arange(0, BLOCK)
        src = inp + row * stride_in + cols
        v = tl.load(src, mask=cols < C, other=float("-inf"))
        v = v.to(tl.float32) * LOG2E  # powers of two are what the hardware has
        v -= tl.max(v, 0)
        p = tl.exp2(v)
        z = tl.sum(p, 0)
        r = p / z
        if as_log:
            r = (v - tl.log2(z)) * LN2
        tl.store(out + row * stride_out + cols, r, mask=cols < C)


def fused_softmax(x: Tensor, log: bool = False) -> Tensor:
    if len(x.shape) != 2 or x.shape[-1] not in range(1, 4097):
        raise ValueError("cannot take the softmax of " + str(tuple(x.shape)))
    out = torch.empty(x.shape, dtype=x.dtype, device=x.device)
    block = 1
    while block < x.shape[1]:
        block *= 2
    programs = 3 if x.device.type == "cpu" else 4 * torch.cuda.get_device_properties(x.device).multi_processor_count
    kernel[(min(programs, len(x)),)](
        out, x, x.shape[0], x.shape[1], x.stride(0), out.stride(0), as_log=log, BLOCK=block
    )
    return out
