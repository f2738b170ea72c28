import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset


def make_model(num_inputs: int, seed: int = 0) -> nn.Module:
    model = nn.Linear(num_inputs, 1)
    nn.init.normal_(model.weight, std=0.01, generator=torch.Generator().manual_seed(seed))
    nn.init.zeros_(model.bias)
    return model


def fit_concise(
    X: Tensor, y: Tensor, lr: float = 0.03, batch_size: int = 32, epochs: int = 3, seed: int = 0
) -> nn.Module:
    model = make_model(X.shape[1], seed)
    order = torch.Generator().manual_seed(seed)
    loader = DataLoader(TensorDataset(X, y), batch_size, shuffle=True, generator=order)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    criterion = nn.MSELoss()
    for _ in range(epochs):
        for inputs, targets in loader:
            loss = criterion(model(inputs), targets)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return model
