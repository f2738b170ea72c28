from torch import Tensor


def corr2d_multi_in_out(X: Tensor, K: Tensor) -> Tensor:
    if X.dim() != 3 or K.dim() != 4 or X.shape[0] != K.shape[1]:
        raise ValueError(f"X {list(X.shape)} and K {list(K.shape)} do not belong together")
    *_, kh, kw = K.shape
    windows = X.unfold(1, kh, 1).unfold(2, kw, 1)
    return (windows[None] * K[:, :, None, None]).sum((1, 4, 5))
