import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset


def build(num_inputs: int = 64, num_classes: int = 10) -> nn.Module:
    return nn.Linear(num_inputs, num_classes)


def train(X: Tensor, y: Tensor, epochs: int = 15, lr: float = 0.3, batch_size: int = 32, seed: int = 0) -> nn.Module:
    torch.manual_seed(seed)
    net = build(num_inputs=X.shape[1])
    criterion = nn.CrossEntropyLoss()
    loader = DataLoader(TensorDataset(X, y), batch_size=batch_size, shuffle=True)
    for _ in range(epochs):
        for inputs, labels in loader:
            net.zero_grad()
            criterion(net(inputs), labels).backward()
            with torch.no_grad():
                for parameter in net.parameters():
                    parameter -= lr * parameter.grad
    return net


@torch.no_grad()
def predict_proba(net: nn.Module, X: Tensor) -> Tensor:
    return torch.softmax(net(X), dim=-1)


@torch.no_grad()
def accuracy(net: nn.Module, X: Tensor, y: Tensor) -> float:
    predicted = net(X).max(dim=1).indices
    return int((predicted == y).sum()) / y.numel()
