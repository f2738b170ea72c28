import math

import torch


def error_radius(n: int, delta: float = 0.05, num_models: int = 1) -> float:
    if n < 1 or num_models < 1 or not 0 < delta < 1:
        raise ValueError(f"n={n}, delta={delta}, num_models={num_models}")
    return math.sqrt(-0.5 / n * math.log(delta / num_models / 2))


def samples_needed(eps: float, delta: float = 0.05, num_models: int = 1) -> int:
    if not eps > 0:
        raise ValueError(f"eps={eps}")
    return -int(-((error_radius(1, delta, num_models) / eps) ** 2) // 1)


def simulate_reuse(num_models: int, n: int, seed: int) -> tuple[float, float]:
    if min(num_models, n) < 1:
        raise ValueError(f"num_models={num_models}, n={n}")
    torch.manual_seed(seed)
    labels = torch.rand(n) < 0.5
    guesses = torch.rand(num_models, n) < 0.5
    hits = (guesses == labels).float().mean(1)
    best = int(hits.argmax())
    fresh_guesses, fresh_labels = torch.rand(num_models, n) < 0.5, torch.rand(n) < 0.5
    return float(hits[best]), float((fresh_guesses[best] == fresh_labels).float().mean())
