"""A running worker: the session with its socket, slots, signals and clock."""

import os
import signal
import socket
import sys
import time
import uuid

import zmq

from layersearch_torch import __version__, frames, inbound
from layersearch_torch.data_source import DataSource
from layersearch_torch.link import Link
from layersearch_torch.session import Identity, Session
from layersearch_torch.slots import Slots
from layersearch_torch.spool import Spool
from layersearch_torch.texts import one_line
from layersearch_torch.variant import kernel_variant

_TICK_SECONDS = 0.1
_MESSAGES_A_TURN = 200
_CONNECT_AGAIN_SECONDS = 2


def log(text):
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


class Service:
    def __init__(self, address, keys, slots, device, name, spool, cache, own_data, grace):
        host = one_line(socket.gethostname(), 200)
        worker = f"{name or host}-{os.getpid()}-{uuid.uuid4().hex[:6]}"
        identity = Identity(worker, host, os.getpid(), __version__, kernel_variant(device), slots)
        self._link = Link(address, keys)
        self._slots = Slots(slots, device)
        data = DataSource(cache, own_data, self._link.send, log)
        self._session = Session(identity, self._link.send, self._slots, Spool(spool), data, log, grace)
        self._malformed = 0
        self._signals = 0
        self._connect_at = None
        self._wake, self._waker = os.pipe()
        log(f"worker {worker}, {identity.kernel_variant}, {slots} slots, coordinator {address}")

    def run(self):
        """Works until the session ends. Returns the exit code."""
        os.set_blocking(self._waker, False)
        signal.set_wakeup_fd(self._waker, warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._on_signal)
        try:
            while self._session.exit_code is None and self._signals < 2:
                self._turn()
        finally:
            self._slots.end()
            self._link.close()
        if self._session.exit_code is None:
            return 1
        if self._session.error:
            print(f"error: {self._session.error}", file=sys.stderr)
        return self._session.exit_code

    def _on_signal(self, number, frame):
        self._signals += 1

    def _turn(self):
        self._wait()
        now = time.monotonic()
        if self._signals:
            self._session.leave("the worker was stopped", now)
        for _ in range(_MESSAGES_A_TURN):
            received = self._link.receive()
            if received is None or self._session.exit_code is not None:
                break
            self._take(received, time.monotonic())
        for reference, event in self._slots.read():
            if "progress" in event:
                self._session.progress(reference, event["progress"], now)
            else:
                self._session.done(reference, event["done"], now)
        self._look_at_connections(now)
        self._session.tick(time.monotonic())

    def _wait(self):
        poller = zmq.Poller()
        for source in (self._link.socket, self._link.monitor, self._wake, *self._slots.descriptors()):
            poller.register(source, zmq.POLLIN)
        if self._wake in dict(poller.poll(_TICK_SECONDS * 1000)):
            os.read(self._wake, 100)

    def _take(self, received, now):
        try:
            message = inbound.read(*frames.decode(received))
        except frames.Malformed as problem:
            self._malformed += 1
            if self._malformed & (self._malformed - 1) == 0:
                log(f"a message cannot be read and is dropped ({self._malformed} so far): {one_line(problem, 200)}")
            return
        self._session.handle(message, now)

    def _look_at_connections(self, now):
        failed, is_refused = self._link.failures()
        if is_refused and not self._session.was_welcomed:
            self._session.fail("the coordinator does not let this key in")
        elif failed and self._connect_at is None:
            log("the connection was refused: tried again")
            self._connect_at = now + _CONNECT_AGAIN_SECONDS
        if self._connect_at is not None and now >= self._connect_at:
            self._connect_at = None
            self._link.connect_again()
