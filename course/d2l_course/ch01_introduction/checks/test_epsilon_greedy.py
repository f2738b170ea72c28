"""Public checks of ch01/epsilon_greedy."""

import pytest
import torch
from d2l_kit.checks import assert_close, assert_equal, assert_raises, probe


@probe
def told(module, n_actions, rewards):
    """Values and counts after the rewards, and the choice of an agent that never explores after each of them."""
    agent = module.EpsilonGreedy(n_actions, 0.0)
    choices = []
    for action, reward in rewards:
        agent.update(action, reward)
        choices.append(int(agent.act()))
    return torch.tensor([float(v) for v in agent.values]), [int(c) for c in agent.counts], choices


@probe
def choices_of(module, n_actions, epsilon, seed, rewards, rounds):
    """What an agent does in many rounds without new rewards."""
    agent = module.EpsilonGreedy(n_actions, epsilon, seed)
    for action, reward in rewards:
        agent.update(action, reward)
    return torch.tensor([int(agent.act()) for _ in range(rounds)])


@probe
def choices_side_by_side(module, n_actions, epsilon, seeds, rounds):
    """What several agents do, all acting once in every round; the last one is made without a seed."""
    agents = [module.EpsilonGreedy(n_actions, epsilon, seed) for seed in seeds]
    agents.append(module.EpsilonGreedy(n_actions, epsilon))
    return torch.tensor([[int(agent.act()) for agent in agents] for _ in range(rounds)]).T


@probe
def agent_updated(module, n_actions, action, reward):
    agent = module.EpsilonGreedy(n_actions, 0.5)
    agent.update(action, reward)
    return [float(v) for v in agent.values]


@probe
def agent_made(module, n_actions, epsilon):
    return len(module.EpsilonGreedy(n_actions, epsilon).values)


@pytest.mark.weight(3)
def test_values_are_means(submission):
    """Values are the means of the rewards, counts their numbers, and the best action follows the values."""
    rewards = [(2, 1.0), (0, 4.0), (0, -3.0), (2, 3.0), (0, 7.0), (1, 2.5), (2, -1.0), (3, -2.0)]
    values, counts, choices = submission.run(told, 5, rewards)
    assert_close(values, torch.tensor([8 / 3, 2.5, 1.0, -2.0, 0.0]), what="values")  # (4 - 3 + 7) / 3 and so on
    assert_equal(counts, [3, 1, 3, 1, 0], what="counts")
    assert_equal(choices, [2, 0, 2, 2, 0, 0, 0, 0], what="choices after each reward")


@pytest.mark.needs("values_are_means")
def test_a_long_life(submission):
    """After 160 rewards the first ones still count as much as the last."""
    values, counts, _ = submission.run(told, 2, [(1, 1.0)] * 80 + [(1, -3.0)] * 80)
    assert_close(values, torch.tensor([0.0, -1.0]), what="values")
    assert_equal(counts, [0, 160], what="counts")


@pytest.mark.needs("values_are_means")
def test_untried_actions_and_ties(submission):
    """An action without rewards is worth 0, more than one that costs; of equal ones the smallest number is taken."""
    rewards = [(0, -2.0), (2, 3.0), (1, 3.0), (2, -8.0), (1, -9.0)]
    # The values: [-2, 0, 0, 0], [-2, 0, 3, 0], [-2, 3, 3, 0], [-2, 3, -2.5, 0], [-2, -3, -2.5, 0].
    _, _, choices = submission.run(told, 4, rewards)
    assert_equal(choices, [1, 2, 1, 1, 3], what="choices after each reward")


@pytest.mark.weight(2)
def test_always_exploring(submission):
    """With epsilon = 1 all four actions come about equally often."""
    choices = submission.run(choices_of, 4, 1.0, 3, [(1, 5.0)], 600)
    counts = torch.bincount(choices.clamp(0, 4), minlength=5).tolist()
    # Each of them 150 times, with a standard deviation of 10.6: these are five of them.
    assert all(95 <= count <= 205 for count in counts[:4]), f"each action should come about 150 times: {counts[:4]}"
    repeats = (choices[1:] == choices[:-1]).float().mean().item()
    assert 0.1 < repeats < 0.4, f"one choice in four should be the same as the one before: it is {repeats:.0%}"


@pytest.mark.weight(2)
@pytest.mark.needs("values_are_means")
def test_sometimes_exploring(submission):
    """With epsilon = 0.2 the best of four actions comes 85 % of the time: 80 % on purpose, 5 % by chance."""
    choices = submission.run(choices_of, 4, 0.2, 5, [(2, 1.0), (0, 0.5)], 600)
    share = (choices == 2).float().mean().item()
    assert 0.775 < share < 0.925, f"the best action should come about 85 % of the time: it is {share:.0%}"
    others = [(choices == action).float().mean().item() for action in (0, 1, 3)]
    assert all(0.01 < other < 0.1 for other in others), (
        f"every other action should come about 5 % of the time: {others}"
    )


@pytest.mark.needs("always_exploring")
def test_seed_decides(submission):
    """The same seed gives the same actions, another seed others; without a seed it is 0."""
    first, again, other, zero, default = submission.run(choices_side_by_side, 5, 0.9, [7, 7, 8, 0], 60)
    assert again.tolist() == first.tolist(), (
        "two agents with the same seed, acting in turn, took different actions: the seed does not reach all draws, or "
        "the agents draw from one generator and so disturb each other's random numbers"
    )
    assert (first != other).any(), "agents with different seeds took the same 60 actions"
    assert_equal(default, zero, what="actions of an agent made without a seed")


@pytest.mark.needs("values_are_means")
def test_refuses_what_cannot_be(submission):
    """A probability beyond 0 and 1 and an action that does not exist are ValueErrors that name the number."""
    for epsilon in (1.5, -0.5):
        assert_raises(ValueError, submission.run, agent_made, 3, epsilon, mentions=(str(epsilon),))
    for action in (7, 3, -2):
        assert_raises(ValueError, submission.run, agent_updated, 3, action, 1.0, mentions=(str(action),))
