"""A tiled matrix product in CUDA C++: shared memory and barriers (section 13.4).

Write the kernel `tiled_matmul` into the text CUDA_SOURCE: C = A B, for A [M, K], B [K, N] and C [M, N], float32 and row
by row in memory, each size at least 1. What C holds before counts for nothing.

It is launched with blocks of 16 x 16 threads, on a grid of ceil(N / 16) x ceil(M / 16) of them: x counts columns of C,
y rows, and each thread computes one element. Blocks at the edges hang over it if a size does not divide by 16; nothing
outside of the arrays may be read or written, whether or not the number is used.

If each thread read its row of A and its column of B for itself, every element of A would be loaded N times, every one
of B M times. But the 256 threads of a block need the same numbers. So they copy a tile of 16 x 16 elements of A and one
of B into `__shared__` arrays, one element of each per thread, multiply from there, and go on to the next two tiles
along K. Then an element is loaded from global memory once for each block that needs it, 16 times less. Each thread
keeps its sum in a register, and stores it once, at the end.

The threads of a block run in any order: what one has written to shared memory, others see for sure only behind a
`__syncthreads()`, and every thread of the block must reach each of those.

What belongs into the text is device code: no #include (the mathematical functions are there), no launch, no inline
assembly, and shared arrays of a fixed size. The checks compile it with your C++ compiler and play the threads of a
block in several orders, while they look at each access to memory. Where there is nvcc, it compiles the text for an
A100 too.

Example, with M = 2, K = 3, N = 2 and so a single block:
    A = [[1, 2, 3], [4, 5, 6]] and B = [[1, 0], [0, 1], [1, 1]] give C = [[4, 5], [10, 11]].
"""

CUDA_SOURCE = r"""
#define TILE 16

__global__ void tiled_matmul(const float* A, const float* B, float* C, int M, int N, int K) {
    // threadIdx.x and blockIdx.x count columns, threadIdx.y and blockIdx.y rows.
}
"""
