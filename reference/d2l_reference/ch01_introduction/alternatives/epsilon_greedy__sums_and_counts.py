"""Sums and counts are kept, the values are a property; torch's generator draws."""

import torch


class EpsilonGreedy:
    def __init__(self, n_actions, epsilon, seed=0):
        if epsilon < 0.0 or epsilon > 1.0:
            raise ValueError("epsilon=" + str(epsilon))
        self.n, self.epsilon = n_actions, epsilon
        self.sums, self.counts = [0.0] * n_actions, [0] * n_actions
        self.generator = torch.Generator().manual_seed(seed)

    @property
    def values(self):
        return [s / max(c, 1) for s, c in zip(self.sums, self.counts, strict=True)]

    def act(self):
        explore = torch.rand(1, generator=self.generator).item() < self.epsilon
        if explore:
            return torch.randint(0, self.n, (1,), generator=self.generator).item()
        return max(range(self.n), key=self.values.__getitem__)

    def update(self, action, reward):
        if action not in range(self.n):
            raise ValueError(f"action {action!r}")
        self.sums[action] += reward
        self.counts[action] += 1
