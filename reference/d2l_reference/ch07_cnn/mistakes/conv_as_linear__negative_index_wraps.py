from torch import Tensor


def conv_matrix(K: Tensor, h: int, w: int) -> Tensor:
    kh, kw = K.shape
    rows, columns = _output_size(h, w, kh, kw)
    matrix = K.new_zeros(rows * columns, h * w)
    for i in range(rows):
        for j in range(columns):
            for r in range(h):
                for c in range(w):
                    u, v = r - i, c - j
                    if -kh <= u < kh and -kw <= v < kw:
                        matrix[i * columns + j, r * w + c] = K[u, v]
    return matrix


def count_params(h: int, w: int, kh: int, kw: int) -> dict[str, int]:
    rows, columns = _output_size(h, w, kh, kw)
    outputs, inputs, taps = rows * columns, h * w, kh * kw
    return {"dense": outputs * inputs, "local": outputs * taps, "conv": taps}


def _output_size(h: int, w: int, kh: int, kw: int) -> tuple[int, int]:
    if kh > h or kw > w:
        raise ValueError(f"a {kh} x {kw} kernel does not fit into a {h} x {w} image")
    return h - kh + 1, w - kw + 1
