"""A crew of threads under one condition: each takes what is ready, does it, and says what has become ready."""

import threading
import time
from collections import Counter, deque


class Crew:
    def __init__(self, tasks):
        self.tasks = tasks
        self.waits_for = {name: Counter(deps) for name, (_, deps) in tasks.items()}
        self.ready = deque(name for name, deps in self.waits_for.items() if not deps)
        self.changed = threading.Condition()
        self.busy = 0
        self.results, self.errors, self.records = {}, {}, []

    def work(self):
        while (name := self.take()) is not None:
            op, deps = self.tasks[name]
            values = tuple(self.results[dep] for dep in deps)
            error = value = None
            start = time.perf_counter()
            try:
                value = op(*values)
            except Exception as caught:
                error = caught
            end = time.perf_counter()
            with self.changed:
                self.busy -= 1
                self.records.append((name, start, end))
                if error is None:
                    self.results[name] = value
                    self.release(name)
                else:
                    self.errors[name] = error
                self.changed.notify_all()

    def take(self):
        with self.changed:
            self.changed.wait_for(lambda: self.ready or not self.busy)
            if not self.ready:
                return None
            self.busy += 1
            return self.ready.popleft()

    def release(self, name):
        for other, deps in self.waits_for.items():
            if deps.pop(name, None) and not deps:
                self.ready.append(other)


def run_graph(tasks, num_workers):
    check(tasks, num_workers)
    crew = Crew(tasks)
    threads = [threading.Thread(target=crew.work) for _ in range(min(num_workers, len(tasks)))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for name in tasks:
        if name in crew.errors:
            error = crew.errors[name]
            error.partial = crew.results
            raise error
    return crew.results, crew.records


def check(tasks, num_workers):
    if num_workers < 1:
        raise ValueError(f"{num_workers} workers")
    state = dict.fromkeys(tasks, "new")

    def visit(name, path):
        if name not in tasks:
            raise ValueError(f"there is no {name}")
        if state[name] == "open":
            raise ValueError("circle: " + " <- ".join(path[path.index(name) :]))
        if state[name] == "new":
            state[name] = "open"
            for dep in tasks[name][1]:
                visit(dep, [*path, name])
            state[name] = "closed"

    for name in tasks:
        visit(name, [])
