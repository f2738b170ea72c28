"""How long a call takes on a GPU, beside a yardstick of the kit's own. What a clock says there is observed."""

from __future__ import annotations

import math
from typing import Any

from d2l_kit.grading.asserts import CheckFailed
from d2l_kit.grading.evidence import Subject
from d2l_kit.grading.probes import Probe, ready_made

ROUNDS = 3  # of both, in turn: whatever else the GPU does, one of them is quiet


@ready_made
def timed(module, name, args, kwargs):  # type: ignore[no-untyped-def]  # runs in the worker
    """Call a function of the module again and again on the GPU."""
    from d2l_kit.worker.runtimes import calls, on_gpu

    return on_gpu.timed(calls.function_of(module, name), args, kwargs)


def assert_fast_on_gpu(
    submission: Subject,
    name: str,
    *args: Any,
    yardstick: Probe,
    what: str,
    times: float,
    help: str = "",
    **kwargs: Any,
) -> Any:
    """On the GPU a call takes at most `times` as long as the yardstick on the same arguments. Observed.

    Only in a check that is marked `needs_gpu`. Of each the quickest of many calls counts, by the GPU's own clock, with
    its cache full of something else before each.

    Args:
        submission: The subject.
        name: The function.
        *args: Its arguments; tensors are laid on the GPU.
        yardstick: `(module, *args)`; it runs in a worker without student code.
        what: The yardstick, in words, such as "torch.softmax".
        times: How much longer it may take; less than 1 where it has to be faster.
        help: What to do about a call that is too slow.
        **kwargs: The function's keyword arguments.

    Returns:
        What the call returned, on the CPU; the check compares it with what it should be.
    """
    rival = submission.pristine()
    mine = theirs = math.inf
    for _ in range(ROUNDS):
        answer = submission.run(timed, name, list(args), kwargs)
        mine = min(mine, _milliseconds(answer))
        theirs = min(theirs, _milliseconds(rival.run(_yardstick(yardstick), args)))
        if mine <= times * theirs:
            return answer["result"]
    at_most = f"at most {times:g} times as long as" if times >= 1 else f"no more than {times:g} of the time of"
    raise CheckFailed(
        f"On this GPU it should take {at_most} {what}.",
        f"It took {mine:.3g} ms, {what} {theirs:.3g} ms: {mine / theirs:.2g} times.",
        help=help,
        measure=mine / theirs,
    )


def _yardstick(asked: Probe) -> Probe:
    """A probe that times the yardstick; its text holds that of the yardstick."""
    text = (
        f"{asked.source}\n\n"
        "def time_yardstick(module, args):\n"
        "    from d2l_kit.worker.runtimes import on_gpu\n\n"
        f"    return on_gpu.timed(lambda *given: {asked.name}(module, *given), args, {{}})\n"
    )
    return Probe("time_yardstick", text)


def _milliseconds(answer: Any) -> float:
    """The time told; a worker may tell anything."""
    told = answer.get("milliseconds") if isinstance(answer, dict) else None
    if not isinstance(told, float) or not told > 0:
        raise CheckFailed("The call should be timed.", "What came back is no time.")
    return told
