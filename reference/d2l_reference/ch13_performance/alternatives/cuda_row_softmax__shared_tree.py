"""Trees in shared memory instead of shuffles; the exponentials are kept in y and divided there."""

CUDA_SOURCE = """
#define MOST_THREADS 256

extern "C" __global__ void row_softmax(const float *x, float *y, int n)
{
    __shared__ float part[MOST_THREADS];
    const unsigned int t = threadIdx.x;
    const float *in = x + (size_t)blockIdx.x * n;
    float *out = y + (size_t)blockIdx.x * n;

    float mine = -FLT_MAX;
    for (int i = t; i < n; i += blockDim.x)
        mine = max(mine, in[i]);
    part[t] = mine;
    __syncthreads();
    for (unsigned int half = blockDim.x / 2; half > 0; half >>= 1) {
        if (t < half)
            part[t] = max(part[t], part[t + half]);
        __syncthreads();
    }
    const float largest = part[0];
    __syncthreads();

    mine = 0;
    for (int i = t; i < n; i += blockDim.x) {
        const float e = expf(in[i] - largest);
        out[i] = e;
        mine += e;
    }
    part[t] = mine;
    __syncthreads();
    for (unsigned int half = blockDim.x / 2; half > 0; half >>= 1) {
        if (t < half)
            part[t] += part[t + half];
        __syncthreads();
    }
    const float scale = 1 / part[0];
    for (int i = t; i < n; i += blockDim.x)
        out[i] *= scale;
}
"""
