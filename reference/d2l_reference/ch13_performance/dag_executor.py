import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from typing import Any


def run_graph(
    tasks: dict[str, tuple[Callable[..., Any], list[str]]], num_workers: int
) -> tuple[dict[str, Any], list[tuple[str, float, float]]]:
    if num_workers < 1:
        raise ValueError(f"there must be at least 1 worker, not {num_workers}")
    missing = {name: set(deps) for name, (_op, deps) in tasks.items()}  # what each task still waits for
    _look(missing)
    results: dict[str, Any] = {}
    errors: dict[str, Exception] = {}
    records: list[tuple[str, float, float]] = []

    def run(name: str) -> str:
        op, deps = tasks[name]
        args = [results[dep] for dep in deps]
        start = time.perf_counter()
        try:
            results[name] = op(*args)
        except Exception as error:
            errors[name] = error
        records.append((name, start, time.perf_counter()))
        return name

    with ThreadPoolExecutor(num_workers) as pool:
        running = {pool.submit(run, name) for name, deps in missing.items() if not deps}
        while running:
            done, running = wait(running, return_when=FIRST_COMPLETED)
            computed = {name for future in done if (name := future.result()) in results}  # not what has failed
            for name, deps in missing.items():
                if deps & computed:
                    deps -= computed
                    if not deps:
                        running.add(pool.submit(run, name))
    for name in tasks:
        if name in errors:
            errors[name].partial = results
            raise errors[name]
    return results, records


def _look(missing: dict[str, set[str]]) -> None:
    for name, deps in missing.items():
        for dep in deps - missing.keys():
            raise ValueError(f"{name!r} depends on {dep!r}, which is no task")
    left = dict(missing)
    while free := [name for name, deps in left.items() if not deps & left.keys()]:
        for name in free:
            del left[name]
    if left:  # each of these waits for another one of them: going from one to the next must lead to a circle
        path = [next(iter(left))]
        while (following := min(left[path[-1]] & left.keys())) not in path:
            path.append(following)
        raise ValueError(f"tasks wait for each other: {', '.join(path[path.index(following) :])}")
