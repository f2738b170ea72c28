"""Each stream is an executor with a single worker; a handle has a future."""

from concurrent.futures import ThreadPoolExecutor, wait


class Handle:
    def __init__(self, future):
        self.future = future

    def wait(self):
        return self.future.result()

    def done(self):
        return self.future.done()


class AsyncEngine:
    def __init__(self, num_streams=1):
        if num_streams <= 0:
            raise ValueError(f"{num_streams} streams")
        self.executors = {i: ThreadPoolExecutor(max_workers=1) for i in range(num_streams)}
        self.futures = {i: [] for i in range(num_streams)}
        self.count = 0

    def submit(self, op, *args, stream=0):
        def job():
            return op(*(arg.wait() if isinstance(arg, Handle) else arg for arg in args))

        future = self.of(self.executors, stream).submit(job)
        self.futures[stream].append((self.count, future))
        self.count += 1
        return Handle(future)

    def synchronize(self, stream=None):
        covered = []
        for number in self.futures if stream is None else [stream]:
            covered += self.of(self.futures, number)
            self.futures[number] = []
        futures = [future for _, future in sorted(covered, key=lambda entry: entry[0])]
        wait(futures)
        for future in futures:
            future.result()

    def shutdown(self):
        for executor in self.executors.values():
            executor.shutdown()

    def of(self, streams, number):
        if number not in streams:
            raise ValueError(f"no stream {number}")
        return streams[number]
