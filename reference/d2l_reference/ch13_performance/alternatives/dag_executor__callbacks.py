"""Nobody coordinates: whoever ends a task counts down those behind it, and puts them into the pool at zero."""

import concurrent.futures
import threading
from time import perf_counter


def run_graph(tasks, num_workers):
    if num_workers < 1:
        raise ValueError(f"num_workers must be positive, got {num_workers}")
    count, behind = {}, {}
    for name, (_op, deps) in tasks.items():
        count[name] = len(deps)
        for dep in deps:
            if dep not in tasks:
                raise ValueError(f"unknown task {dep} (needed by {name})")
            behind.setdefault(dep, []).append(name)  # twice, if it is named twice
    refuse_circles(dict(count), behind)

    lock, idle = threading.Lock(), threading.Event()
    values, errors, records = {}, {}, {}
    open_tasks = 0
    pool = concurrent.futures.ThreadPoolExecutor(max_workers=num_workers)

    def start(names):
        nonlocal open_tasks
        open_tasks += len(names)
        for name in names:
            pool.submit(work, name)

    def work(name):
        nonlocal open_tasks
        op, deps = tasks[name]
        given = [values[dep] for dep in deps]
        begin = perf_counter()
        try:
            value = op(*given)
            records[name] = begin, perf_counter()
        except Exception as error:
            errors[name] = error
        with lock:
            freed = []
            if name not in errors:
                values[name] = value
                for other in behind.get(name, ()):
                    count[other] -= 1
                    if count[other] == 0:
                        freed.append(other)
            start(freed)
            open_tasks -= 1
            if open_tasks == 0:
                idle.set()

    roots = [name for name in tasks if count[name] == 0]
    with lock:
        start(roots)
    if roots:
        idle.wait()
    pool.shutdown(wait=True)
    first = next((name for name in tasks if name in errors), None)
    if first is not None:
        errors[first].partial = dict(values)
        raise errors[first]
    return values, [(name, *span) for name, span in records.items()]


def refuse_circles(count, behind):
    free = [name for name, number in count.items() if number == 0]
    for name in free:  # it grows meanwhile
        for other in behind.get(name, ()):
            count[other] -= 1
            if count[other] == 0:
                free.append(other)
    stuck = [name for name in count if name not in free]
    if stuck:
        raise ValueError(f"circular dependencies among {stuck}")
