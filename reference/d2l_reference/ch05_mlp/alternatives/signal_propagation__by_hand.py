import torch


def _forward(z, activation):
    if activation == "linear":
        return z, torch.ones_like(z)
    if activation == "relu":
        return z.clamp(min=0), (z > 0).to(z.dtype)
    if activation == "sigmoid":
        s = torch.sigmoid(z)
        return s, s * (1 - s)
    if activation == "tanh":
        t = torch.tanh(z)
        return t, 1 - t * t
    raise ValueError("unknown activation: " + activation)


def signal_report(weights, X, activation):
    inputs, slopes, h = [], [], X
    act_std = X.new_empty(len(weights))
    for layer, W in enumerate(weights):
        inputs.append(h)
        h, slope = _forward(torch.einsum("ni,oi->no", h, W), activation)
        slopes.append(slope)
        act_std[layer] = h.std()
    grad_norm = X.new_empty(len(weights))
    back = 2 * h / h.numel()
    for layer in range(len(weights) - 1, -1, -1):
        back = back * slopes[layer]
        grad_norm[layer] = (back.T @ inputs[layer]).pow(2).sum().sqrt()
        back = back @ weights[layer]
    return act_std, grad_norm


def stable_std(width, activation):
    gains = {"linear": 1.0, "relu": 2.0, "tanh": 1.0}
    if activation not in gains:
        raise ValueError(f"{activation} has no stable deviation")
    return (gains[activation] / width) ** 0.5
