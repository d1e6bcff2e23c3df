"""The four frames of a message, and the codes of the messages that are used here."""

import json
import struct

MAGIC = b"LYSR\x01"
MAXIMUM_PAYLOAD = 1 << 20
OLDEST_PROTOCOL, NEWEST_PROTOCOL = 8, 9

HELLO, READY, ACCEPT, PROGRESS, RESULT, WORKER_HEARTBEAT, BYE, CONTENT_REQUEST, CONTENT_QUERY = range(1, 10)
WELCOME, REFUSAL = 65, 66
RESULT_ACKNOWLEDGED, COORDINATOR_HEARTBEAT, CANCEL, DRAIN, REREGISTER = 68, 69, 70, 71, 72
CONTENT_ANNOUNCEMENT, CONTENT_PIECE, CONTENT_REFUSAL, BENCH, JOB = 76, 77, 78, 80, 84


class Malformed(Exception):
    """Raised for received data that cannot be read; the text says why."""


def json_bytes(value):
    """Returns a payload in its only form: sorted keys, no spaces, ASCII. Raises ValueError for NaN and infinity."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def encode(code, number, payload):
    """Returns the frames of a message; `payload` is an object."""
    return [MAGIC, bytes([code]), struct.pack(">Q", number), json_bytes(payload)]


def decode(frames):
    """Returns the code and the payload (bytes) of received frames."""
    if len(frames) != 4:
        raise Malformed(f"{len(frames)} frames instead of 4")
    if frames[0] != MAGIC:
        raise Malformed("the first frame is not LYSR of version 1")
    if len(frames[1]) != 1 or len(frames[2]) != 8:
        raise Malformed("the code has not one byte, or the number not eight")
    if len(frames[3]) > MAXIMUM_PAYLOAD:
        raise Malformed("the payload is too long")
    return frames[1][0], frames[3]
