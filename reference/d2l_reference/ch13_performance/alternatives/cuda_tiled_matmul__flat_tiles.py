"""Flat shared arrays, threads counted in one row, the tile of B kept transposed, and only the part that is there."""

SIDE = 16

CUDA_SOURCE = """
__global__ void tiled_matmul(const float *A, const float *B, float *C, int M, int N, int K)
{
    const unsigned int side = SIDE;
    __shared__ float left[SIDE * SIDE];
    __shared__ float right[SIDE * SIDE];
    const unsigned int t = threadIdx.y * blockDim.x + threadIdx.x;
    const unsigned int y = t / side, x = t % side;
    const unsigned int row = blockIdx.y * side, col = blockIdx.x * side;
    double total = 0;

    unsigned int done = 0;
    while (done < (unsigned int)K) {
        const unsigned int wide = min(K - done, side);
        if (x < wide && row + y < M)
            left[t] = A[(size_t)(row + y) * K + done + x];
        if (y < wide && col + x < N)
            right[x * side + y] = B[(size_t)(done + y) * N + col + x];
        __syncthreads();
        if (row + y < M && col + x < N)
            for (unsigned int k = 0; k < wide; ++k)
                total += left[y * side + k] * right[x * side + k];
        done += wide;
        __syncthreads();
    }
    if (row + y < M && col + x < N)
        C[(size_t)(row + y) * N + col + x] = (float)total;
}
""".replace("SIDE", str(SIDE))
