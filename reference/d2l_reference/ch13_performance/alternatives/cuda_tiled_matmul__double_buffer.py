"""Two pairs of tiles, one barrier for each: while one pair is used, the next is filled."""

CUDA_SOURCE = r"""
constexpr int T = 16;

__device__ __forceinline__ float at(const float* __restrict__ m, int row, int col, int rows, int cols) {
    if (row >= rows || col >= cols) return 0.0f;
    return __ldg(m + row * cols + col);
}

extern "C" __global__ void __launch_bounds__(T * T)
tiled_matmul(const float* __restrict__ A, const float* __restrict__ B, float* __restrict__ C, int M, int N, int K) {
    __shared__ float a[2][T][T + 1];  // padded: another bank for each row
    __shared__ float b[2][T][T + 1];
    const int row = blockIdx.y * blockDim.y + threadIdx.y;
    const int col = blockIdx.x * blockDim.x + threadIdx.x;
    const int tiles = (K + T - 1) / T;
    a[0][threadIdx.y][threadIdx.x] = at(A, row, threadIdx.x, M, K);
    b[0][threadIdx.y][threadIdx.x] = at(B, threadIdx.y, col, K, N);
    float acc = 0.f;
    for (int t = 0; t < tiles; t++) {
        __syncthreads();
        const int now = t & 1, next = now ^ 1;
        if (t + 1 < tiles) {
            a[next][threadIdx.y][threadIdx.x] = at(A, row, (t + 1) * T + threadIdx.x, M, K);
            b[next][threadIdx.y][threadIdx.x] = at(B, (t + 1) * T + threadIdx.y, col, K, N);
        }
        #pragma unroll
        for (int k = 0; k < T; k++) acc = fmaf(a[now][threadIdx.y][k], b[now][k][threadIdx.x], acc);
    }
    if (row >= M || col >= N) return;
    C[row * N + col] = acc;
}
"""
