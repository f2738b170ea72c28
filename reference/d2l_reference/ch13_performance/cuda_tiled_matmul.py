CUDA_SOURCE = r"""
#define TILE 16

__global__ void tiled_matmul(const float* A, const float* B, float* C, int M, int N, int K) {
    __shared__ float As[TILE][TILE], Bs[TILE][TILE];
    int x = threadIdx.x, y = threadIdx.y;
    int row = blockIdx.y * TILE + y, col = blockIdx.x * TILE + x;
    float sum = 0.0f;
    for (int start = 0; start < K; start += TILE) {
        As[y][x] = row < M && start + x < K ? A[row * K + start + x] : 0.0f;
        Bs[y][x] = start + y < K && col < N ? B[(start + y) * N + col] : 0.0f;
        __syncthreads();  // both tiles are there
        for (int k = 0; k < TILE; ++k) {
            sum += As[y][k] * Bs[k][x];
        }
        __syncthreads();  // nobody needs them any more
    }
    if (row < M && col < N) {
        C[row * N + col] = sum;
    }
}
"""
