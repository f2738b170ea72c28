from torch import Tensor


def collapse_linear(layers: list[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
    if not layers:
        raise ValueError("there is no layer to collapse")
    W, b = (tensor.clone() for tensor in layers[0])
    for next_W, next_b in layers[1:]:
        if next_W.shape[1] != W.shape[0]:
            raise ValueError(f"a layer takes {next_W.shape[1]} numbers, but the one before gives {W.shape[0]}")
        W, b = next_W @ W, next_W @ b + next_b
    return W, b
