def simulate(ops):
    known = set()
    for op in ops:
        if op["name"] in known:
            raise ValueError(f"two operations are called {op['name']!r}")
        if op["cost"] < 0:
            raise ValueError(f"{op['name']!r} has the negative cost {op['cost']}")
        for dep in op["deps"]:
            if dep not in known:
                raise ValueError(f"{op['name']!r} depends on {dep!r}, which is not issued before it")
        known.add(op["name"])
    start, end, waited_for, last_on = {}, {}, {}, {}
    left = list(ops)
    while left:
        ready = [op for op in left if all(dep in end for dep in op["deps"])]
        op = min(ready, key=lambda op: max((end[name] for name in _waits(op, last_on)), default=0.0))
        left.remove(op)
        name = op["name"]
        waits = _waits(op, last_on)
        waited_for[name] = max(waits, key=end.__getitem__, default=None)
        start[name] = end[waited_for[name]] if waits else 0.0
        end[name] = start[name] + op["cost"]
        last_on[op["stream"]] = name
    path = []
    name = max(end, key=end.__getitem__, default=None)
    while name is not None:
        path.append(name)
        name = waited_for[name]
    return {"start": start, "end": end, "makespan": max(end.values(), default=0.0), "critical_path": path[::-1]}


def _waits(op, last_on):
    return [*([last_on[op["stream"]]] if op["stream"] in last_on else []), *op["deps"]]


def overlap_backward(layers, buckets):
    if sorted(i for bucket in buckets for i in bucket) != list(range(len(layers))) or [] in buckets:
        raise ValueError(f"each of {len(layers)} layers must be in one bucket, and none may be empty: {buckets}")
    if any(cost < 0 for layer in layers for cost in layer):
        raise ValueError(f"a cost is negative: {layers}")
    now, link = 0.0, 0.0
    for i in reversed(range(len(layers))):
        now += layers[i][0]
        for bucket in buckets:
            if min(bucket) == i:
                link = max(link, now) + sum(layers[j][1] for j in bucket)
    return link
