"""The socket to the coordinator: a DEALER, with a monitor that reports on its connections."""

import zmq
from zmq.utils import z85
from zmq.utils.monitor import recv_monitor_message

from layersearch_torch import frames

_OPTIONS = {
    zmq.LINGER: 1000,
    zmq.IMMEDIATE: 1,
    zmq.RECONNECT_IVL: 100,
    zmq.RECONNECT_IVL_MAX: 5000,
    zmq.HEARTBEAT_IVL: 5000,
    zmq.HEARTBEAT_TIMEOUT: 15000,
    zmq.HEARTBEAT_TTL: 15000,
    zmq.HANDSHAKE_IVL: 10000,
    zmq.MAXMSGSIZE: 1_048_640,
    zmq.SNDHWM: 2000,
    zmq.RCVHWM: 2000,
}
_REFUSED = zmq.EVENT_HANDSHAKE_FAILED_AUTH
_FAILED = zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL | _REFUSED


class Link:
    """Sends and receives messages. No call waits."""

    def __init__(self, address, keys=None):
        self._address = address
        self._number = 0
        self._context = zmq.Context()
        self.socket = self._context.socket(zmq.DEALER)
        for option, value in _OPTIONS.items():
            self.socket.setsockopt(option, value)
        if keys is not None:
            self.socket.curve_secretkey = z85.encode(keys.secret)
            self.socket.curve_publickey = z85.encode(keys.public)
            self.socket.curve_serverkey = z85.encode(keys.coordinator)
        self.monitor = self.socket.get_monitor_socket(_FAILED)
        self.socket.connect(address)

    def send(self, code, payload):
        """Sends a message. Returns whether it is on its way; without a connection it is not."""
        self._number += 1
        try:
            self.socket.send_multipart(frames.encode(code, self._number, payload), zmq.NOBLOCK)
            return True
        except zmq.Again:
            return False

    def receive(self):
        """Returns the frames of a message, or None."""
        try:
            return self.socket.recv_multipart(zmq.NOBLOCK)
        except zmq.Again:
            return None

    def failures(self):
        """Returns the number of handshakes that failed since the last call, and whether one failed because the key
        is not authorized."""
        count, is_refused = 0, False
        while self.monitor.poll(0):
            event = recv_monitor_message(self.monitor)["event"]
            count += 1
            is_refused = is_refused or event == _REFUSED
        return count, is_refused

    def connect_again(self):
        """Connects again, because ZeroMQ does not retry a connection whose handshake failed."""
        try:
            self.socket.disconnect(self._address)
        except zmq.ZMQError:
            pass
        self.socket.connect(self._address)

    def close(self):
        self.socket.disable_monitor()
        self.monitor.close(0)
        self.socket.close()
        self._context.term()
