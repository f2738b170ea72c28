"""Hidden checks of ch01/epsilon_greedy."""

import numpy as np
import pytest
import torch
from d2l_kit.checks import assert_close, assert_equal, assert_raises, probe

ROUNDS = 600


@probe
def told(module, n_actions, rewards, others):
    """Two agents, updated in turn, neither exploring: values, counts and choices of the first."""
    agent, second = module.EpsilonGreedy(n_actions, 0.0), module.EpsilonGreedy(n_actions, 0.0)
    choices = []
    for (action, reward), (action_2, reward_2) in zip(rewards, others, strict=True):
        agent.update(action, reward)
        second.update(action_2, reward_2)
        choices.append(int(agent.act()))
    return torch.tensor([float(v) for v in agent.values]), [int(c) for c in agent.counts], choices


@probe
def played(module, n_actions, epsilon, seed, rewards):
    """The actions taken when `rewards[t][a]` is what action a brings in round t."""
    agent = module.EpsilonGreedy(n_actions, epsilon, seed)
    taken = []
    for row in rewards.tolist():
        taken.append(int(agent.act()))
        agent.update(taken[-1], row[taken[-1]])
    return torch.tensor(taken)


@probe
def random_states(module, seed):
    """What the global generators give after a game, and what they would have given without one; the choices."""
    import random

    random.seed(seed)
    torch.manual_seed(seed)
    np.random.seed(seed)
    wanted = random.random(), torch.rand(()).item(), float(np.random.rand())
    random.seed(seed)
    torch.manual_seed(seed)
    np.random.seed(seed)
    agent = module.EpsilonGreedy(3, 0.5, 11)
    choices = []
    for _ in range(40):
        choices.append(int(agent.act()))
        agent.update(choices[-1], 1.0)
    return (random.random(), torch.rand(()).item(), float(np.random.rand())), wanted, torch.tensor(choices)


@probe
def agent_updated(module, n_actions, action):
    agent = module.EpsilonGreedy(n_actions, 0.5)
    agent.update(action, 1.0)
    return [float(v) for v in agent.values]


@probe
def agent_made(module, n_actions, epsilon):
    agent = module.EpsilonGreedy(n_actions, epsilon)
    return [float(v) for v in agent.values], [int(agent.act()) for _ in range(5)]


def oracle(n_actions, rewards):
    """Values, counts, and the best action after each reward."""
    seen, choices = [[] for _ in range(n_actions)], []
    for action, reward in rewards:
        seen[action].append(reward)
        means = [sum(own) / len(own) if own else 0.0 for own in seen]
        choices.append(max(range(n_actions), key=lambda a, means=means: (means[a], -a)))
    return torch.tensor(means), [len(own) for own in seen], choices


@pytest.mark.weight(3)
@pytest.mark.needs("values_are_means")
def test_values_of_any_rewards(submission, rng):
    """Values, counts and best action after many rewards, negative ones and ties too, with another agent beside."""
    for n_actions in (2, 6):
        # Whole numbers and few actions: means are equal now and then, and all of them start below 0.
        rewards = [(rng.integers(0, n_actions), float(rng.integers(-9, 3))) for _ in range(40)]
        others = [(rng.integers(0, n_actions), float(rng.integers(-3, 9))) for _ in range(40)]
        values, counts, choices = oracle(n_actions, rewards)
        found = submission.run(told, n_actions, rewards, others)
        assert_close(found[0], values, what="values")
        assert_equal(found[1], counts, what="counts")
        assert sum(a == b for a, b in zip(found[2], choices, strict=True)) >= 38, "the best action is not chosen"


@pytest.mark.needs("values_are_means")
def test_ties_go_to_the_smallest_number(submission, rng):
    """Of actions with equal values, the one with the smallest number is chosen."""
    a, b = sorted(rng.permutation(5)[:2].tolist())
    rewards = [(b, 2.0), (a, 2.0), (b, 2.0), (a, -4.0), (b, -8.0)]
    found = submission.run(told, 5, rewards, [(0, 1.0)] * 5)
    assert_equal(found[2], oracle(5, rewards)[2], what="choices after each reward")


@pytest.mark.weight(3)
def test_learns_in_a_game(submission, rng):
    """In a game of chance the agent finds the action that pays best, wherever it is, and goes on taking it."""
    chances = torch.tensor([0.1, 0.9, 0.3])
    for order in ([0, 1, 2], [2, 0, 1], [0, 2, 1]):
        rewards = (rng.uniform(ROUNDS, 3) < chances[order]).float()
        taken = submission.run(played, 3, 0.1, rng.integers(0, 1000), rewards)
        assert ((taken >= 0) & (taken < 3)).all(), "an action was taken that there is not"
        mean = rewards[torch.arange(ROUNDS), taken][300:].mean().item()
        assert mean > 0.72, f"from round 300 on the mean reward should be well above 0.72: it is {mean:.2f}"


@pytest.mark.needs("learns_in_a_game")
def test_generators_of_others_are_left_alone(submission, rng):
    """The generators of random, torch and numpy stand where they stood before the game."""
    found, wanted, choices = submission.run(random_states, rng.integers(0, 1000))
    assert choices.unique().tolist() == [0, 1, 2], "exploring half of the time, 40 rounds never took some action"
    for name, mine, theirs in zip(("random", "torch", "numpy"), found, wanted, strict=True):
        assert mine == theirs, f"after the game the global generator of {name} gives another number than before"


@pytest.mark.needs("values_are_means")
def test_refuses_just_beyond_the_limits(submission, rng):
    """A negative probability, and actions just out of range, are refused; 0 and 1 are probabilities."""
    assert_raises(ValueError, submission.run, agent_made, 4, -0.25, mentions=("-0.25",))
    assert_raises(ValueError, submission.run, agent_updated, 4, 4, mentions=("4",))
    assert_raises(ValueError, submission.run, agent_updated, 4, -1, mentions=("-1",))
    for epsilon in (0.0, 1.0):
        values, choices = submission.run(agent_made, 4, epsilon)
        assert_equal(values, [0.0] * 4, what="values before the first reward")
        assert (choices == [0] * 5) == (epsilon == 0.0), f"with epsilon = {epsilon} the choices are {choices}"
