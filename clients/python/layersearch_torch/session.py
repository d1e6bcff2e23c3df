"""What a worker sends, and when: the state machine of a session. No sockets and no clocks; `now` is in seconds."""

from dataclasses import dataclass
from typing import Optional

from layersearch_torch import frames
from layersearch_torch.greeting import Greeting
from layersearch_torch.outcomes import failure, returned
from layersearch_torch.results import Results
from layersearch_torch.work import Refused, parse_work

_PROGRESS_SECONDS = 2
_PROGRESS_AGAIN_SECONDS = 30
_ACKNOWLEDGEMENT_SECONDS = 10
_RESERVE_SECONDS = 3
_REST_SECONDS = 30


@dataclass
class Identity:
    """What a hello tells about this worker."""

    worker: str
    host: str
    process_id: int
    build: str
    kernel_variant: str
    slots: int


@dataclass
class _Training:
    told: float = float("-inf")
    latest: Optional[dict] = None
    told_step: int = -1


@dataclass
class _Leaving:
    """Trainings are handed back at `deadline`; the worker waits for acknowledgments until `acknowledged_by`."""

    reason: str
    deadline: float
    acknowledged_by: float


class Session:
    """`handle` takes a message, `progress` and `done` take what trainings report, and `tick` takes the time, several
    times a second.

    `exit_code` is set when the process must end; `error` says why if it is not 0. The session acts on
    `send(code, payload)`, `log(text)`, `trainings.start(reference, work, set, place)` and `.stop(reference)`, a `spool`
    and a `data` source.
    """

    def __init__(self, identity, send, trainings, spool, data, log, grace=10.0):
        self._identity, self._send, self._trainings = identity, send, trainings
        self._data, self._log, self._grace = data, log, grace
        self._welcome = None
        self._greeting = Greeting(self._send_hello)
        self._running = {}
        self._results = Results(spool, self._send_report, log)
        self._heard = 0.0
        self._heartbeat_due = 0.0
        self._said_ready = None
        self._rests_until = float("-inf")
        self._leaving = None
        self.exit_code = None
        self.error = None

    # Messages of the coordinator

    def handle(self, message, now):
        self._heard = now
        name = f"_on_{type(message).__name__.lower()}"
        getattr(self, name, self._on_data)(message, now)

    @property
    def was_welcomed(self):
        return self._welcome is not None

    def _on_welcome(self, message, now):
        if not self._greeting.may_be_welcomed:
            return
        if not frames.OLDEST_PROTOCOL <= message.protocol <= frames.NEWEST_PROTOCOL:
            return self._end(1, f"the coordinator speaks version {message.protocol} of the protocol")
        self._greeting.end()
        is_new = self._welcome is None or self._welcome.study != message.study
        if is_new and self._welcome is not None:
            self._forget_study()
        self._welcome = message
        self._heartbeat_due = now + message.heartbeat_seconds
        if is_new:
            self._log(f"welcomed by study {message.study_name}")
        taken = self._results.take(message.study, self._is_ours)
        if taken:
            self._log(f"{taken} results of earlier processes are in the spool")
            return self._greeting.say(now)
        self._data.require(message.data, now)
        self._results.send_all(now)
        self._said_ready = None
        self.tick(now)

    def _on_refusal(self, message, now):
        self._end(1, f"the coordinator refuses this worker: {message.reason}")

    def _on_heartbeat(self, message, now):
        if self._welcome is not None and message.study != self._welcome.study:
            self._greeting.begin(now)

    def _on_reregister(self, message, now):
        self._greeting.begin(now)

    def _on_job(self, message, now):
        reference = message.reference
        if self._welcome is None:
            return
        if reference in self._running:
            self._send(frames.ACCEPT, reference.payload())
        elif reference in self._results:
            self._results.send(reference, now)
        elif self._leaving is not None or self._free_slots(now) == 0:
            reason = "no slot is free" if self._leaving is None else "the worker is leaving"
            self._finish(reference, returned(reason), now)
        else:
            self._begin(reference, message.work, now)

    def _begin(self, reference, text, now):
        self._send(frames.ACCEPT, reference.payload())
        try:
            parse_work(text)
        except Refused as refusal:
            return self._finish(reference, failure("refused", str(refusal)), now)
        self._log(f"job {reference.job}, attempt {reference.attempt}: {text}")
        self._running[reference] = _Training()
        self._said_ready = self._free_slots(now)
        self._trainings.start(reference, text, self._welcome.data.name, self._data.place)

    def _on_acknowledged(self, message, now):
        if message.reference in self._results:
            self._results.remove(self._welcome.study, message.reference)

    def _on_cancel(self, message, now):
        if self._running.pop(message.reference, None) is not None:
            self._log(f"job {message.reference.job} is cancelled")
            self._trainings.stop(message.reference)
            self._say_ready(now)

    def _on_drain(self, message, now):
        if not message.study_finished:
            self.leave("the coordinator stops", now)
        elif self._leaving is None or self._running:
            self._log("the study is finished")
            self._stop_all()
            self._leaving = _Leaving("the study is finished", now, now + _ACKNOWLEDGEMENT_SECONDS)

    def _on_bench(self, message, now):
        self._log(f"no jobs for {message.seconds:.0f} s: {message.reason}")

    def _on_data(self, message, now):
        self._data.handle(message, now)

    # Reports of trainings, and requests to end

    def progress(self, reference, told, now):
        training = self._running.get(reference)
        if training is not None:
            training.latest = told
            self._send_progress(reference, training, now)

    def done(self, reference, keys, now):
        """Handles the end of a training, with these keys of its result: `outcome` and, if it failed, `failure`."""
        if self._running.pop(reference, None) is None:
            return
        if "returned" in keys["outcome"]:
            self._rests_until = now + _REST_SECONDS
        self._finish(reference, keys, now)

    def leave(self, reason, now):
        """Takes no more jobs, finishes what ends soon, hands back the rest, and then ends."""
        if self._leaving is None:
            self._log(f"leaving: {reason}")
            # The part of the grace time that is left for handing back and for acknowledgments.
            reserve = min(_RESERVE_SECONDS, self._grace / 3)
            self._leaving = _Leaving(reason, now + self._grace - reserve, now + max(self._grace, _RESERVE_SECONDS))
            self._say_ready(now)

    def fail(self, reason):
        """Ends with an error."""
        self._end(1, reason)

    def tick(self, now):
        if self.exit_code is not None:
            return
        self._tick_hello(now)
        if self._welcome is not None:
            self._data.tick(now)
            if self._data.failure is not None:
                self._send(frames.BYE, {"reason": self._data.failure})
                return self._end(1, self._data.failure)
            self._tick_welcomed(now)
        if self._leaving is not None:
            self._tick_leaving(now)

    # Internals

    def _tick_hello(self, now):
        if self._welcome is not None and not self._greeting.awaits_welcome:
            if now - self._heard >= 3 * self._welcome.heartbeat_seconds:
                self._log("nothing was heard of the coordinator: hello again")
                self._greeting.begin(now)
        self._greeting.tick(now)

    def _tick_welcomed(self, now):
        if self._data.place is not None and self._said_ready != self._free_slots(now):
            self._say_ready(now)
        if now >= self._heartbeat_due:
            self._heartbeat_due = now + self._welcome.heartbeat_seconds
            held = sorted([*self._running, *self._results.references])
            payload = {"freeSlots": self._free_slots(now), "running": [r.payload() for r in held]}
            self._send(frames.WORKER_HEARTBEAT, payload)
        if self._greeting.awaits_welcome:
            return
        for reference, training in self._running.items():
            if training.latest is not None:
                self._send_progress(reference, training, now)
        self._results.send_due(now)

    def _tick_leaving(self, now):
        leaving = self._leaving
        if self._running and now >= leaving.deadline:
            for reference in self._stop_all():
                self._finish(reference, returned(f"the worker leaves: {leaving.reason}"), now)
        if self._running:
            return
        if not self._results.references or self._welcome is None or now >= leaving.acknowledged_by:
            if self._welcome is not None:
                self._send(frames.BYE, {"reason": leaving.reason})
            self._end(0, None)

    def _stop_all(self):
        stopped = list(self._running)
        for reference in stopped:
            self._trainings.stop(reference)
        self._running.clear()
        return stopped

    def _forget_study(self):
        """Forgets the study that was welcomed before, because another one has taken its place. Its results stay in
        the spool."""
        self._log("another study is at this address: what trained ends")
        self._stop_all()
        self._results.release()

    def _is_ours(self, report):
        """Returns whether a result in the spool was computed with this worker's kernel variant."""
        finished = report["outcome"].get("finished")
        return finished is None or finished["_0"]["kernelVariant"] == self._identity.kernel_variant

    def _send_hello(self):
        me = self._identity
        payload = {
            "build": me.build,
            "dataHashes": {},
            "finished": [r.payload() for r in self._results.references],
            "host": me.host,
            "kernelVariant": me.kernel_variant,
            "kernelVariants": [me.kernel_variant],
            "newestProtocol": frames.NEWEST_PROTOCOL,
            "oldestProtocol": frames.OLDEST_PROTOCOL,
            "processID": me.process_id,
            "running": [r.payload() for r in sorted(self._running)],
            "slots": me.slots,
            "worker": me.worker,
        }
        if self._welcome is not None:
            payload["study"] = self._welcome.study
        self._send(frames.HELLO, payload)

    def _free_slots(self, now):
        if self._data.place is None or self._leaving is not None or now < self._rests_until:
            return 0
        return self._identity.slots - len(self._running)

    def _say_ready(self, now):
        if self._welcome is not None and not self._greeting.awaits_welcome:
            self._said_ready = self._free_slots(now)
            self._send(frames.READY, {"freeSlots": self._said_ready})

    def _send_progress(self, reference, training, now):
        step = training.latest["step"]
        waited = now - training.told
        if waited < (_PROGRESS_SECONDS if step > training.told_step else _PROGRESS_AGAIN_SECONDS):
            return
        training.told, training.told_step = now, step
        payload = {key: value for key, value in training.latest.items() if value is not None}
        self._send(frames.PROGRESS, {**payload, "reference": reference.payload()})

    def _finish(self, reference, keys, now):
        report = {**keys, "reference": reference.payload(), "study": self._welcome.study}
        self._results.add(self._welcome.study, reference, report)
        how = next(iter(keys["outcome"]))
        reason = keys["outcome"][how].get("reason")
        self._log(f"job {reference.job}, attempt {reference.attempt}: {how}" + (f", {reason}" if reason else ""))
        self._results.send(reference, now)
        self._say_ready(now)

    def _send_report(self, report):
        if self._greeting.awaits_welcome:
            return False
        self._send(frames.RESULT, report)
        return True

    def _end(self, code, error):
        self._stop_all()
        self.exit_code, self.error = code, error
