import math
import random


def _logs(delta, num_models):
    if not 0 < delta < 1:
        raise ValueError(f"delta: {delta}")
    if num_models < 1:
        raise ValueError(f"num_models: {num_models}")
    return math.log(2) + math.log(num_models) - math.log(delta)


def error_radius(n: int, delta: float = 0.05, num_models: int = 1) -> float:
    if n < 1:
        raise ValueError(f"n: {n}")
    return (_logs(delta, num_models) / n / 2) ** 0.5


def samples_needed(eps: float, delta: float = 0.05, num_models: int = 1) -> int:
    if not eps > 0:
        raise ValueError(f"eps: {eps}")
    n = max(1, int(_logs(delta, num_models) / eps**2 / 2) - 1)
    while error_radius(n, delta, num_models) > eps:
        n += 1
    return n


def simulate_reuse(num_models: int, n: int, seed: int) -> tuple[float, float]:
    if num_models < 1 or n < 1:
        raise ValueError(f"num_models: {num_models}, n: {n}")
    coin = random.Random(seed)

    def hits():
        return coin.getrandbits(n).bit_count() / n

    return max(hits() for _ in range(num_models)), hits()
