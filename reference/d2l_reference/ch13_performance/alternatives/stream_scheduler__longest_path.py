from functools import cache


def simulate(ops):
    """The device as a graph: an operation's end is the length of the longest path that leads to it."""
    by_name, edges, tail = {}, {}, {}
    for op in ops:
        if op["name"] in by_name:
            raise ValueError(f"duplicate {op['name']}")
        if op["cost"] < 0:
            raise ValueError(f"negative cost of {op['name']}: {op['cost']}")
        if not set(op["deps"]) <= by_name.keys():
            raise ValueError(f"{op['name']} needs {op['deps']}, issued so far: {list(by_name)}")
        before = tail.get(op["stream"])
        edges[op["name"]] = ([] if before is None else [before]) + list(op["deps"])
        by_name[op["name"]] = op
        tail[op["stream"]] = op["name"]

    @cache
    def begins(name):
        return max((ends(other) for other in edges[name]), default=0)

    def ends(name):
        return begins(name) + by_name[name]["cost"]

    end = {name: ends(name) for name in by_name}
    path = []
    if end:
        makespan = max(end.values())
        path = [next(name for name in end if end[name] == makespan)]
        while edges[path[0]]:
            path.insert(0, next(other for other in edges[path[0]] if end[other] == begins(path[0])))
    return {
        "start": {name: begins(name) for name in by_name},
        "end": end,
        "makespan": max(end.values(), default=0),
        "critical_path": path,
    }


def overlap_backward(layers, buckets):
    numbers = [i for bucket in buckets for i in bucket]
    if len(numbers) != len(layers) or set(numbers) != set(range(len(layers))) or not all(buckets):
        raise ValueError(f"no partition of the layers: {buckets}")
    if layers and min(map(min, layers)) < 0:
        raise ValueError("negative cost")
    ready = {i: sum(cost for cost, _ in layers[i:]) for i in numbers}
    finish = ready[0] if layers else 0.0
    free = 0.0
    for bucket in sorted(buckets, key=lambda bucket: max(ready[i] for i in bucket)):
        free = max(free, *(ready[i] for i in bucket)) + sum(layers[i][1] for i in bucket)
    return max(finish, free)
