import torch


def fans(shape):
    if len(shape) <= 1:
        raise ValueError("at least two axes are needed, not %d: %s" % (len(shape), list(shape)))
    window = 1
    for size in shape[2:]:
        window *= size
    return shape[1] * window, shape[0] * window


def xavier_uniform(shape, seed=0):
    fan_in, fan_out = fans(shape)
    a = (6.0 / (fan_in + fan_out)) ** 0.5
    generator = torch.Generator()
    generator.manual_seed(seed)
    return torch.empty(shape).uniform_(-a, a, generator=generator)


def he_normal(shape, seed=0):
    generator = torch.Generator()
    generator.manual_seed(seed)
    std = (2.0 / fans(shape)[0]) ** 0.5
    return torch.normal(0.0, std, shape, generator=generator)
