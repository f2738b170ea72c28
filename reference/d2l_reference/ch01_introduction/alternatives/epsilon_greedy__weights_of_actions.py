"""A probability for each action, drawn from by numpy; values as a weighted mean of old and new."""

import numpy as np


class EpsilonGreedy:
    def __init__(self, n_actions, epsilon, seed=0):
        if not (epsilon >= 0 and epsilon <= 1):
            raise ValueError(f"{epsilon} is no probability")
        self.epsilon = epsilon
        self.values, self.counts = np.zeros(n_actions), np.zeros(n_actions, dtype=int)
        self.rng = np.random.default_rng(seed)

    def act(self):
        n = len(self.values)
        chances = np.full(n, self.epsilon / n)
        chances[self.values.argmax()] += 1 - self.epsilon
        return int(self.rng.choice(n, p=chances))

    def update(self, action, reward):
        if action < 0 or action >= len(self.values):
            raise ValueError(f"no action {action}")
        n = self.counts[action]
        self.values[action] = (n * self.values[action] + reward) / (n + 1)
        self.counts[action] = n + 1
