CUDA_SOURCE = r"""
#define FULL 0xffffffff
#define WARPS 8

__device__ float block_max(float v, float* red) {
    int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
    for (int step = 16; step > 0; step /= 2) v = fmaxf(v, __shfl_xor_sync(FULL, v, step));
    if (lane == 0) red[warp] = v;
    __syncthreads();  // every warp's maximum is there
    v = lane < blockDim.x / 32 ? red[lane] : -INFINITY;
    for (int step = 16; step > 0; step /= 2) v = fmaxf(v, __shfl_xor_sync(FULL, v, step));
    return v;
}

__device__ float block_sum(float v, float* red) {
    int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
    for (int step = 16; step > 0; step /= 2) v += __shfl_xor_sync(FULL, v, step);
    if (lane == 0) red[warp] = v;
    __syncthreads();  // every warp's sum is there
    v = lane < blockDim.x / 32 ? red[lane] : 0.0f;
    for (int step = 16; step > 0; step /= 2) v += __shfl_xor_sync(FULL, v, step);
    return v;
}

__global__ void row_softmax(const float* x, float* y, int n) {
    __shared__ float red[WARPS];
    x += blockIdx.x * n;
    y += blockIdx.x * n;
    float largest = -INFINITY;
    for (int i = threadIdx.x; i < n; i += blockDim.x) largest = fmaxf(largest, x[i]);
    largest = block_max(largest, red);
    float sum = 0.0f;
    for (int i = threadIdx.x; i < n; i += blockDim.x) sum += expf(x[i] - largest);
    __syncthreads();  // nobody reads the maxima any more
    sum = block_sum(sum, red);
    for (int i = threadIdx.x; i < n; i += blockDim.x) y[i] = expf(x[i] - largest) / sum;
}
"""
