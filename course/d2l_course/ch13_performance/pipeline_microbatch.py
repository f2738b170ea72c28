"""Pipeline parallelism: stages on different ranks, micro-batches, and the order of forwards and backwards (13.5)."""

import torch
import torch.distributed as dist
from torch import Tensor, nn


def schedule(kind: str, stage: int, num_stages: int, num_micro: int) -> list[tuple[str, int]]:
    """List what one stage of a pipeline does, in order.

    A batch is cut into num_micro micro-batches, numbered from 0. A stage does one forward ("F") and one backward
    ("B") for each of them. It can do F of i when the stage before has done so, and B of i when it has done F of i
    itself and the stage behind has done B of i. It does one thing at a time, in the order of its list, and waits where
    it must. Forwards are in rising order.

    With kind "gpipe" a stage does all forwards, then all backwards, these in whichever order you like, as long as all
    stages have the same. It keeps what num_micro forwards leave behind.

    With kind "1f1b" stage s first does as many forwards as there are stages behind it, num_stages - 1 - s, or all if
    there are fewer micro-batches. Then one forward and one backward take turns until no forward is left, then come the
    backwards that are left. Backwards are in rising order. No more than num_stages - s micro-batches are then between
    their F and their B, however many there are in all, and no time is lost by it.

    Args:
        kind: "gpipe" or "1f1b".
        stage: Number of the stage, 0 for the first.
        num_stages: How many stages there are.
        num_micro: How many micro-batches there are.

    Returns:
        Pairs of "F" or "B" and the number of a micro-batch.

    Raises:
        ValueError: kind is unknown, there is no such stage, or num_micro is less than 1. The message names the value.

    Example:
        >>> schedule("1f1b", 0, 2, 3)
        [('F', 0), ('F', 1), ('B', 0), ('F', 2), ('B', 1), ('B', 2)]
        >>> schedule("1f1b", 1, 2, 3)
        [('F', 0), ('B', 0), ('F', 1), ('B', 1), ('F', 2), ('B', 2)]

        If each takes one unit of time, both stages together do this; "--" is a stage that waits:

            stage 0   F0 F1 -- B0 F2 B1 -- B2
            stage 1   -- F0 B0 F1 B1 F2 B2 --

    Book: section 13.5.
    """
    raise NotImplementedError


def bubble_fraction(num_stages: int, num_micro: int) -> float:
    """Compute the share of its time that a stage waits, if each forward and each backward takes one unit of time.

    It is the same for both kinds and for all stages: from the first forward of stage 0 to its last backward.

    Args:
        num_stages: How many stages there are.
        num_micro: How many micro-batches there are.

    Returns:
        A share between 0 and 1.

    Raises:
        ValueError: One of them is less than 1. The message names the value.

    Example:
        Two stages and three micro-batches, as in the picture of `schedule`: 2 of 8 units.

        >>> bubble_fraction(2, 3)
        0.25

    Book: section 13.5.
    """
    raise NotImplementedError


def run_pipeline(
    stage_module: nn.Module, x: Tensor | None, target: Tensor | None, num_micro: int, kind: str
) -> float | None:
    """Run one forward and one backward pass of a model whose stages are on different ranks.

    Rank s holds stage s as stage_module. Rank 0 is given x, the last rank target; they are None elsewhere. With one
    rank alone, that rank is given both. Both are cut along the first axis into num_micro parts as
    `torch.tensor_split` does it: sizes differ by one at most, and the larger parts come first.

    Every rank goes through its own `schedule`. For F it takes the part of x, or what the rank before has sent, calls
    stage_module on it once, and sends the output on. For B it takes the gradient of that output from the rank behind,
    runs backward, and sends the gradient of the input to the rank before. So ranks send to their neighbours only, and
    over each link go num_micro messages of floating-point numbers in each direction. After its B a micro-batch is
    forgotten: neither its input nor its output is kept.

    What goes from stage to stage is a matrix, [rows, features], of the dtype of the stages' parameters, which all have
    the same; every stage has one. A rank knows neither rows nor features of what comes: send them ahead, as tensors of
    whole numbers. These messages are yours to arrange. x may have any shape and dtype; it is left as it is.

    The loss is the mean squared error over the whole batch, all rows and features of target, so that gradients are
    those of one process whatever the sizes of the parts. They are added to what is in `.grad` already.

    Args:
        stage_module: This rank's stage.
        x: The batch, [rows, ...], on rank 0.
        target: What should come out, [rows, features], on the last rank.
        num_micro: How many micro-batches to make.
        kind: "gpipe" or "1f1b".

    Returns:
        The loss on the last rank, None elsewhere.

    Raises:
        ValueError: kind is unknown or num_micro is less than 1: on every rank, before anything is sent. num_micro is
            more than the rows: on the ranks that know them, the first and the last. The message names the value.

    Example:
        Two ranks, stages that multiply by 2 and by 3, rows [1], [2] and [3] of x, and [6] as target of each. In two
        micro-batches, of two rows and one, 6, 12 and 18 come out, and the loss is (0 + 36 + 144) / 3 = 60. The
        gradient of the 2 on rank 0 is 96, that of the 3 on rank 1 is 64.

    Book: section 13.5.
    """
    raise NotImplementedError
