"""What makes torch.compile ready in the zygote does so: workers find everything there, and wait for nothing."""

from __future__ import annotations

import json
import subprocess
import sys

_FIRST_COMPILATION = """
import json, os, sys
import torch, torch._dynamo
from torch import nn
from torch._dynamo import guards
measured = []  # each measurement empties the processor's caches, for a twelfth of a second
guards.profile_guard_manager = lambda *args: measured.append(args) or 0.0

def threads():
    return len(os.listdir("/proc/self/task")) if os.path.exists("/proc/self/task") else 1

before_threads = threads()
import d2l_kit.worker.runtimes.dynamo
before = set(sys.modules)
new_threads = threads() - before_threads
graphs = []

def backend(graph, inputs):
    graphs.append(graph)
    return graph.forward

def breaks(x):
    y = torch.where(x > 0, x, x.exp())
    return y + 1 if y.sum() > 0 else y - 1

net = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
results = [torch.compile(net, backend=backend)(torch.ones(n, 2)).shape[0] for n in (1, 4, 5)]
result = torch.compile(breaks, backend=backend)(torch.tensor([1.0, -1.0]))
print(json.dumps({
    "new": sorted(set(sys.modules) - before),
    "measured": len(measured),
    "threads": new_threads,
    "graphs": len(graphs) > 2,
    "right": bool(torch.allclose(result, torch.tensor([2.0, 1.3678794]))) and results == [1, 4, 5],
}))
"""


def test_the_first_compilation_of_a_worker_imports_nothing_more_and_measures_nothing() -> None:
    ran = subprocess.run([sys.executable, "-c", _FIRST_COMPILATION], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout) == {"new": [], "measured": 0, "threads": 0, "graphs": True, "right": True}
