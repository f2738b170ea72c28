import torch
from torch.utils.data import DataLoader, TensorDataset


class SyntheticRegressionData:
    def __init__(self, w, b, noise=0.01, num_train=1000, num_val=1000, batch_size=32, seed=0):
        if batch_size <= 0:
            raise ValueError(f"{batch_size=}")
        self.generator = torch.Generator()
        self.generator.manual_seed(seed)
        self.num_train, self.num_val, self.batch_size = num_train, num_val, batch_size
        n = num_train + num_val
        self.X = torch.empty(n, w.numel()).normal_(generator=self.generator)
        epsilon = torch.empty(n).normal_(std=1.0, generator=self.generator)
        self.y = (torch.mv(self.X, w) + b + noise * epsilon).reshape(-1, 1)

    def get_dataloader(self, train):
        part = slice(0, self.num_train) if train else slice(self.num_train, None)
        if len(self.X[part]) == 0:
            return []
        dataset = TensorDataset(self.X[part], self.y[part])
        return DataLoader(dataset, self.batch_size, shuffle=train, generator=self.generator)
