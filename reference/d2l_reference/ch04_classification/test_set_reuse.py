import math

import torch


def error_radius(n: int, delta: float = 0.05, num_models: int = 1) -> float:
    _require(n >= 1, "n", n)
    return math.sqrt(_log_term(delta, num_models) / (2 * n))


def samples_needed(eps: float, delta: float = 0.05, num_models: int = 1) -> int:
    _require(eps > 0, "eps", eps)
    return math.ceil(_log_term(delta, num_models) / (2 * eps**2))


def simulate_reuse(num_models: int, n: int, seed: int) -> tuple[float, float]:
    _require(num_models >= 1, "num_models", num_models)
    _require(n >= 1, "n", n)
    generator = torch.Generator().manual_seed(seed)

    def coins(*shape: int) -> torch.Tensor:
        return torch.randint(0, 2, shape, generator=generator)

    accuracies = (coins(num_models, n) == coins(n)).double().mean(dim=1)
    # The winner has nothing to know: on fresh examples its guesses are new coins, whichever model it is.
    fresh = (coins(n) == coins(n)).double().mean()
    return accuracies.max().item(), fresh.item()


def _log_term(delta: float, num_models: int) -> float:
    _require(0 < delta < 1, "delta", delta)
    _require(num_models >= 1, "num_models", num_models)
    return math.log(2 * num_models / delta)


def _require(holds: bool, name: str, value: float) -> None:
    if not holds:
        raise ValueError(f"{name} = {value} is out of range")
