"""Parts that take the place of a coordinator, trainings, a spool and data."""

import hashlib
import struct

from layersearch_torch import frames, inbound
from layersearch_torch.inbound import Reference
from layersearch_torch.session import Identity, Session
from layersearch_torch.spool import Spool

WORK = (
    "proxy-training model=resnet8 space.variant=remainder data.set=shapes10 data.train_images=32 "
    "data.validation_images=10 data.split_seed=1 proxy.epochs=1 proxy.batch=16 proxy.learning_rate=0.1 "
    "proxy.schedule=onecycle proxy.momentum=0.9 proxy.nesterov=false proxy.weight_decay=0.0001 proxy.augment=true "
    "kernels=torch candidate=layer1.0.conv1=4 repetition=0 seed=5"
)
FINISHED = {"outcome": {"finished": {"_0": {"accuracy": 0.5, "diverged": False, "kernelVariant": "torch-1+cpu"}}}}


def job(number, attempt=1, work=WORK):
    return inbound.Job(Reference(number, attempt), work)


def welcome_payload(study="s1", name="shapes10", content="shapes10-v1", protocol=9, heartbeat=5.0, **more):
    """Returns the payload of a welcome. `more` are further keys of the data set."""
    return {
        "study": study,
        "studyName": "a study",
        "protocolVersion": protocol,
        "heartbeatSeconds": heartbeat,
        "leaseSeconds": 60.0,
        "data": {"set": name, "contentHash": content, **more},
    }


def welcome(*arguments, **named):
    return inbound.read(frames.WELCOME, frames.json_bytes(welcome_payload(*arguments, **named)))


def piece(content, offset, length=262_144, ticket=1, content_hash=None):
    """Returns the payload of a content's piece, with the given hash or the content's own."""
    part = content[offset : offset + length]
    name = bytes.fromhex(content_hash) if content_hash else hashlib.sha256(content).digest()
    return name + struct.pack(">QQ", ticket, offset) + hashlib.sha256(part).digest() + part


class FakeData:
    def __init__(self):
        self.place, self.failure, self.required = None, None, []

    def require(self, requirement, now):
        self.required.append(requirement)
        self.place = "here"

    def tick(self, now):
        pass

    def handle(self, message, now):
        pass


class Trainings:
    def __init__(self):
        self.started, self.stopped = [], []

    def start(self, reference, work, data_set, place):
        self.started.append(reference)

    def stop(self, reference):
        self.stopped.append(reference)


class Bed:
    """A session with fakes around it, and a clock that tests advance."""

    def __init__(self, folder, slots=1):
        self.now = 100.0
        self.sent = []
        self.trainings, self.data, self.spool = Trainings(), FakeData(), Spool(str(folder))
        self.lines = []
        identity = Identity("w-1", "host", 1, "0.1", "torch-1+cpu", slots)
        self.session = Session(
            identity, self._send, self.trainings, self.spool, self.data, self.lines.append
        )

    def _send(self, code, payload):
        frames.encode(code, 1, payload)
        self.sent.append((code, payload))
        return True

    def take(self, *codes):
        """Returns the payloads sent since the last call, with these codes or with any."""
        taken, self.sent = self.sent, []
        return [payload for code, payload in taken if not codes or code in codes]

    def codes(self):
        codes, self.sent = [code for code, _ in self.sent], []
        return codes

    def hear(self, message):
        self.session.handle(message, self.now)

    def advance(self, seconds):
        """Advances the clock in steps, as a service does."""
        end = self.now + seconds
        while self.now < end:
            self.now = min(end, self.now + 0.25)
            self.session.tick(self.now)

    def join(self, *arguments, **named):
        self.session.tick(self.now)
        self.hear(welcome(*arguments, **named))
        return self.take()
