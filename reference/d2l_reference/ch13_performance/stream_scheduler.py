from typing import Any


def simulate(ops: list[dict[str, Any]]) -> dict[str, Any]:
    start: dict[str, float] = {}
    end: dict[str, float] = {}
    waited_for: dict[str, str | None] = {}
    last_on: dict[str, str] = {}
    for op in ops:  # the order of issue is a topological order
        name, stream = op["name"], op["stream"]
        _check(op, end)
        waits = [last_on[stream]] if stream in last_on else []
        waits += op["deps"]
        waited_for[name] = max(waits, key=end.__getitem__, default=None)  # the first of those that end last
        start[name] = end[waited_for[name]] if waits else 0.0
        end[name] = start[name] + op["cost"]
        last_on[stream] = name
    path = []
    name = max(end, key=end.__getitem__, default=None)
    while name is not None:
        path.append(name)
        name = waited_for[name]
    return {"start": start, "end": end, "makespan": max(end.values(), default=0.0), "critical_path": path[::-1]}


def overlap_backward(layers: list[tuple[float, float]], buckets: list[list[int]]) -> float:
    if sorted(i for bucket in buckets for i in bucket) != list(range(len(layers))) or [] in buckets:
        raise ValueError(f"each of {len(layers)} layers must be in one bucket, and none may be empty: {buckets}")
    if any(cost < 0 for layer in layers for cost in layer):
        raise ValueError(f"a cost is negative: {layers}")
    ops = [_op(str(i), "compute", layers[i][0], []) for i in reversed(range(len(layers)))]
    for bucket in sorted(buckets, key=min, reverse=True):  # ready with its first layer, the last to be done
        cost = sum(layers[i][1] for i in bucket)
        ops.append(_op(f"bucket {bucket}", "communicate", cost, [str(min(bucket))]))
    return simulate(ops)["makespan"]


def _op(name: str, stream: str, cost: float, deps: list[str]) -> dict[str, Any]:
    return {"name": name, "stream": stream, "cost": cost, "deps": deps}


def _check(op: dict[str, Any], issued: dict[str, float]) -> None:
    name = op["name"]
    if name in issued:
        raise ValueError(f"two operations are called {name!r}")
    if op["cost"] < 0:
        raise ValueError(f"{name!r} has the negative cost {op['cost']}")
    for dep in op["deps"]:
        if dep not in issued:
            raise ValueError(f"{name!r} depends on {dep!r}, which is not issued before it")
