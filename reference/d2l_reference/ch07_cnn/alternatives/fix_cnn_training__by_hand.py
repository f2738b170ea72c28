"""The repaired program without an optimizer: the update written out, batches from their own generator."""

import torch
from torch import nn
from torch.nn.functional import log_softmax, nll_loss


def to_images(X):
    images = torch.empty(len(X), 1, 8, 8)
    for image, row in zip(images, X, strict=True):
        image[0] = row.reshape(8, 8) / 16
    return images


def build(num_classes=10):
    layers = []
    for i, o in ((1, 16), (16, 32)):
        layers += [nn.Conv2d(i, o, (3, 3), padding="same"), nn.ReLU(inplace=True), nn.MaxPool2d((2, 2))]
    return nn.Sequential(*layers, nn.Dropout2d(0.2), nn.Flatten(1), nn.LazyLinear(num_classes))


def train(X, y, epochs=12, lr=0.2, batch_size=32, seed=0):
    torch.manual_seed(seed)
    batches = torch.Generator().manual_seed(seed)
    net, images = build(), to_images(X)
    net(images[:2])
    for _ in range(epochs):
        order = torch.randperm(len(X), generator=batches)
        for start in range(0, len(X), batch_size):
            rows = order[start : start + batch_size]
            net.zero_grad()
            nll_loss(log_softmax(net(images[rows]), dim=-1), y[rows]).backward()
            with torch.no_grad():
                for p in net.parameters():
                    p -= lr * p.grad
    return net


def predict(net, X):
    net.train(False)
    return torch.stack([net(image[None])[0].argmax() for image in to_images(X)])
