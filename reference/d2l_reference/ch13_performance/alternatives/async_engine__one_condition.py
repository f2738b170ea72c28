"""All streams and handles share one condition; streams count what is done, and failures are kept in a list."""

import threading
from collections import deque


class Handle:
    def __init__(self, changed, number):
        self.changed, self.number = changed, number
        self.state, self.value = "waiting", None

    def wait(self):
        with self.changed:
            self.changed.wait_for(self.done)
        if self.state == "failed":
            raise self.value
        return self.value

    def done(self):
        return self.state in ("failed", "done")


class Stream(threading.Thread):
    def __init__(self, changed):
        super().__init__()
        self.changed = changed
        self.queue = deque()
        self.failed = []
        self.submitted = self.finished = 0
        self.closed = False

    def run(self):
        while True:
            with self.changed:
                self.changed.wait_for(lambda: self.queue or self.closed)
                if not self.queue:
                    return
                handle, op, args = self.queue.popleft()
            self.work(handle, op, args)

    def work(self, handle, op, args):
        values = []
        try:
            for arg in args:
                values.append(arg.wait() if isinstance(arg, Handle) else arg)
            value, state = op(*values), "done"
        except Exception as error:
            value, state = error, "failed"
        with self.changed:
            handle.value, handle.state = value, state
            self.finished += 1
            if state == "failed":
                self.failed.append(handle)
            self.changed.notify_all()


class AsyncEngine:
    def __init__(self, num_streams=1):
        if num_streams < 1:
            raise ValueError(f"num_streams={num_streams}")
        self.changed = threading.Condition()
        self.streams = [Stream(self.changed) for _ in range(num_streams)]
        self.submitted = 0
        for stream in self.streams:
            stream.start()

    def submit(self, op, *args, stream=0):
        (one,) = self.chosen(stream)
        with self.changed:
            if one.closed:
                raise RuntimeError("shut down")
            handle = Handle(self.changed, self.submitted)
            self.submitted += 1
            one.submitted += 1
            one.queue.append((handle, op, args))
            self.changed.notify_all()
        return handle

    def synchronize(self, stream=None):
        streams = self.chosen(stream)
        with self.changed:
            targets = [one.submitted for one in streams]
            self.changed.wait_for(lambda: all(s.finished >= n for s, n in zip(streams, targets, strict=True)))
            failed = [handle for one in streams for handle in one.failed]
            for one in streams:
                one.failed = []
        if failed:
            raise min(failed, key=lambda handle: handle.number).value

    def shutdown(self):
        with self.changed:
            for stream in self.streams:
                stream.closed = True
            self.changed.notify_all()
        for stream in self.streams:
            stream.join()

    def chosen(self, stream):
        if stream is None:
            return self.streams
        if stream not in range(len(self.streams)):
            raise ValueError(f"stream {stream} of {len(self.streams)}")
        return [self.streams[stream]]
