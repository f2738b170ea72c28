"""Public checks of ch13/pipeline_microbatch."""

import pytest
import torch
import torch.nn.functional as F
from d2l_kit.checks import (
    CheckFailed,
    assert_close,
    assert_equal,
    assert_every_rank_raises,
    assert_operations,
    assert_raises,
    on_ranks,
    probe,
)
from torch import nn

KINDS = ("gpipe", "1f1b")
SIZES = [(3, 1), (3, 3), (1, 1), (1, 3), (2, 1), (2, 4), (3, 7), (4, 4), (4, 9), (5, 3)]


@probe
def schedules(module, sizes):
    """For each kind and (stages, micro-batches) the lists of all stages."""
    return {
        kind: [[module.schedule(kind, stage, p, m) for stage in range(p)] for p, m in sizes]
        for kind in ("1f1b", "gpipe")
    }


@probe
def pipelined(module, here, layer, x, target, runs):
    """Loss and gradients of this rank's stage, a linear layer and tanh, for each (micro-batches, kind); marked."""
    stage = nn.Sequential(nn.utils.skip_init(nn.Linear, *layer[0].T.shape, dtype=layer[0].dtype), nn.Tanh())
    for p, value in zip(stage.parameters(), layer, strict=True):
        p.data.copy_(value)
    found = []
    for num_micro, kind in runs:
        here.mark(f"{kind} begins")
        loss = module.run_pipeline(stage, x, target, num_micro, kind)
        here.mark(f"{kind} ends")
        found.append((loss, [p.grad for p in stage.parameters()]))
        stage.zero_grad()
    return found


@probe
def times(module, here, factor, x, target, num_micro):
    """Loss and gradient of a stage that multiplies by a number."""
    stage = nn.utils.skip_init(nn.Linear, 1, 1, bias=False)
    stage.weight.data.fill_(factor)
    return module.run_pipeline(stage, x, target, num_micro, "gpipe"), stage.weight.grad


@probe
def watched(module, here, layer, x, target, runs):
    """As `pipelined`, and what was done in order, what schedule says, outputs alive, rows of each forward."""
    import weakref

    class Mark(torch.autograd.Function):
        @staticmethod
        def forward(ctx, y, number):
            ctx.number = number
            alive.add(ctx)
            return y.clone()

        @staticmethod
        def backward(ctx, gradient):
            events.append(("B", ctx.number))
            held.append(len(alive))
            return gradient, None

    class Stage(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight, self.bias = nn.Parameter(layer[0]), nn.Parameter(layer[1])

        def forward(self, x):
            events.append(("F", len(rows)))
            rows.append(len(x))
            return Mark.apply(torch.tanh(F.linear(x, self.weight, self.bias)), len(rows) - 1)

    found = []
    for num_micro, kind in runs:
        rows, events, held, alive = [], [], [], weakref.WeakSet()
        stage = Stage()
        loss = module.run_pipeline(stage, x, target, num_micro, kind)
        own = module.schedule(kind, here.rank, here.world_size, num_micro)
        done, planned = (" ".join(f"{what}{i}" for what, i in order) for order in (events, own))
        found.append((loss, [p.grad for p in stage.parameters()], done, planned, max(held, default=0), tuple(rows)))
    return found


@probe
def tried(module, here, x, target, num_micro, kind):
    return module.run_pipeline(nn.Linear(2, 2), x, target, num_micro, kind)


def listed(order):
    """A schedule as it is written down."""
    return " ".join(f"{what}{i}" for what, i in order)


def check_complete(order, kind, stage, p, m):
    """Each forward and each backward once."""
    where = f"Stage {stage} of {p} with kind {kind!r} and {m} micro-batches"
    if not isinstance(order, list):
        raise CheckFailed(f"{where} should have a list.", f"It has a {type(order).__name__}.")
    wanted = [(what, i) for what in "FB" for i in range(m)]
    for pair in order:
        if pair not in wanted:
            raise CheckFailed(f'{where} should have pairs like ("F", 0), numbers below {m}.', f"It has {pair!r}.")
    for pair in wanted:
        if order.count(pair) != 1:
            help_text = f"Its list is {listed(order)}."
            raise CheckFailed(
                f"{where} should have {listed([pair])} once.", f"It has it {order.count(pair)} times.", help=help_text
            )


def played(orders, kind, m):
    """How long all stages together take, each operation one unit of time; no operation begins before it can."""
    p = len(orders)
    ended, place, clock = {}, [0] * p, [0] * p
    moved = True
    while moved:
        moved = False
        for stage, order in enumerate(orders):
            while place[stage] < len(order):
                what, i = order[place[stage]]
                needs = [("F", i, stage - 1)] if what == "F" else [("F", i, stage), ("B", i, stage + 1)]
                needs = [need for need in needs if 0 <= need[2] < p]
                if not all(need in ended for need in needs):
                    break
                clock[stage] = max([clock[stage], *(ended[need] for need in needs)]) + 1
                ended[what, i, stage] = clock[stage]
                place[stage] += 1
                moved = True
    stuck = [f"stage {s} waits before {listed([o[place[s]]])}" for s, o in enumerate(orders) if place[s] < len(o)]
    if stuck:
        raise CheckFailed(
            f"{p} stages should get {m} micro-batches done with kind {kind!r}.",
            f"They wait for each other: {', '.join(stuck)}.",
            help=" | ".join(f"stage {s}: {listed(o)}" for s, o in enumerate(orders)),
        )
    return max(clock)


def most_between(order):
    """How many micro-batches are at most between their F and their B."""
    depth = most = 0
    for what, _ in order:
        depth += 1 if what == "F" else -1
        most = max(most, depth)
    return most


def drawn(rng, widths, rows):
    """A weight and a bias for each stage, a batch, and what should come out of it, in double precision."""
    double = {"dtype": torch.float64}
    pairs = zip(widths[:-1], widths[1:], strict=True)
    layers = [[rng.normal(b, a, **double), rng.normal(b, **double)] for a, b in pairs]
    return layers, rng.normal(rows, widths[0], **double), rng.normal(rows, widths[-1], **double)


def per_rank(layers, x, target):
    """For each rank its stage, x on the first and target on the last."""
    last = len(layers) - 1
    return [(layer, x if s == 0 else None, target if s == last else None) for s, layer in enumerate(layers)]


def whole(layers, x, target):
    """Loss and gradients of one process that holds all stages."""
    layers = [[value.clone().requires_grad_() for value in layer] for layer in layers]
    y = x
    for weight, bias in layers:
        y = torch.tanh(F.linear(y, weight, bias))
    loss = (y - target).square().mean()
    loss.backward()
    return loss.item(), [[value.grad for value in layer] for layer in layers]


def check_passes(answers, expected, runs):
    """The loss on the last rank, None elsewhere, and each stage's gradients, in each run."""
    loss, grads = expected
    for rank, found in enumerate(answers.values):
        for (m, kind), (own_loss, own_grads, *_) in zip(runs, found, strict=True):
            where = f"on rank {rank} with kind {kind!r} and {m} micro-batches"
            assert_close(own_grads, grads[rank], what=f"list of gradients of weight and bias {where}")
            if rank < len(grads) - 1:
                assert_equal(own_loss, None, what=f"loss {where}, which is not the last")
            else:
                assert_close(own_loss, loss, what=f"loss {where}")


def test_schedules_by_hand(submission):
    """Two stages, three micro-batches: all forwards first, or one forward and one backward in turn."""
    for stage, wanted in enumerate(("F0 F1 B0 F2 B1 B2", "F0 B0 F1 B1 F2 B2")):
        pairs = [(word[0], int(word[1])) for word in wanted.split()]
        assert_equal(submission.schedule("1f1b", stage, 2, 3), pairs, what=f'schedule of stage {stage}, "1f1b"')
        order = submission.schedule("gpipe", stage, 2, 3)
        check_complete(order, "gpipe", stage, 2, 3)
        assert_equal(order[:3], [("F", 0), ("F", 1), ("F", 2)], what=f'first half of stage {stage}\'s, "gpipe"')


def test_share_of_time_that_is_waited(submission):
    """Of 4 stages with 1, 4 and 12 micro-batches, 2 with 3, and one alone."""
    found = [submission.bubble_fraction(p, m) for p, m in ((4, 1), (4, 4), (4, 12), (2, 3))]
    assert_close(found, [3 / 4, 3 / 7, 3 / 15, 1 / 4], what="list of shares")
    assert_close(submission.bubble_fraction(1, 5), 0.0, what="share of one stage alone", trivial=True)


@pytest.mark.weight(2)
@pytest.mark.needs("schedules_by_hand")
def test_schedules_fit_together(submission):
    """All stages run at once: nobody waits for ever, and nobody waits longer than the formula says."""
    found = submission.run(schedules, SIZES)
    for kind in KINDS:
        for (p, m), orders in zip(SIZES, found[kind], strict=True):
            for stage, order in enumerate(orders):
                check_complete(order, kind, stage, p, m)
            took, best = played(orders, kind, m), 2 * (m + p - 1)
            if took > best:
                raise CheckFailed(
                    f"{p} stages with kind {kind!r} should take {best} units of time for {m} micro-batches.",
                    f"They take {took}.",
                    help=" | ".join(f"stage {s}: {listed(o)}" for s, o in enumerate(orders)),
                )


@pytest.mark.weight(2)
@pytest.mark.needs("schedules_fit_together")
def test_few_micro_batches_between_forward_and_backward(submission):
    """With 1f1b stage s of p keeps p - s micro-batches at most; with gpipe all of them."""
    found = submission.run(schedules, SIZES)
    for kind in KINDS:
        for (p, m), orders in zip(SIZES, found[kind], strict=True):
            for stage, order in enumerate(orders):
                check_complete(order, kind, stage, p, m)
                most, bound = most_between(order), m if kind == "gpipe" else min(m, p - stage)
                if most != bound:
                    raise CheckFailed(
                        f"Stage {stage} of {p} with kind {kind!r} and {m} micro-batches should have {bound} of them "
                        "between F and B at most.",
                        f"It has up to {most}.",
                        help=f"Its list is {listed(order)}.",
                    )


def test_two_stages_by_hand(submission):
    """Stages times 2 and times 3, rows 1, 2 and 3, targets 6: the loss is 60, the gradients are 96 and 64."""
    x, target = torch.tensor([[1.0], [2.0], [3.0]]), torch.full((3, 1), 6.0)
    own = [(2.0, x, None), (3.0, None, target)]
    answers = on_ranks(submission, 2, times, 2, each=own)
    for rank, (loss, grad) in enumerate(answers.values):
        assert_close(grad, torch.tensor([[[96.0]], [[64.0]]][rank]), what=f"gradient on rank {rank}")
        if rank == 1:
            assert_close(loss, 60.0, what="loss on the last rank")
        else:
            assert_equal(loss, None, what="result on a rank that is not the last")


@pytest.mark.weight(2)
@pytest.mark.needs("schedules_by_hand", "two_stages_by_hand")
def test_two_stages(submission, rng):
    """Nine rows in six parts on two ranks: loss and gradients of one process, with both kinds."""
    layers, x, target = drawn(rng, (3, 5, 2), 9)
    runs = [(6, "gpipe"), (6, "1f1b")]
    answers = on_ranks(submission, 2, pipelined, runs, each=per_rank(layers, x, target))
    check_passes(answers, whole(layers, x, target), runs)


@pytest.mark.weight(2)
@pytest.mark.needs("two_stages")
def test_four_stages(submission, rng):
    """Eleven rows in six parts on four ranks, with both kinds."""
    layers, x, target = drawn(rng, (3, 5, 4, 6, 2), 11)
    runs = [(6, "gpipe"), (6, "1f1b")]
    answers = on_ranks(submission, 4, pipelined, runs, each=per_rank(layers, x, target))
    check_passes(answers, whole(layers, x, target), runs)


@pytest.mark.weight(2)
@pytest.mark.observed
@pytest.mark.needs("two_stages")
def test_one_message_for_each_micro_batch(submission, rng):
    """Over each link go as many messages of floating-point numbers as micro-batches, in both directions, no others."""
    widths, m = (3, 5, 4, 2), 4
    layers, x, target = drawn(rng, widths, 6)
    runs = [(m, "gpipe"), (m, "1f1b")]
    answers = on_ranks(submission, 3, pipelined, runs, each=per_rank(layers, x, target))
    check_passes(answers, whole(layers, x, target), runs)
    assert_operations(answers, {"send", "recv"})
    for rank in range(3):
        far = answers.peers(rank) - {rank - 1, rank + 1}
        if far:
            raise CheckFailed("A rank should send to its neighbours only.", f"Rank {rank} sends to {sorted(far)}.")
        for _, kind in runs:
            begin, end = (answers.marked(rank, f"{kind} {moment}")[0] for moment in ("begins", "ends"))
            sent = [s for s in answers.sends(rank) if begin < s.issued < end and "float" in s.dtype]
            for peer, width in ((rank - 1, widths[rank]), (rank + 1, widths[rank + 1])):
                if 0 <= peer < 3:
                    sizes = sorted(s.elements for s in sent if s.peer == peer)
                    wanted = [width, width, 2 * width, 2 * width]
                    what = f"sizes of messages of floats from rank {rank} to {peer} with kind {kind!r}"
                    assert_equal(sizes, wanted, what=what)


@pytest.mark.weight(3)
@pytest.mark.observed
@pytest.mark.needs("schedules_fit_together", "two_stages")
def test_runs_as_scheduled_and_forgets(submission, rng):
    """Each rank does what its schedule says, and keeps with 1f1b no more outputs than it must, with gpipe all."""
    p, m = 3, 5
    layers, x, target = drawn(rng, (3, 4, 4, 2), 7)
    runs = [(m, "gpipe"), (m, "1f1b")]
    answers = on_ranks(submission, p, watched, runs, each=per_rank(layers, x, target))
    check_passes(answers, whole(layers, x, target), runs)
    for rank, found in enumerate(answers.values):
        for (_, kind), (_, _, done, planned, most, rows) in zip(runs, found, strict=True):
            where = f"of stage {rank} of {p} with kind {kind!r}"
            assert_equal(rows, (2, 2, 1, 1, 1), what=f"tuple of rows {where} in each forward")
            if done != planned:
                raise CheckFailed(
                    f"What is done should be the schedule {where}, {planned}.",
                    f"Rank {rank} does {done}.",
                    help="Go through the list that schedule returns, whatever the kind.",
                )
            bound = m if kind == "gpipe" else p - rank
            if most > bound:
                raise CheckFailed(
                    f"During a backward at most {bound} outputs {where} should still be there.",
                    f"On rank {rank} there are {most}.",
                    help="After its backward let go of a micro-batch: pop its input, output and loss. A message that "
                    "is on its way keeps what it sends: send out.detach(), which has no graph.",
                )


@pytest.mark.needs("schedules_by_hand", "share_of_time_that_is_waited", "two_stages_by_hand")
def test_refuses_what_cannot_be(submission, rng):
    """Unknown kinds, stages that are not there, no micro-batch at all, more of them than rows: a ValueError each."""
    assert_raises(ValueError, submission.schedule, "zigzag", 0, 2, 3, mentions=("zigzag",))
    assert_raises(ValueError, submission.schedule, "gpipe", 2, 2, 3, mentions=("2",))
    assert_raises(ValueError, submission.schedule, "1f1b", -1, 2, 3, mentions=("-1",))
    assert_raises(ValueError, submission.schedule, "1f1b", 0, 2, 0, mentions=("0",))
    assert_raises(ValueError, submission.bubble_fraction, 0, 3, mentions=("0",))
    assert_raises(ValueError, submission.bubble_fraction, 2, 0, mentions=("0",))
    x, target = rng.normal(4, 2), rng.normal(4, 2)
    own = [(x, None), (None, target)]
    assert_every_rank_raises(ValueError, submission, 2, tried, 2, "zigzag", each=own, mentions=("zigzag",))
    assert_every_rank_raises(ValueError, submission, 2, tried, 5, "1f1b", each=own, mentions=("5",))
