"""A discrete-event simulation: time jumps from the end of one operation to the next."""

import heapq
from collections import defaultdict, deque
from dataclasses import dataclass, field


@dataclass
class Operation:
    number: int
    name: str
    cost: float
    predecessors: list["Operation"] = field(default_factory=list)
    successors: list["Operation"] = field(default_factory=list)
    missing: int = 0
    start: float = 0.0
    end: float = 0.0


class BadProgram(ValueError):
    pass


def _operations(ops):
    known, newest = {}, {}
    for number, op in enumerate(ops):
        name = op["name"]
        if name in known or op["cost"] < 0 or any(dep not in known for dep in op["deps"]):
            raise BadProgram(f"operation {number}, {name}: duplicate, negative cost or unknown dependency")
        this = Operation(number, name, op["cost"])
        if op["stream"] in newest:
            this.predecessors.append(newest[op["stream"]])
        this.predecessors += [known[dep] for dep in op["deps"]]
        this.missing = len(this.predecessors)
        for other in this.predecessors:
            other.successors.append(this)
        known[name] = newest[op["stream"]] = this
    return list(known.values())


def simulate(ops):
    operations = _operations(ops)
    running = [(op.cost, op.number, op) for op in operations if not op.missing]
    heapq.heapify(running)
    while running:
        now, _, op = heapq.heappop(running)
        op.start, op.end = now - op.cost, now
        for other in op.successors:
            other.missing -= 1
            if other.missing == 0:
                heapq.heappush(running, (now + other.cost, other.number, other))
    path = deque()
    current = max(operations, key=lambda op: (op.end, -op.number)) if operations else None
    while current:
        path.appendleft(current.name)
        latest = max((p.end for p in current.predecessors), default=None)
        current = next((p for p in current.predecessors if p.end == latest), None)
    result = defaultdict(dict)
    for op in operations:
        result["start"][op.name], result["end"][op.name] = op.start, op.end
    return {
        "start": result["start"],
        "end": result["end"],
        "makespan": float(max((op.end for op in operations), default=0)),
        "critical_path": list(path),
    }


def overlap_backward(layers, buckets):
    seen = [0] * len(layers)
    for bucket in buckets:
        if not bucket:
            raise ValueError("an empty bucket")
        for layer in bucket:
            if not 0 <= layer < len(layers):
                raise ValueError(f"there is no layer {layer}")
            seen[layer] += 1
    if any(count != 1 for count in seen):
        raise ValueError(f"layers are in {seen} buckets")
    for backward, communication in layers:
        if backward < 0 or communication < 0:
            raise ValueError("costs must not be negative")
    now, link = 0.0, 0.0
    left = [set(bucket) for bucket in buckets]
    for layer in range(len(layers) - 1, -1, -1):
        now += layers[layer][0]
        for bucket, missing in zip(buckets, left, strict=True):
            if layer in missing:
                missing.remove(layer)
                if not missing:
                    link = max(link, now) + sum(layers[i][1] for i in bucket)
    return max(now, link)
