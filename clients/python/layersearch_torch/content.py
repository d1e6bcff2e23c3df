"""Fetches a content from the coordinator, in checked pieces, into a cache."""

import fcntl
import hashlib
import os

from layersearch_torch import frames

PIECE = 262_144
_PIECES_UNDER_WAY = 4
_TICKETS_A_REQUEST = 16
_MISSING_SECONDS = 30
_TRIES = 3


def digest(paths):
    """Returns the SHA-256 of the concatenated files, as hexadecimal digits."""
    digest = hashlib.sha256()
    for path in paths:
        with open(path, "rb") as file:
            while chunk := file.read(1 << 20):
                digest.update(chunk)
    return digest.hexdigest()


class Fetch:
    """Asks for one content until `path` is its file, or until `failure` says why it is not available.

    Of the processes that share a cache, one fetches. The others wait for its lock and find what it fetched.
    """

    def __init__(self, content_hash, length, cache, send):
        os.makedirs(cache, exist_ok=True)
        self._hash, self._expected, self._send = content_hash, length, send
        self._final = os.path.join(cache, content_hash)
        self._partial = self._final + ".partial"
        self._lock_path = self._final + ".lock"
        self._lock = None
        self._file = None
        self._length = None
        self._written = 0
        self._asked = 0
        self._asked_query = None
        self._heard = 0.0
        self._tickets = []
        self._retry_at = None
        self._delay = 1.0
        self._tries = 0
        self.path = None
        self.failure = None

    def tick(self, now):
        """Sends the requests that are due."""
        if self.path is not None or self.failure is not None or not self._has_lock():
            return
        if self._length is None:
            if self._asked_query is None or now - self._asked_query >= _MISSING_SECONDS:
                self._asked_query = now
                self._send(frames.CONTENT_QUERY, {"contentHash": self._hash})
            return
        if self._retry_at is not None:
            if now < self._retry_at:
                return
            self._retry_at = None
            self._heard = now
        if self._asked > self._written and now - self._heard >= _MISSING_SECONDS:
            self._asked = self._written
            self._heard = now
        while self._asked < self._length and self._asked < self._written + _PIECES_UNDER_WAY * PIECE:
            length = min(PIECE, self._length - self._asked)
            if not self._request(self._asked, length):
                return
            self._asked += length

    def begin_again(self, now):
        """Continues after a new welcome: the requests under way were lost with the connection."""
        self._asked_query = None
        self._asked = self._written
        self._retry_at = None
        self.tick(now)

    def announced(self, message, now):
        if message.content_hash != self._hash or self._length is not None or self._lock is None:
            return
        if message.length != self._expected:
            self.failure = f"the coordinator gives {message.length} bytes, and the data set has {self._expected}"
            return
        self._length = message.length
        self._open()
        self._heard = now
        self.tick(now)
        self._finish_if_whole(now)

    def refused(self, message):
        if message.content_hash == self._hash and self.path is None:
            self.failure = f"the coordinator does not give the data set: {message.reason}"

    def received(self, piece, now):
        if piece.content_hash != self._hash or self._file is None:
            return
        self._tickets.append(piece.ticket)
        is_sound = hashlib.sha256(piece.content).digest() == piece.digest
        if is_sound and piece.offset == self._written and piece.offset + len(piece.content) <= self._length:
            self._file.write(piece.content)
            self._digest.update(piece.content)
            self._written += len(piece.content)
            self._asked = max(self._asked, self._written)
            self._heard = now
            self._delay = 1.0
            self._retry_at = None
        elif self._retry_at is None and piece.offset >= self._written:
            self._retry_at = now + self._delay
            self._delay = min(60.0, 2 * self._delay)
            self._asked = self._written
        self.tick(now)
        self._finish_if_whole(now)

    def close(self):
        """Leaves the cache. What was fetched stays for the next process."""
        for held in (self._file, self._lock):
            if held is not None:
                held.close()
        self._file = self._lock = None

    def _has_lock(self):
        if self._lock is not None:
            return True
        lock = open(self._lock_path, "a")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            return False
        self._lock = lock
        if os.path.exists(self._final):
            if digest([self._final]) == self._hash:
                self.path = self._final
                self.close()
            else:
                os.remove(self._final)
        return self.path is None

    def _open(self):
        """Continues after the bytes that are on disk."""
        self._digest = hashlib.sha256()
        self._file = open(self._partial, "ab+")
        if self._file.tell() > self._length:
            self._file.truncate(0)
        self._file.seek(0)
        while chunk := self._file.read(1 << 20):
            self._digest.update(chunk)
        self._file.seek(0, os.SEEK_END)
        self._written = self._asked = self._file.tell()

    def _request(self, offset, length):
        returned = self._tickets[:_TICKETS_A_REQUEST]
        payload = {"contentHash": self._hash, "length": length, "offset": offset, "returned": returned}
        if not self._send(frames.CONTENT_REQUEST, payload):
            return False
        del self._tickets[: len(returned)]
        return True

    def _finish_if_whole(self, now):
        if self._file is None or self._written < self._length:
            return
        while self._tickets and self._request(self._length, 0):
            pass
        if self._digest.hexdigest() == self._hash:
            self._file.flush()
            os.fsync(self._file.fileno())
            os.rename(self._partial, self._final)
            self.path = self._final
            self.close()
            return
        self._tries += 1
        if self._tries == _TRIES:
            self.failure = f"the data set came {_TRIES} times with another SHA-256"
        self._file.truncate(0)
        self._file.close()
        self._open()
        if self.failure is None:
            self.tick(now)
