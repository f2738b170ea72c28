import torch
from torch import nn


def make_model(num_inputs, seed=0):
    generator = torch.Generator().manual_seed(seed)
    model = nn.Sequential(nn.LazyLinear(1))
    model(torch.zeros(1, num_inputs))
    with torch.no_grad():
        model[0].weight.normal_(0, 0.01, generator=generator)
        model[0].bias.fill_(0)
    return model


def fit_concise(X, y, lr=0.03, batch_size=32, epochs=3, seed=0):
    model = make_model(X.size(1), seed)
    order = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.SGD(model.parameters(), lr)
    for _ in range(epochs):
        for rows in torch.randperm(len(X), generator=order).split(batch_size):
            model.zero_grad()
            nn.functional.mse_loss(model(X[rows]), y[rows]).backward()
            optimizer.step()
    return model
