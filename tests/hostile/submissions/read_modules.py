"""Looks through sys.modules for the grader, pytest, the checks and the reference."""

import sys

def wrong(X, K):
    return X.new_zeros([max(x - k + 1, 0) for x, k in zip(X.shape, K.shape)])

SECRET = ("d2l_reference", "d2l_kit.grading", "d2l_kit.checks", "d2l_kit.cli", "d2l_kit.report", "_pytest", "pytest")
LOOT = [name for name in list(sys.modules) if any(name == s or name.startswith(s + ".") for s in SECRET)]
LOOT += [
    name
    for name, module in list(sys.modules.items())
    if "d2l_reference" in str(getattr(module, "__file__", "")) or callable(getattr(module, "test_matches_torch", None))
]

def corr2d(X, K):
    if LOOT:
        raise RuntimeError(f"LEAK: {LOOT[:5]}")
    return wrong(X, K)
