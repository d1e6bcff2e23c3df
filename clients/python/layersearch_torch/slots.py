"""Processes that train, one per slot: started when first needed, kept for the next job, replaced when they end."""

import collections
import json
import os
import subprocess
import sys
import time

from layersearch_torch.outcomes import failure


class Slots:
    """Starts and stops trainings. `read` returns what they reported since, as pairs of reference and event."""

    def __init__(self, count, device):
        self._count, self._device = count, device
        self._idle, self._busy, self._not_started = [], {}, []

    def start(self, reference, work, data_set, place):
        try:
            process = self._idle_process() or _Process()
        except OSError as error:
            self._not_started.append((reference, {"done": failure("not started", f"no process: {error}")}))
            return
        self._busy[reference] = process
        threads = max(1, len(os.sched_getaffinity(0)) // self._count)
        process.ask(
            {"data_set": data_set, "place": place, "device": self._device, "threads": threads, "work": work}
        )

    def _idle_process(self):
        while self._idle:
            process = self._idle.pop()
            if process.is_alive():
                return process
            process.end()
        return None

    def stop(self, reference):
        process = self._busy.pop(reference, None)
        if process is not None:
            process.end()

    def end(self):
        for process in [*self._idle, *self._busy.values()]:
            process.end()
        self._idle, self._busy = [], {}

    def descriptors(self):
        return [fd for process in self._busy.values() for fd in process.descriptors()]

    def read(self):
        told, self._not_started = self._not_started, []
        for reference, process in list(self._busy.items()):
            events, has_ended = process.read()
            if has_ended:
                del self._busy[reference]
                events = [e for e in events if "progress" in e] + [{"done": process.account()}]
            elif any("done" in event for event in events):
                del self._busy[reference]
                self._idle.append(process)
            told += [(reference, event) for event in events]
        return told


class _Process:
    def __init__(self):
        self._child = subprocess.Popen(
            [sys.executable, "-m", "layersearch_torch.slot_process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        for pipe in (self._child.stdout, self._child.stderr):
            os.set_blocking(pipe.fileno(), False)
        self._rest = {self._child.stdout: b"", self._child.stderr: b""}
        self._last_lines = collections.deque(maxlen=8)
        self._begun = time.monotonic()

    def ask(self, request):
        self._begun = time.monotonic()
        self._last_lines.clear()
        try:
            self._child.stdin.write(json.dumps(request).encode() + b"\n")
            self._child.stdin.flush()
        except BrokenPipeError:
            pass  # `read` notices that it ended

    def is_alive(self):
        return self._child.poll() is None

    def descriptors(self):
        return [self._child.stdout.fileno(), self._child.stderr.fileno()]

    def read(self):
        """Returns the events since the last call, and whether the process has ended."""
        errors, _ = self._lines(self._child.stderr)
        self._last_lines.extend(line.decode(errors="replace") for line in errors)
        lines, has_ended = self._lines(self._child.stdout)
        return [json.loads(line) for line in lines], has_ended

    def _lines(self, pipe):
        has_ended = False
        while True:
            try:
                content = os.read(pipe.fileno(), 65536)
            except BlockingIOError:
                break
            if not content:
                has_ended = True
                break
            self._rest[pipe] += content
        *lines, self._rest[pipe] = self._rest[pipe].split(b"\n")
        return lines, has_ended

    def account(self):
        """Returns the failure of a process that ended by itself."""
        self.end()
        code = self._child.returncode
        more = {"signal": -code} if code < 0 else {"exitCode": code & 255}
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        seconds = time.monotonic() - self._begun
        return failure("process ended", f"the training ended by {how}", self._last_lines, seconds=seconds, **more)

    def end(self):
        if self._child.poll() is None and not self._is_ending():
            self._child.kill()
        self._child.wait()
        for pipe in (self._child.stdin, self._child.stdout, self._child.stderr):
            try:
                pipe.close()
            except BrokenPipeError:
                pass

    def _is_ending(self):
        """Returns whether the process has closed its standard output; then it ends by itself within a moment."""
        try:
            if os.read(self._child.stdout.fileno(), 1) != b"":
                return False
            self._child.wait(timeout=2)
            return True
        except (BlockingIOError, subprocess.TimeoutExpired):
            return False
