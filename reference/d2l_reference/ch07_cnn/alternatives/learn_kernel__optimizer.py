import torch
from torch import Tensor, nn


class Conv2D(nn.Module):
    def __init__(self, kernel_size: tuple[int, int]) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.empty(1))
        self.weight = nn.Parameter(torch.empty(*kernel_size))
        nn.init.normal_(self.weight, std=0.1)
        nn.init.zeros_(self.bias)

    def forward(self, X: Tensor) -> Tensor:
        kh, kw = self.weight.shape
        h, w = X.shape[-2:]
        Y = self.bias
        for u in range(kh):
            for v in range(kw):
                Y = Y + self.weight[u, v] * X[..., u : h - kh + 1 + u, v : w - kw + 1 + v]
        return Y


def learn_kernel(
    X: Tensor, Y: Tensor, kernel_size: tuple[int, int], lr: float = 0.1, steps: int = 300, seed: int = 0
) -> Conv2D:
    torch.manual_seed(seed)
    net = Conv2D(kernel_size)
    optimizer = torch.optim.SGD(net.parameters(), lr=lr)
    criterion = nn.MSELoss()
    for _ in range(steps):
        optimizer.zero_grad()
        criterion(net(X), Y).backward()
        optimizer.step()
    return net
