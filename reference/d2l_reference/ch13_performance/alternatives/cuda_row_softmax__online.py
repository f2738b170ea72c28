"""One pass for maximum and sum together, pairs of them put together lane by lane, and then warp by warp by one warp."""

CUDA_SOURCE = r"""
struct Pair { float m, s; };  // the largest so far, and the sum of exponentials against it

__device__ __forceinline__ Pair merge(Pair a, Pair b) {
    const float m = fmaxf(a.m, b.m);
    if (m == -INFINITY) return a;  // both are empty
    return {m, a.s * __expf(a.m - m) + b.s * __expf(b.m - m)};
}

__device__ __forceinline__ Pair merge_warp(Pair p) {
    #pragma unroll
    for (int offset = 16; offset > 0; offset >>= 1) {
        const float m = __shfl_down_sync(0xffffffffu, p.m, offset);
        const float s = __shfl_down_sync(0xffffffffu, p.s, offset);
        p = merge(p, {m, s});
    }
    return p;  // whole in lane 0
}

__global__ void row_softmax(const float* __restrict__ x, float* __restrict__ y, int n) {
    __shared__ Pair warps[32];
    __shared__ Pair whole;
    const int row = blockIdx.x, lane = threadIdx.x & 31, warp = threadIdx.x >> 5;
    Pair mine = {-INFINITY, 0.0f};
    for (int i = threadIdx.x; i < n; i += blockDim.x) mine = merge(mine, {x[row * n + i], 1.0f});
    mine = merge_warp(mine);
    if (lane == 0) warps[warp] = mine;
    __syncthreads();
    if (warp == 0) {
        mine = lane < (blockDim.x + 31) / 32 ? warps[lane] : Pair{-INFINITY, 0.0f};
        mine = merge_warp(mine);
        if (lane == 0) whole = mine;
    }
    __syncthreads();
    const Pair total = whole;
    for (int i = threadIdx.x; i < n; i += blockDim.x) y[row * n + i] = __expf(x[row * n + i] - total.m) / total.s;
}
"""
