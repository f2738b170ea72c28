import torch


def fans(shape):
    if len(shape) < 2:
        raise ValueError(f"{shape=}")
    per_output = torch.empty(shape, device="meta")[0].numel()
    return per_output, per_output // shape[1] * shape[0]


def xavier_uniform(shape, seed=0):
    deviation = torch.tensor(2.0 / sum(fans(shape))).sqrt()
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        # The variance of an even spread over [0, 1] is 1/12.
        return (torch.rand(shape) - 0.5) * 12**0.5 * deviation


def he_normal(shape, seed=0):
    deviation = torch.tensor(2.0 / fans(shape)[0]).sqrt()
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return torch.randn(*shape).mul_(deviation)
