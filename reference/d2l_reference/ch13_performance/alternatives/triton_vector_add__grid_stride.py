import triton
import triton.language as tl

PROGRAMS = 4


@triton.jit
def add_kernel(x_ptr, y_ptr, out_ptr, n, BLOCK: tl.constexpr):
    # a few programs walk over all of it
    start = tl.program_id(axis=0) * BLOCK
    step = tl.num_programs(axis=0) * BLOCK
    for first in range(start, n, step):
        offs = first + tl.arange(0, BLOCK)
        a = tl.load(x_ptr + offs, mask=offs < n, other=0)
        b = tl.load(y_ptr + offs, mask=offs < n, other=0)
        tl.store(out_ptr + offs, a + b, mask=offs < n)


def vector_add(x, y, BLOCK=256):
    if x.shape != y.shape or x.dtype != y.dtype or x.device != y.device:
        raise ValueError(
            f"x is {tuple(x.shape)}, {x.dtype} on {x.device}; y is {tuple(y.shape)}, {y.dtype} on {y.device}"
        )
    if BLOCK <= 0 or bin(BLOCK).count("1") != 1:
        raise ValueError("bad BLOCK: " + str(BLOCK))
    out = x.new_empty(x.shape)
    if x.numel() == 0:
        return out

    def grid(meta):
        return (min(PROGRAMS, triton.cdiv(x.numel(), meta["BLOCK"])),)

    add_kernel[grid](x, y, out, x.numel(), BLOCK=BLOCK)
    return out
