import random


class EpsilonGreedy:
    def __init__(self, n_actions: int, epsilon: float, seed: int = 0) -> None:
        if not 0 <= epsilon <= 1:
            raise ValueError(f"epsilon is a probability, from 0 to 1, not {epsilon}")
        self.epsilon = epsilon
        self.values = [0.0] * n_actions
        self.counts = [0] * n_actions
        self._random = random.Random(seed)

    def act(self) -> int:
        if self._random.random() < self.epsilon:
            return self._random.randrange(len(self.values))
        return self.values.index(max(self.values))

    def update(self, action: int, reward: float) -> None:
        if not 0 <= action < len(self.values):
            raise ValueError(f"there is no action {action}, only 0 to {len(self.values) - 1}")
        self.counts[action] += 1
        self.values[action] += (reward - self.values[action]) / self.counts[action]
