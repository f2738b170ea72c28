import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset


class LinearRegression(nn.Module):
    def __init__(self, num_inputs: int) -> None:
        super().__init__()
        self.net = nn.Linear(num_inputs, 1)
        self.net.weight.data = 0.01 * torch.randn(1, num_inputs)
        self.net.bias.data.zero_()

    def forward(self, X: Tensor) -> Tensor:
        return self.net(X)


def make_model(num_inputs: int, seed: int = 0) -> nn.Module:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return LinearRegression(num_inputs)


def fit_concise(
    X: Tensor, y: Tensor, lr: float = 0.03, batch_size: int = 32, epochs: int = 3, seed: int = 0
) -> nn.Module:
    model = make_model(X.shape[1], seed).train()
    order = torch.Generator().manual_seed(seed)
    batches = DataLoader(TensorDataset(X, y), batch_size=batch_size, shuffle=True, generator=order)
    optimizer, criterion = torch.optim.SGD(model.parameters(), lr=lr), nn.MSELoss(reduction="mean")
    epoch = 0
    while epoch < epochs:
        for inputs, targets in batches:
            criterion(model(inputs), targets).backward()
            optimizer.step()
            optimizer.zero_grad()
        epoch += 1
    return model.eval()
