import torch
from torch import Tensor, nn


class Conv2D(nn.Module):
    def __init__(self, kernel_size: tuple[int, int], generator: torch.Generator | None = None) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(kernel_size, generator=generator))
        self.bias = nn.Parameter(torch.randn(1, generator=generator))

    def forward(self, X: Tensor) -> Tensor:
        kh, kw = self.weight.shape
        windows = X.unfold(-2, kh, 1).unfold(-2, kw, 1)
        return torch.einsum("...uv,uv->...", windows, self.weight) + self.bias


def learn_kernel(
    X: Tensor, Y: Tensor, kernel_size: tuple[int, int], lr: float = 0.1, steps: int = 300, seed: int = 0
) -> Conv2D:
    layer = Conv2D(kernel_size, torch.Generator().manual_seed(seed))
    for _ in range(steps):
        loss = (layer(X) - Y).square().mean()
        by_weight, by_bias = torch.autograd.grad(loss, (layer.weight, layer.bias))
        layer.weight.data.sub_(by_weight, alpha=lr)
        layer.bias.data.sub_(by_bias, alpha=lr)
    return layer
