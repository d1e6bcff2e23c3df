import hashlib
import os

import numpy as np

from fakes import piece
from layersearch_torch import frames, inbound
from layersearch_torch.content import PIECE, Fetch

CONTENT = np.random.default_rng(1).bytes(6 * PIECE + 1000)
HASH = hashlib.sha256(CONTENT).hexdigest()


class Coordinator:
    """Answers requests for CONTENT, in order. A piece may be spoiled once."""

    def __init__(self, folder, content=CONTENT):
        self.content, self.requests, self.queue, self.tickets = content, [], [], 0
        self.held, self.most_held = set(), 0
        self.fetch = Fetch(HASH, len(content), str(folder), self.send)

    def send(self, code, payload):
        frames.encode(code, 1, payload)
        self.queue.append((code, payload))
        return True

    def announce(self, now=0.0):
        self.fetch.tick(now)
        assert self.queue == [(frames.CONTENT_QUERY, {"contentHash": HASH})]
        self.queue.clear()
        self.fetch.announced(inbound.Announcement(HASH, "cifar10", len(self.content)), now)

    def answer(self, now=0.0, count=10**6, spoil=None):
        """Answers at most `count` requests."""
        while self.queue and count > 0:
            _, payload = self.queue.pop(0)
            self.requests.append(payload)
            assert set(payload["returned"]) <= self.held and len(payload["returned"]) <= 16
            self.held -= set(payload["returned"])
            if payload["length"] == 0:
                continue
            count -= 1
            self.tickets += 1
            self.held.add(self.tickets)
            self.most_held = max(self.most_held, len(self.held))
            made = piece(self.content, payload["offset"], payload["length"], self.tickets)
            if spoil is not None and payload["offset"] == spoil:
                made, spoil = made[:-1] + bytes([made[-1] ^ 1]), None
            self.fetch.received(inbound.read(frames.CONTENT_PIECE, made), now)


def test_a_content(tmp_path):
    coordinator = Coordinator(tmp_path)
    coordinator.announce()
    assert len(coordinator.queue) == 4
    coordinator.answer()
    assert coordinator.fetch.path == str(tmp_path / HASH) and open(coordinator.fetch.path, "rb").read() == CONTENT
    assert coordinator.held == set() and coordinator.most_held <= 4
    assert coordinator.requests[-1]["length"] == 0


def test_a_corrupted_piece_is_asked_for_again(tmp_path):
    coordinator = Coordinator(tmp_path)
    coordinator.announce()
    coordinator.answer(0.0, spoil=PIECE)
    assert coordinator.fetch.path is None and coordinator.queue == []
    coordinator.fetch.tick(0.9)
    assert coordinator.queue == []
    coordinator.fetch.tick(1.1)
    assert coordinator.queue[0][1]["offset"] == PIECE
    coordinator.answer(1.1, spoil=PIECE)
    coordinator.fetch.tick(2.9)
    assert coordinator.queue == []  # twice as long the second time
    coordinator.fetch.tick(3.2)
    coordinator.answer(3.2)
    assert open(coordinator.fetch.path, "rb").read() == CONTENT and coordinator.held == set()


def test_missing_pieces(tmp_path):
    coordinator = Coordinator(tmp_path)
    coordinator.announce()
    coordinator.queue.clear()
    coordinator.fetch.tick(29)
    assert coordinator.queue == []
    coordinator.fetch.tick(31)
    assert [p["offset"] for _, p in coordinator.queue] == [0, PIECE, 2 * PIECE, 3 * PIECE]
    coordinator.queue.clear()
    coordinator.fetch.begin_again(32)
    coordinator.answer(32)
    assert coordinator.fetch.path is not None


def test_goes_on_where_the_disk_ends(tmp_path):
    first = Coordinator(tmp_path)
    first.announce()
    first.answer(count=2)
    waiting = Coordinator(tmp_path)
    waiting.fetch.tick(0)
    assert waiting.queue == []  # another process fetches
    first.fetch.close()
    waiting.announce(1)
    assert waiting.queue[0][1]["offset"] == 2 * PIECE
    waiting.answer(1)
    assert open(waiting.fetch.path, "rb").read() == CONTENT
    third = Coordinator(tmp_path)
    third.fetch.tick(0)
    assert third.fetch.path == waiting.fetch.path and third.queue == []


def test_a_wrong_whole_is_thrown_away_three_times(tmp_path):
    (tmp_path / f"{HASH}.partial").write_bytes(bytes(PIECE))
    good = Coordinator(tmp_path)
    good.announce()
    good.answer()
    assert open(good.fetch.path, "rb").read() == CONTENT  # the second time
    os.remove(good.fetch.path)
    bad = Coordinator(tmp_path, bytes(1000))
    bad.fetch._hash, bad_hash = HASH, hashlib.sha256(bytes(1000)).hexdigest()
    bad.announce()
    for ticket in range(3):
        made = inbound.read(frames.CONTENT_PIECE, piece(bytes(1000), 0, ticket=ticket, content_hash=HASH))
        bad.fetch.received(made, 0)
    assert bad_hash != HASH and "3 times" in bad.fetch.failure


def test_another_length_is_not_fetched(tmp_path):
    coordinator = Coordinator(tmp_path)
    coordinator.fetch.tick(0)
    coordinator.fetch.announced(inbound.Announcement(HASH, "arrays", len(CONTENT) + 1), 0)
    assert str(len(CONTENT) + 1) in coordinator.fetch.failure and len(coordinator.queue) == 1


def test_refusal(tmp_path):
    coordinator = Coordinator(tmp_path)
    coordinator.fetch.tick(0)
    coordinator.fetch.refused(inbound.ContentRefusal("0" * 64, "other"))
    assert coordinator.fetch.failure is None
    coordinator.fetch.refused(inbound.ContentRefusal(HASH, "the files changed"))
    assert "the files changed" in coordinator.fetch.failure
