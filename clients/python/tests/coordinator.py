"""A coordinator for tests, written from the documentation: a ROUTER that tests read and answer explicitly."""

import hashlib
import json
import struct
import time

import zmq
from zmq.auth.thread import ThreadAuthenticator

from fakes import piece, welcome_payload
from layersearch_torch import frames


class _Allowed:
    def __init__(self, keys):
        self._keys = keys

    def callback(self, domain, key):
        return key in self._keys


class FakeCoordinator:
    """`expect(code)` answers routine messages (hellos, heartbeats, contents) until a message with that code comes."""

    def __init__(self, keys=None, allowed=(), port=None, welcome=None, contents=()):
        """With `keys` (the coordinator's secret key, in Z85), only workers with `allowed` public keys are admitted."""
        self.context = zmq.Context()
        self.authenticator = None
        if keys is not None:
            self.authenticator = ThreadAuthenticator(self.context)
            self.authenticator.start()
            self.authenticator.configure_curve_callback("layersearch", _Allowed(allowed))
        self.socket = self.context.socket(zmq.ROUTER)
        self.socket.setsockopt(zmq.LINGER, 0)
        if keys is not None:
            self.socket.zap_domain = b"layersearch"
            self.socket.curve_server = True
            self.socket.curve_secretkey = keys
        if port is None:
            self.port = self.socket.bind_to_random_port("tcp://127.0.0.1")
        else:
            self.port = port
            self.socket.bind(f"tcp://127.0.0.1:{port}")
        self.address = f"tcp://127.0.0.1:{self.port}"
        self.welcome = welcome or welcome_payload(heartbeat=0.2)
        self.contents = {hashlib.sha256(content).hexdigest(): content for content in contents}
        self.spoiled = 0
        self.known = set()
        self.number = 0
        self.tickets = 0
        self.seen = []

    def send(self, peer, code, payload=None):
        body = payload if isinstance(payload, bytes) else b"" if payload is None else frames.json_bytes(payload)
        self.number += 1
        self.socket.send_multipart([peer, frames.MAGIC, bytes([code]), struct.pack(">Q", self.number), body])

    def expect(self, code, seconds=60, where=lambda payload: True):
        """Returns the peer and the payload of the next message with a code."""
        end = time.monotonic() + seconds
        while True:
            left = end - time.monotonic()
            assert left > 0, f"no message {code}; seen: {self.seen[-20:]}"
            if not self.socket.poll(min(left, 1) * 1000):
                continue
            peer, magic, kind, number, body = self.socket.recv_multipart()
            assert magic == frames.MAGIC and len(number) == 8
            payload = json.loads(body) if body else None
            if body:
                assert body == frames.json_bytes(payload)
            self.seen.append(kind[0])
            self._routine(peer, kind[0], payload)
            if kind[0] == code and where(payload):
                return peer, payload

    def _routine(self, peer, code, payload):
        if code == frames.HELLO:
            self.known.add(peer)
            self.send(peer, frames.WELCOME, self.welcome)
        elif peer not in self.known:
            self.send(peer, frames.REREGISTER)
        elif code == frames.WORKER_HEARTBEAT:
            self.send(peer, frames.COORDINATOR_HEARTBEAT, {"study": self.welcome["study"]})
        elif code == frames.CONTENT_QUERY:
            content = self.contents[payload["contentHash"]]
            about = {"bytes": len(content), "contentHash": payload["contentHash"], "kind": self.welcome["data"]["set"]}
            self.send(peer, frames.CONTENT_ANNOUNCEMENT, about)
        elif code == frames.CONTENT_REQUEST and payload["length"]:
            self._give(peer, payload)

    def _give(self, peer, request):
        self.tickets += 1
        content_hash = request["contentHash"]
        content = self.contents[content_hash]
        made = piece(content, request["offset"], request["length"], self.tickets, content_hash)
        if self.spoiled and request["offset"]:
            self.spoiled -= 1
            made = made[:-1] + bytes([made[-1] ^ 255])
        self.send(peer, frames.CONTENT_PIECE, made)

    def close(self):
        if self.authenticator is not None:
            self.authenticator.stop()
        self.socket.close()
        self.context.term()
