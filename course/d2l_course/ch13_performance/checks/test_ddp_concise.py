"""Public checks of ch13/ddp_concise."""

import pytest
import torch
import torch.nn.functional as F
from d2l_kit.checks import CheckFailed, assert_alike, assert_close, assert_equal, on_ranks, probe
from torch import nn

DOUBLE = {"dtype": torch.float64}
SHAPES = {"hidden.weight": (4, 3), "hidden.bias": (4,), "output.weight": (2, 4), "output.bias": (2,)}
FIRST_TEST = 1000  # test examples are numbered from here


@probe
def trained(module, here, start, X, y, X_test, y_test, epochs, batch_size, lr, seeds):
    """For each seed, what train_worker returns, and for each call of the network its mode and the examples' numbers."""
    found = []
    for seed in seeds:
        calls = []

        class Net(nn.Module):
            def __init__(self, calls):
                super().__init__()
                self.hidden, self.output = nn.Linear(3, 4), nn.Linear(4, 2)
                self.log = lambda mode, x: calls.append((mode, [round(number) for number in x[:, 0].tolist()]))

            def forward(self, x):
                self.log(self.training, x)  # the first feature is the example's number
                return self.output(torch.tanh(self.hidden(x[:, 1:])))

        torch.manual_seed(10 + here.rank)
        net = Net(calls).double().eval()
        for p, value in zip(net.parameters(), start, strict=True):
            p.data.copy_(value)
        here.mark("training")
        result = module.train_worker(net, X, y, X_test, y_test, epochs, batch_size, lr, seed)
        state = {name: value.detach().clone() for name, value in result["state"].items()}
        losses = [float(loss) for loss in result["loss"]]
        found.append(((state, losses, float(result["accuracy"])), calls))
    return found


def numbered(rng, size, first=0):
    """Examples whose first feature is their number."""
    return torch.cat([torch.arange(first, first + size, **DOUBLE)[:, None], rng.normal(size, 3, **DOUBLE)], 1)


def draw(rng, ranks, size, tests):
    """A start for each rank, training examples, and test examples of which neither all nor none can be right."""
    starts = [([rng.normal(*shape, **DOUBLE) for shape in SHAPES.values()],) for _ in range(ranks)]
    X, y = numbered(rng, size), rng.integers(0, 2, size)
    X_test = numbered(rng, tests, FIRST_TEST)
    X_test[1::2, 1:] = X_test[0 : tests // 2 * 2 : 2, 1:]  # in pairs: the same example with each label
    return starts, (X, y, X_test, torch.arange(tests) % 2)


def logits(params, x):
    """What the network makes of examples."""
    w1, b1, w2, b2 = params
    return F.linear(torch.tanh(F.linear(x[:, 1:], w1, b1)), w2, b2)


def batches(answers, turn, tests=False):
    """For each rank, the numbers of the examples in its batches of training, or of testing."""
    calls = [[numbers for _, numbers in found[turn][1] if numbers] for found in answers.values]
    return [[list(n) for n in own if (n[0] >= FIRST_TEST) == tests] for own in calls]


def epochs_of(answers, turn, epochs, size, batch_size):
    """Each epoch's batches of each rank, which have the right number and sizes."""
    own = batches(answers, turn)
    share = -(-size // len(own))
    expected = [min(batch_size, share - first) for first in range(0, share, batch_size)]
    for rank, found in enumerate(own):
        assert_equal([len(b) for b in found], expected * epochs, what=f"list of sizes of rank {rank}'s batches")
    steps = len(expected)
    return [[found[e * steps : (e + 1) * steps] for found in own] for e in range(epochs)]


def assert_dealt_out(order, size):
    """In each epoch every example is seen, and as few twice as can be."""
    for epoch, ranks in enumerate(order):
        seen = [number for own in ranks for batch in own for number in batch]
        missing, twice = sorted(set(range(size)) - set(seen)), sorted({n for n in seen if seen.count(n) > 1})
        if missing or len(seen) - len(set(seen)) >= len(ranks):
            raise CheckFailed(
                f"In each epoch the ranks together should see each of the {size} examples.",
                f"In epoch {epoch} they leave out {missing or 'none'}, and see more than once {twice or 'none'}.",
                help="DistributedSampler deals out the numbers of a data set; a DataLoader takes it as sampler.",
            )


def assert_trained(answers, turn, start, X, y, order, lr):
    """State and losses are those of one process that takes the mean over the ranks of each step's gradients."""
    params, losses = [p.clone().requires_grad_() for p in start], []
    for ranks in order:
        summed = 0.0
        for step in zip(*ranks, strict=True):
            each = [F.cross_entropy(logits(params, X[numbers]), y[numbers]) for numbers in step]
            summed += sum(loss.item() * len(numbers) for loss, numbers in zip(each, step, strict=True))
            grads = torch.autograd.grad(sum(each) / len(step), params)
            params = [(p - lr * g).detach().requires_grad_() for p, g in zip(params, grads, strict=True)]
        losses.append(summed / sum(len(batch) for own in ranks for batch in own))
    params = [p.detach() for p in params]
    for rank, found in enumerate(answers.values):
        state, loss, _ = found[turn][0]
        assert_equal(sorted(state), sorted(SHAPES), what=f"list of names in rank {rank}'s state")
        assert_close([state[name] for name in SHAPES], params, what=f"list of rank {rank}'s parameters")
        assert_close(list(loss), losses, rtol=1e-5, what=f"list of rank {rank}'s losses")
    return params


@pytest.mark.weight(2)
def test_each_example_in_one_share(submission, rng):
    """Twelve examples, two ranks, batches of 4 and 2: no example is seen twice, and each batch counts as it should."""
    starts, data = draw(rng, 2, 12, 3)
    answers = on_ranks(submission, 2, trained, *data, 2, 4, 0.5, [3], each=starts)
    order = epochs_of(answers, 0, 2, 12, 4)
    assert_dealt_out(order, 12)
    assert_trained(answers, 0, starts[0][0], *data[:2], order, 0.5)


@pytest.mark.weight(3)
def test_one_step(submission, rng):
    """Two ranks with three of six examples each: one step is that of one process on all six, from rank 0's start."""
    starts, data = draw(rng, 2, 6, 3)
    answers = on_ranks(submission, 2, trained, *data, 1, 3, 0.5, [3], each=starts)
    assert_trained(answers, 0, starts[0][0], *data[:2], [[[[0, 1, 2]], [[3, 4, 5]]]], 0.5)


@pytest.mark.weight(2)
@pytest.mark.needs("each_example_in_one_share")
def test_a_new_order_in_each_epoch(submission, rng):
    """Three epochs have three orders and shares; the same seed repeats them, another gives others."""
    starts, data = draw(rng, 2, 24, 3)
    answers = on_ranks(submission, 2, trained, *data, 3, 6, 0.5, [3, 3, 4], each=starts)
    runs = [epochs_of(answers, turn, 3, 24, 6) for turn in range(3)]
    shares = [sorted(number for batch in ranks[0] for number in batch) for ranks in runs[0]]
    for a, b in ((0, 1), (1, 2), (0, 2)):
        if runs[0][a] == runs[0][b] or shares[a] == shares[b]:
            same = "order" if runs[0][a] == runs[0][b] else "examples on each rank"
            raise CheckFailed(
                "Each epoch should shuffle all examples anew, before they are dealt out.",
                f"Epochs {a} and {b} have the same {same}.",
                help="A DistributedSampler draws its order from its seed and its epoch: tell it the epoch.",
            )
    if runs[0] != runs[1]:
        raise CheckFailed("The same seed should give the same order.", "Two runs with seed 3 differ.")
    if runs[0] == runs[2]:
        raise CheckFailed("Another seed should give another order.", "The runs with seeds 3 and 4 are alike.")


@pytest.mark.weight(2)
@pytest.mark.needs("each_example_in_one_share", "one_step")
def test_sizes_that_do_not_divide(submission, rng):
    """Eleven examples on two ranks, two epochs of batches of 4 and 2: state and losses follow from the batches."""
    starts, data = draw(rng, 2, 11, 3)
    answers = on_ranks(submission, 2, trained, *data, 2, 4, 0.5, [3], each=starts)
    order = epochs_of(answers, 0, 2, 11, 4)
    assert_dealt_out(order, 11)
    assert_trained(answers, 0, starts[0][0], *data[:2], order, 0.5)
    assert_alike([found[0][0] for found in answers.values], what="state, losses and accuracy")


def assert_tested(answers, tests):
    """Every test example goes through the network on some rank, and no rank takes more than its share."""
    own = [[number for batch in found for number in batch] for found in batches(answers, 0, tests=True)]
    missing = set(range(FIRST_TEST, FIRST_TEST + tests)) - {number for numbers in own for number in numbers}
    most = -(-tests // len(own))
    if missing or max(map(len, own)) > most:
        raise CheckFailed(
            f"The {tests} test examples should be shared out, at most {most} to each rank.",
            f"The ranks look at {', '.join(str(len(numbers)) for numbers in own)}; {len(missing)} are left out.",
        )


@pytest.mark.weight(3)
@pytest.mark.needs("one_step")
def test_accuracy_over_all_ranks(submission, rng):
    """Seven test examples on two ranks: each counts once, on one rank, and both know the result."""
    starts, data = draw(rng, 2, 8, 7)
    answers = on_ranks(submission, 2, trained, *data, 1, 4, 0.5, [3], each=starts)
    for rank, (((state, _, accuracy), _),) in enumerate(answers.values):
        found = logits([state.get(name) for name in SHAPES], data[2]).argmax(1)
        assert_close(accuracy, (found == data[3]).double().mean().item(), rtol=1e-5, what=f"accuracy on rank {rank}")
    assert_tested(answers, 7)


@pytest.mark.needs("one_step")
def test_modes_of_the_network(submission, rng):
    """The network comes in evaluation mode; it trains in training mode and is tested in evaluation mode."""
    starts, data = draw(rng, 2, 6, 3)
    answers = on_ranks(submission, 2, trained, *data, 2, 2, 0.5, [3], each=starts)
    for rank, ((_, calls),) in enumerate(answers.values):
        for mode, numbers in calls:
            if numbers and mode != (numbers[0] < FIRST_TEST):
                raise CheckFailed(
                    "Training should happen in training mode, testing in evaluation mode.",
                    f"On rank {rank} the network {'trains' if not mode else 'is tested'} in the other one.",
                    help="train() and eval() switch; dropout and others behave differently in the two.",
                )


@pytest.mark.observed
@pytest.mark.needs("one_step")
def test_gradients_travel_in_one_bucket(submission, rng):
    """The gradients of all 26 parameters go in one all-reduce in each of four steps, not one by one."""
    starts, data = draw(rng, 2, 8, 3)
    answers = on_ranks(submission, 2, trained, *data, 2, 2, 0.5, [3], each=starts)
    for rank in range(2):
        reductions = [call.elements for call in answers.collectives(rank, "all_reduce")]
        if (whole := sum(size >= 26 for size in reductions)) != 4:
            raise CheckFailed(
                "All gradients of a step should travel in one all-reduce, as DistributedDataParallel sends them.",
                f"Rank {rank} makes {whole} all-reduces of 26 numbers or more in four steps; in all {len(reductions)}.",
            )
