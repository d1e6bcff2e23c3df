"""A coordinator's messages, checked. `read` returns a message or raises `Malformed`."""

import json
import math
import re
import struct
from dataclasses import dataclass
from typing import Optional

from layersearch_torch import frames
from layersearch_torch.frames import Malformed
from layersearch_torch.texts import is_plain

_MOST_CONTENT_BYTES = 1 << 40
_HASH = re.compile(r"[0-9a-f]{64}\Z")


@dataclass(frozen=True, order=True)
class Reference:
    """An attempt at a job."""

    job: int
    attempt: int

    def payload(self):
        return {"attempt": self.attempt, "job": self.job}


@dataclass(frozen=True)
class DataRequirement:
    name: str
    content_hash: str
    path_hint: Optional[str]
    length: Optional[int] = None


@dataclass(frozen=True)
class Welcome:
    study: str
    study_name: str
    protocol: int
    heartbeat_seconds: float
    data: DataRequirement


@dataclass(frozen=True)
class Refusal:
    reason: str


@dataclass(frozen=True)
class Job:
    reference: Reference
    work: str


@dataclass(frozen=True)
class Acknowledged:
    reference: Reference


@dataclass(frozen=True)
class Heartbeat:
    study: str


@dataclass(frozen=True)
class Cancel:
    reference: Reference


@dataclass(frozen=True)
class Drain:
    study_finished: bool


@dataclass(frozen=True)
class Reregister:
    pass


@dataclass(frozen=True)
class Bench:
    reason: str
    seconds: float


@dataclass(frozen=True)
class Announcement:
    content_hash: str
    kind: str
    length: int


@dataclass(frozen=True)
class ContentRefusal:
    content_hash: str
    reason: str


@dataclass(frozen=True)
class Piece:
    content_hash: str
    ticket: int
    offset: int
    digest: bytes
    content: bytes


class _Object:
    """A JSON object whose values are taken by key, with their types and ranges checked."""

    def __init__(self, value, name):
        if not isinstance(value, dict):
            raise Malformed(f"{name} is no object")
        self._value, self._name = value, name

    def _take(self, key, is_required=True):
        value = self._value.get(key)
        if value is None and is_required:
            raise Malformed(f"{self._name} has no {key}")
        return value

    def integer(self, key, low, high, is_required=True):
        value = self._take(key, is_required)
        if value is None:
            return None
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise Malformed(f"{key} of {self._name} is no whole number from {low} to {high}")
        return value

    def number(self, key, low, high):
        value = self._take(key)
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not is_number or not low <= value <= high or not math.isfinite(value):
            raise Malformed(f"{key} of {self._name} is no number from {low} to {high}")
        return float(value)

    def text(self, key, limit, least=0, is_required=True):
        value = self._take(key, is_required)
        if value is None:
            return None
        if not is_plain(value, limit) or len(value) < least:
            raise Malformed(f"{key} of {self._name} is no text of {least} to {limit} bytes")
        return value

    def hash(self, key="contentHash"):
        value = self._take(key)
        if not isinstance(value, str) or not _HASH.match(value):
            raise Malformed(f"{key} of {self._name} is no SHA-256")
        return value

    def object(self, key):
        return _Object(self._take(key), key)

    def reference(self, key=None):
        source = self if key is None else self.object(key)
        return Reference(source.integer("job", 1, 2**63 - 1), source.integer("attempt", 1, 1_000_000))


def _data(o):
    path = o.text("pathHint", 4096, is_required=False)
    if path is not None and (not path.startswith("/") or ".." in path.split("/")):
        raise Malformed("pathHint is no absolute path")
    length = o.integer("bytes", 1, _MOST_CONTENT_BYTES, is_required=False)
    return DataRequirement(o.text("set", 256, 1), o.text("contentHash", 256), path, length)


def _welcome(o):
    return Welcome(
        o.text("study", 256, 1),
        o.text("studyName", 256),
        o.integer("protocolVersion", 1, 65535),
        o.number("heartbeatSeconds", 0.001, 86400),
        _data(o.object("data")),
    )


def _drain(o):
    reason = o.text("reason", 256)
    if reason not in ("studyFinished", "coordinatorStopping"):
        raise Malformed("the reason of a drain is not known")
    return Drain(reason == "studyFinished")


_READERS = {
    frames.WELCOME: _welcome,
    frames.REFUSAL: lambda o: Refusal(o.text("reason", 2000)),
    frames.RESULT_ACKNOWLEDGED: lambda o: Acknowledged(o.reference()),
    frames.COORDINATOR_HEARTBEAT: lambda o: Heartbeat(o.text("study", 256, 1)),
    frames.CANCEL: lambda o: Cancel(o.reference()),
    frames.DRAIN: _drain,
    frames.CONTENT_ANNOUNCEMENT: lambda o: Announcement(
        o.hash(), o.text("kind", 256), o.integer("bytes", 1, _MOST_CONTENT_BYTES)
    ),
    frames.CONTENT_REFUSAL: lambda o: ContentRefusal(o.hash(), o.text("reason", 2000)),
    frames.BENCH: lambda o: Bench(o.text("reason", 2000), o.number("seconds", 0, 1e9)),
    frames.JOB: lambda o: Job(o.reference("reference"), o.text("work", 65536, 1)),
}


def _piece(payload):
    if not 81 <= len(payload) <= 80 + 262_144:
        raise Malformed("a piece has too few or too many bytes")
    ticket, offset = struct.unpack(">QQ", payload[32:48])
    return Piece(payload[:32].hex(), ticket, offset, payload[48:80], payload[80:])


def _no_constants(name):
    raise Malformed(f"{name} is no number")


def read(code, payload):
    """Returns the message for a code and a payload (bytes)."""
    if code == frames.CONTENT_PIECE:
        return _piece(payload)
    if code == frames.REREGISTER:
        return Reregister()
    if code not in _READERS:
        raise Malformed(f"code {code} is not known")
    try:
        value = json.loads(payload.decode(), parse_constant=_no_constants)
    except (ValueError, RecursionError) as error:
        raise Malformed(f"the payload is no JSON: {error}") from None
    return _READERS[code](_Object(value, f"message {code}"))
