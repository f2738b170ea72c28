import torch
import triton
import triton.language as tl
from torch import Tensor


@triton.jit
def inner(
    acc, l_i, m_i, q, k_base, v_base, stride_kn, stride_vn, qk_scale, offs_m, lo, hi, N_KV,
    MASK_DIAGONAL: tl.constexpr, BLOCK_N: tl.constexpr,
):  # fmt: skip
    for start_n in range(lo, hi, BLOCK_N):
        offs_n = start_n + tl.arange(0, BLOCK_N)
        k = tl.load(k_base + offs_n[:, None] * stride_kn, mask=offs_n[:, None] < N_KV, other=0.0)
        qk = tl.dot(q, tl.trans(k), input_precision="ieee") * qk_scale
        qk = tl.where(offs_n[None, :] < N_KV, qk, float("-inf"))
        if MASK_DIAGONAL:
            qk += tl.where(offs_m[:, None] >= offs_n[None, :], 0, -1.0e9)
        m_ij = tl.maximum(m_i, tl.max(qk, 1))
        p = tl.math.exp2(qk - m_ij[:, None])
        alpha = tl.math.exp2(m_i - m_ij)
        l_i = l_i * alpha + tl.sum(p, 1)
        acc = acc * alpha[:, None]
        v = tl.load(v_base + offs_n[:, None] * stride_vn, mask=offs_n[:, None] < N_KV, other=0.0)
        acc = tl.dot(p.to(v.dtype), v, acc, input_precision="ieee")
        m_i = m_ij
    return acc, l_i, m_i


@triton.jit
def forward(
    Q, K, V, sm_scale, L, Out,
    stride_qz, stride_qh, stride_qm, stride_qk,
    stride_kz, stride_kh, stride_kn, stride_kk,
    stride_vz, stride_vh, stride_vn, stride_vk,
    stride_oz, stride_oh, stride_om, stride_on,
    Z, H, N_CTX, N_KV,
    HEAD_DIM: tl.constexpr, BLOCK_M: tl.constexpr, BLOCK_N: tl.constexpr, STAGE: tl.constexpr,
):  # fmt: skip
    start_m = tl.program_id(0)
    off_hz = tl.program_id(1)
    off_z = off_hz // H
    off_h = off_hz % H
    offs_m = start_m * BLOCK_M + tl.arange(0, BLOCK_M)
    offs_d = tl.arange(0, HEAD_DIM)
    q_ptrs = Q + off_z * stride_qz + off_h * stride_qh + offs_m[:, None] * stride_qm + offs_d[None, :] * stride_qk
    k_base = K + off_z * stride_kz + off_h * stride_kh + offs_d[None, :] * stride_kk
    v_base = V + off_z * stride_vz + off_h * stride_vh + offs_d[None, :] * stride_vk
    q = tl.load(q_ptrs, mask=offs_m[:, None] < N_CTX, other=0.0)
    m_i = tl.zeros([BLOCK_M], dtype=tl.float32) - float("inf")
    l_i = tl.zeros([BLOCK_M], dtype=tl.float32)
    acc = tl.zeros([BLOCK_M, HEAD_DIM], dtype=tl.float32)
    qk_scale = sm_scale * 1.44269504  # 1 / log(2): all exponentials are powers of two
    if STAGE == 3:  # causal: first what all queries of the block see, then what the diagonal cuts
        lo = start_m * BLOCK_M // BLOCK_N * BLOCK_N
        hi = tl.minimum((start_m + 1) * BLOCK_M, N_KV)
        acc, l_i, m_i = inner(
            acc, l_i, m_i, q, k_base, v_base, stride_kn, stride_vn, qk_scale, offs_m, 0, lo, N_KV, False, BLOCK_N
        )
        acc, l_i, m_i = inner(
            acc, l_i, m_i, q, k_base, v_base, stride_kn, stride_vn, qk_scale, offs_m, lo, hi, N_KV, True, BLOCK_N
        )
    else:
        acc, l_i, m_i = inner(
            acc, l_i, m_i, q, k_base, v_base, stride_kn, stride_vn, qk_scale, offs_m, 0, N_KV, N_KV, False, BLOCK_N
        )
    m_i = (m_i + tl.math.log2(l_i)) / 1.44269504
    acc = acc / l_i[:, None]
    tl.store(L + off_hz * N_CTX + offs_m, m_i, mask=offs_m < N_CTX)
    o_ptrs = Out + off_z * stride_oz + off_h * stride_oh + offs_m[:, None] * stride_om + offs_d[None, :] * stride_on
    tl.store(o_ptrs, acc.to(Out.type.element_ty), mask=offs_m[:, None] < N_CTX)


def flash_attention(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    causal: bool = False,
    scale: float | None = None,
    BLOCK_M: int = 32,
    BLOCK_N: int = 32,
) -> tuple[Tensor, Tensor]:
    HEAD_DIM_Q, HEAD_DIM_K, HEAD_DIM_V = q.shape[-1], k.shape[-1], v.shape[-1]
    shapes = f"q {tuple(q.shape)}, k {tuple(k.shape)}, v {tuple(v.shape)}"
    if HEAD_DIM_K not in {16, 32, 64}:
        raise ValueError(f"heads of size {HEAD_DIM_K}: {shapes}")
    if HEAD_DIM_Q != HEAD_DIM_K or HEAD_DIM_K != HEAD_DIM_V or k.shape != v.shape or q.shape[:2] != k.shape[:2]:
        raise ValueError(shapes)
    if causal and q.shape[2] != k.shape[2]:
        raise ValueError(f"causal attention needs as many queries as keys: {shapes}")
    o = torch.empty_like(q)
    L = torch.empty((q.shape[0], q.shape[1], q.shape[2]), device=q.device, dtype=torch.float32)
    if scale is None:
        scale = 1.0 / HEAD_DIM_K**0.5
    grid = lambda args: (triton.cdiv(q.shape[2], args["BLOCK_M"]), q.shape[0] * q.shape[1], 1)  # noqa: E731
    forward[grid](
        q, k, v, scale, L, o,
        q.stride(0), q.stride(1), q.stride(2), q.stride(3),
        k.stride(0), k.stride(1), k.stride(2), k.stride(3),
        v.stride(0), v.stride(1), v.stride(2), v.stride(3),
        o.stride(0), o.stride(1), o.stride(2), o.stride(3),
        q.shape[0], q.shape[1], N_CTX=q.shape[2], N_KV=k.shape[2],
        HEAD_DIM=HEAD_DIM_K, BLOCK_M=BLOCK_M, BLOCK_N=BLOCK_N, STAGE=3 if causal else 1,
    )  # fmt: skip
    return o, L
