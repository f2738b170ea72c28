import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any


def run_graph(
    tasks: dict[str, tuple[Callable[..., Any], list[str]]], num_workers: int
) -> tuple[dict[str, Any], list[tuple[str, float, float]]]:
    records: list[tuple[str, float, float]] = []

    def compute(name: str) -> Any:
        op, deps = tasks[name]
        args = [compute(dep) for dep in deps]
        start = time.perf_counter()
        result = op(*args)
        records.append((name, start, time.perf_counter()))
        return result

    with ThreadPoolExecutor(num_workers) as pool:
        futures = {name: pool.submit(compute, name) for name in tasks}
    return {name: future.result() for name, future in futures.items()}, records
