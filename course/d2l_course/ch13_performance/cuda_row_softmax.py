"""A row softmax in CUDA C++: warp shuffles and reductions over a block (section 13.4).

Write the kernel `row_softmax` into the text CUDA_SOURCE: y[r, i] = exp(x[r, i] - m_r) / s_r, where m_r is the largest
number of row r and s_r the sum of exp(x[r, i] - m_r) over the row. x and y are float32 matrices with n columns, n at
least 1, row by row in memory. What y holds before counts for nothing.

It is launched with one block for each row: blockIdx.x is the row, and blockDim.x is 32, 128 or 256, so up to eight
warps. n may be less than blockDim.x, and it may be far more: thread t takes the elements t, t + blockDim.x,
t + 2 blockDim.x, ... The largest number is subtracted before anything goes to the exponential function, so rows of
numbers of any size are right. An element of -inf gives 0; a row of nothing but -inf gives NaN, as in torch.

No thread has the whole row: each finds the largest of its own elements, and then the block puts its results together.
Within a warp numbers go from register to register, `__shfl_xor_sync(0xffffffff, v, 16)` gives a lane what the lane 16
away holds; after steps of 16, 8, 4, 2, 1 every lane knows the result. The mask names all 32 lanes, and all of them must
come. Between warps numbers go through a small `__shared__` array: one lane of each warp writes, `__syncthreads()`, and
others read. The sum goes the same way. (A tree in shared memory that halves the number of threads in each step does as
well.) What must not be is one thread that goes over all the others' results, or each thread over the whole row.

Whoever reads shared memory needs a barrier behind the write; whoever uses the array again needs one behind the reads.
Every thread of the block must reach each `__syncthreads()`, also those without an element.

What belongs into the text is device code: no #include (expf, fmaxf, INFINITY and the like are there), no launch, no
inline assembly, and shared arrays of a fixed size. The checks compile it with your C++ compiler and play the threads of
a block in several orders, while they look at each access to memory. Where there is nvcc, it compiles the text for an
A100 too.

Example, with one block of 32 threads and n = 4:
    x = [[0, log 2, log 5, log 8]] gives y = [[1/16, 2/16, 5/16, 8/16]].
"""

CUDA_SOURCE = r"""
__global__ void row_softmax(const float* x, float* y, int n) {
    // blockIdx.x is the row; threadIdx.x / 32 the warp, threadIdx.x % 32 the lane in it.
}
"""
