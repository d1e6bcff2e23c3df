import json
import os
import random

import pytest

from fakes import piece, welcome_payload
from layersearch_torch import frames, inbound
from layersearch_torch.frames import Malformed
from layersearch_torch.texts import one_line

CONTENT_HASH = "ab" * 32
REFERENCE = {"attempt": 1, "job": 7}
GOOD = {
    frames.WELCOME: welcome_payload(),
    frames.REFUSAL: {"reason": "full"},
    frames.RESULT_ACKNOWLEDGED: REFERENCE,
    frames.COORDINATOR_HEARTBEAT: {"study": "s"},
    frames.CANCEL: REFERENCE,
    frames.DRAIN: {"reason": "studyFinished"},
    frames.CONTENT_ANNOUNCEMENT: {"contentHash": CONTENT_HASH, "kind": "cifar10", "bytes": 5},
    frames.CONTENT_REFUSAL: {"contentHash": CONTENT_HASH, "subject": "query", "reason": "no"},
    frames.BENCH: {"reason": "slow", "seconds": 1.5},
    frames.JOB: {"reference": REFERENCE, "work": "proxy-training a=b"},
}


def test_frames():
    made = frames.encode(frames.READY, 258, {"b": "ü", "a": 1.5})
    assert made == [b"LYSR\x01", b"\x02", bytes([0, 0, 0, 0, 0, 0, 1, 2]), b'{"a":1.5,"b":"\\u00fc"}']
    assert frames.decode(made) == (2, made[3])
    with pytest.raises(ValueError):
        frames.encode(frames.READY, 1, {"a": float("nan")})


@pytest.mark.parametrize(
    "received",
    [
        [],
        [b""],
        [b"LYSR\x01", b"A", bytes(8)],
        [b"", b"LYSR\x01", b"A", bytes(8), b""],
        [b"LYSR\x02", b"A", bytes(8), b""],
        [b"LYSR\x01", b"", bytes(8), b""],
        [b"LYSR\x01", b"A", bytes(7), b""],
        [b"LYSR\x01", b"A", bytes(8), bytes(frames.MAXIMUM_PAYLOAD + 1)],
    ],
)
def test_malformed_frames(received):
    with pytest.raises(Malformed):
        frames.decode(received)


def test_all_messages():
    for code, payload in GOOD.items():
        with_more = {**payload, "further": [None, {}]}
        read = inbound.read(code, json.dumps(payload).encode())
        assert inbound.read(code, json.dumps(with_more, indent=1).encode()) == read
    assert inbound.read(frames.REREGISTER, b"") == inbound.Reregister()
    read = inbound.read(frames.CONTENT_PIECE, piece(b"abcdef", 2, 3, ticket=2**64 - 1))
    assert (read.ticket, read.offset, read.content) == (2**64 - 1, 2, b"cde")


@pytest.mark.parametrize("code", sorted(GOOD))
def test_every_key_is_needed(code):
    for key in GOOD[code]:
        if key not in ("leaseSeconds", "subject"):
            less = {k: v for k, v in GOOD[code].items() if k != key}
            for broken in (less, {**less, key: [1]}, {**less, key: True}):
                with pytest.raises(Malformed):
                    inbound.read(code, json.dumps(broken).encode())


@pytest.mark.parametrize(
    "code, payload",
    [
        (frames.CANCEL, b'{"attempt":0,"job":1}'),
        (frames.CANCEL, b'{"attempt":1,"job":9223372036854775808}'),
        (frames.CANCEL, b'{"attempt":1,"job":1.5}'),
        (frames.CANCEL, b"[1,2]"),
        (frames.CANCEL, b"\xff"),
        (frames.CANCEL, b"[" * 100_000),
        (frames.REFUSAL, b'{"reason":"a\\nb"}'),
        (frames.REFUSAL, b'{"reason":"\\u2028"}'),
        (frames.REFUSAL, json.dumps({"reason": "x" * 2001}).encode()),
        (frames.BENCH, b'{"reason":"a","seconds":NaN}'),
        (frames.BENCH, b'{"reason":"a","seconds":1e999}'),
        (frames.DRAIN, b'{"reason":"lunch"}'),
        (frames.WELCOME, json.dumps(welcome_payload(heartbeat=0)).encode()),
        (frames.CONTENT_PIECE, bytes(80)),
        (frames.CONTENT_PIECE, bytes(81 + 262_144)),
        (frames.CONTENT_ANNOUNCEMENT, b'{"bytes":1,"contentHash":"AB","kind":"blob"}'),
        (99, b"{}"),
    ],
)
def test_malformed_payloads(code, payload):
    with pytest.raises(Malformed):
        inbound.read(code, payload)


def test_lengths_of_data_sets():
    assert inbound.read(frames.WELCOME, frames.json_bytes(welcome_payload())).data.length is None
    read = inbound.read(frames.WELCOME, frames.json_bytes(welcome_payload(name="arrays", bytes=2**40)))
    assert read.data.length == 2**40 and read.data.name == "arrays"
    for length in (0, 2**40 + 1, "7"):
        with pytest.raises(Malformed):
            inbound.read(frames.WELCOME, frames.json_bytes(welcome_payload(name="arrays", bytes=length)))


def test_paths_of_hints():
    for path in ("relative", "/a/../b"):
        payload = welcome_payload()
        payload["data"]["pathHint"] = path
        with pytest.raises(Malformed):
            inbound.read(frames.WELCOME, json.dumps(payload).encode())


def test_mutated_payloads_are_read_or_malformed():
    chance = random.Random(1)
    for _ in range(3000):
        code = chance.choice(sorted(GOOD))
        payload = bytearray(frames.json_bytes(GOOD[code]))
        for _ in range(chance.randint(1, 4)):
            payload[chance.randrange(len(payload))] = chance.choice(b'{}[]",:0e-\\\x00\xff9')
        try:
            inbound.read(code, bytes(payload))
        except Malformed:
            pass
    for _ in range(200):
        try:
            inbound.read(chance.randrange(256), os.urandom(chance.randrange(200)))
        except Malformed:
            pass


def test_texts():
    assert one_line("a\nb\u2028c\x7f") == "a b c"
    assert len(one_line("ü" * 2000).encode()) <= 2000
