import torch
import triton
import triton.language as tl


@triton.jit
def block_of(n, BLOCK: tl.constexpr):
    offs = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    return offs, offs < n


@triton.jit
def add_kernel(x_ptr, y_ptr, out_ptr, n, BLOCK: tl.constexpr):
    offs, ok = block_of(n, BLOCK)
    total = tl.load(x_ptr + offs, ok)
    total += tl.load(y_ptr + offs, ok)
    tl.store(out_ptr + offs, total, ok)


def vector_add(x, y, BLOCK=256):
    for what in ("shape", "dtype", "device"):
        mine, theirs = getattr(x, what), getattr(y, what)
        if mine != theirs:
            if what == "shape":
                mine, theirs = tuple(mine), tuple(theirs)
            raise ValueError(f"{what}: {mine} is not {theirs}")
    if BLOCK not in [2**i for i in range(21)]:
        raise ValueError(f"{BLOCK=} is not a power of two")
    flat = torch.empty(x.numel(), dtype=x.dtype, device=x.device)
    blocks = -(-x.numel() // BLOCK)
    if blocks > 0:
        add_kernel[(blocks,)](x.view(-1), y.view(-1), flat, x.numel(), BLOCK)
    return flat.view(x.shape)
