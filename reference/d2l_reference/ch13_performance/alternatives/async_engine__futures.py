"""A handle is a future itself; queues know when they are empty, and None ends a thread."""

import itertools
import queue
import threading
from concurrent.futures import Future


class Handle(Future):
    def wait(self):
        return self.result()


class AsyncEngine:
    def __init__(self, num_streams=1):
        if num_streams < 1:
            raise ValueError("an engine with %d streams" % num_streams)
        self.numbers = itertools.count()
        self.queues = [queue.Queue() for _ in range(num_streams)]
        self.failures = [[] for _ in range(num_streams)]
        self.threads = []
        for i in range(num_streams):
            self.threads.append(threading.Thread(target=self._loop, args=(i,), daemon=True))
            self.threads[-1].start()

    def _loop(self, stream):
        for number, handle, op, args in iter(self.queues[stream].get, None):
            try:
                handle.set_result(op(*map(self._value, args)))
            except BaseException as error:
                handle.set_exception(error)
                self.failures[stream].append((number, error))
            self.queues[stream].task_done()

    @staticmethod
    def _value(arg):
        return arg.result() if isinstance(arg, Handle) else arg

    def submit(self, op, *args, stream=0):
        if stream < 0 or stream >= len(self.queues):
            raise ValueError("stream %d" % stream)
        if not self.threads:
            raise RuntimeError("no threads any more")
        handle = Handle()
        self.queues[stream].put((next(self.numbers), handle, op, args))
        return handle

    def synchronize(self, stream=None):
        if stream is not None and stream not in range(len(self.queues)):
            raise ValueError("stream %d" % stream)
        places = [stream] if stream is not None else range(len(self.queues))
        failures = []
        for i in places:
            self.queues[i].join()
            failures += self.failures[i]
            self.failures[i] = []
        if failures:
            raise min(failures)[1]

    def shutdown(self):
        threads, self.threads = self.threads, []
        for one, thread in zip(self.queues, threads):
            one.put(None)
            thread.join()
