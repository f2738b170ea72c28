"""Reinforcement learning: an agent that has to try out what its actions are worth (section 1.3)."""

import random

import torch


class EpsilonGreedy:
    """An agent that mostly does what has paid best so far, and now and then tries something else.

    Nobody tells the agent which action is right: it only sees a reward for the action it has taken. So it keeps,
    for every action, the mean of the rewards seen. With probability `epsilon` it *explores*: it takes any of
    the actions, all equally likely, the best one included. Otherwise it *exploits*: it takes the action with
    the largest mean, of several equal ones the one with the smallest number.

    The agent has a random generator of its own, seeded once, when the agent is made: two agents with the same
    seed and the same rewards act alike, and the generators of `torch` and `random` are never touched.

    Args:
        n_actions: Number of actions, named 0 to n_actions - 1.
        epsilon: Probability of exploring, from 0 to 1.
        seed: Seed of the agent's own generator.

    Attributes:
        values: A list: for each action the mean of its rewards, 0 before the first.
        counts: A list: for each action how many rewards it has had.

    Raises:
        ValueError: epsilon is below 0 or above 1; the message names it.

    Example:
        >>> agent = EpsilonGreedy(3, epsilon=0.0)
        >>> for action, reward in [(1, 4.0), (1, 1.0), (2, 2.0)]:
        ...     agent.update(action, reward)
        >>> agent.values, agent.counts, agent.act()
        ([0.0, 2.5, 2.0], [0, 2, 1], 1)

    Book: section 1.3.
    """

    def __init__(self, n_actions: int, epsilon: float, seed: int = 0) -> None:
        raise NotImplementedError

    def act(self) -> int:
        """Choose an action; this changes neither values nor counts.

        Returns:
            The action's number.
        """
        raise NotImplementedError

    def update(self, action: int, reward: float) -> None:
        """Take in the reward of an action.

        Args:
            action: The action that was taken.
            reward: What it has brought; may be negative.

        Raises:
            ValueError: There is no such action; the message names it.
        """
        raise NotImplementedError
