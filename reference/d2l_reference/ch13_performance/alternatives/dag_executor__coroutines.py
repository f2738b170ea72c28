"""A coroutine for each task waits for those of its dependencies, and then for one of the pool's threads."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor


class Skipped(Exception):
    pass


def run_graph(tasks, num_workers):
    if num_workers <= 0:
        raise ValueError(f"{num_workers} is no number of workers")
    for name, (_, needed) in tasks.items():
        strangers = [dep for dep in needed if dep not in tasks]
        if strangers:
            raise ValueError(f"{name} needs {strangers}")
    for name in tasks:
        if circle := way_back(tasks, name):
            raise ValueError(f"a circle of {circle}")
    return asyncio.run(main(tasks, num_workers))


def way_back(tasks, start):
    """The tasks on a way from `start` to itself, if there is one."""
    ways, seen = [[start]], set()
    while ways:
        way = ways.pop()
        for dep in tasks[way[-1]][1]:
            if dep == start:
                return way
            if dep not in seen:
                seen.add(dep)
                ways.append([*way, dep])
    return None


async def main(tasks, num_workers):
    loop, records, jobs = asyncio.get_running_loop(), [], {}

    def timed(name, op, args):
        begin = time.perf_counter()
        result = op(*args)
        records.append((name, begin, time.perf_counter()))
        return result

    async def job(name):
        op, needed = tasks[name]
        try:
            args = [await jobs[dep] for dep in needed]
        except Exception as error:
            raise Skipped from error
        return await loop.run_in_executor(pool, timed, name, op, args)

    with ThreadPoolExecutor(num_workers) as pool:
        for name in tasks:
            jobs[name] = asyncio.ensure_future(job(name))
        answers = await asyncio.gather(*jobs.values(), return_exceptions=True)
    outcome = dict(zip(tasks, answers, strict=True))
    results = {name: value for name, value in outcome.items() if not isinstance(value, Exception)}
    for value in answers:
        if isinstance(value, Exception) and not isinstance(value, Skipped):
            value.partial = results
            raise value
    return results, records
