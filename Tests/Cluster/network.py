"""Hosts as network namespaces of this machine, and the wires between them.

Each host has one interface (a tap device), whose frames this program carries to the others: with a delay, with losses,
or not at all if a wire is cut. This also works on kernels without a network emulator, and nothing leaves the machine.
"""
import ctypes
import fcntl
import heapq
import os
import random
import selectors
import struct
import subprocess
import threading
import time

TUNSETIFF = 0x400454CA
IFF_TAP_WITHOUT_HEADER = 0x0002 | 0x1000
CLONE_NEWNET = 0x40000000
MTU = 9000
SUBNET = "10.213.7"


def ip(*words):
    subprocess.run(["ip", *words], check=True, stderr=subprocess.PIPE, text=True)


class Host:
    """A network namespace with its own host name, an address and an interface."""

    def __init__(self, name, number):
        self.name, self.number = name, number
        self.namespace = f"layersearch-{os.getpid()}-{name}"
        self.address = f"{SUBNET}.{number}"
        self.is_cut = False
        ip("netns", "add", self.namespace)
        self.wire = None
        try:
            self._connect()
        except BaseException:
            self.remove()
            raise

    def _connect(self):
        self.wire = self._tap()
        ip("-n", self.namespace, "link", "set", "lo", "up")
        ip("-n", self.namespace, "addr", "add", f"{self.address}/24", "dev", "eth0")
        ip("-n", self.namespace, "link", "set", "eth0", "mtu", str(MTU), "up")

    def _tap(self):
        """Opens a tap device. It belongs to the namespace in which it is made, so this thread enters the host's for
        a moment."""
        libc = ctypes.CDLL(None, use_errno=True)

        def enter(namespace):
            if libc.setns(namespace, CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), "cannot enter a network namespace")

        own, other = (os.open(path, os.O_RDONLY) for path in ("/proc/thread-self/ns/net", f"/run/netns/{self.namespace}"))
        enter(other)
        try:
            descriptor = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
            fcntl.ioctl(descriptor, TUNSETIFF, struct.pack("16sH", b"eth0", IFF_TAP_WITHOUT_HEADER))
        finally:
            enter(own)
            os.close(own)
            os.close(other)
        return descriptor

    def firewall(self, *rules):
        """Drops all that comes in except answers and what the rules (of iptables) allow."""
        for rule in (["-P", "INPUT", "DROP"], ["-A", "INPUT", "-m", "state", "--state", "ESTABLISHED", "-j", "ACCEPT"],
                     ["-A", "INPUT", "-i", "lo", "-j", "ACCEPT"], *rules):
            ip("netns", "exec", self.namespace, "iptables", *rule)

    def command(self, *words):
        """Returns the command line that runs a command on this host."""
        shell = 'hostname "$0" && exec "$@"'
        return ["ip", "netns", "exec", self.namespace, "unshare", "--uts", "sh", "-c", shell, self.name, *words]

    def remove(self):
        if self.wire is not None:
            os.close(self.wire)
        subprocess.run(["ip", "netns", "del", self.namespace], stderr=subprocess.DEVNULL)


class Network:
    """Carries frames between hosts in its own thread."""

    def __init__(self, hosts, delay, jitter, loss):
        """delay and jitter are in seconds, one way; loss is the share of frames that do not arrive."""
        self.hosts, self.delay, self.jitter, self.loss = hosts, delay, jitter, loss
        self.carried = self.lost = 0
        self._places = {}
        self._waiting = []
        self._number = 0
        self._last = {}
        self._random = random.Random(1)
        self._ends = False
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self):
        with selectors.DefaultSelector() as selector:
            for host in self.hosts:
                selector.register(host.wire, selectors.EVENT_READ, host)
            while not self._ends:
                now = time.monotonic()
                while self._waiting and self._waiting[0][0] <= now:
                    self._arrive(*heapq.heappop(self._waiting)[2:])
                wait = self._waiting[0][0] - now if self._waiting else 0.1
                for key, _ in selector.select(max(0.0005, min(0.1, wait))):
                    self._leave(key.data)

    def _leave(self, sender):
        for _ in range(64):
            try:
                frame = os.read(sender.wire, MTU + 64)
            except (BlockingIOError, OSError):
                return
            self._places[frame[6:12]] = sender
            known = self._places.get(frame[0:6])
            for receiver in [known] if known else [host for host in self.hosts if host is not sender]:
                self._send(sender, receiver, frame)

    def _send(self, sender, receiver, frame):
        if sender.is_cut or receiver.is_cut or self._random.random() < self.loss:
            self.lost += 1
            return
        # A wire keeps the order of frames.
        wire = (sender.number, receiver.number)
        when = time.monotonic() + self.delay + self.jitter * self._random.uniform(-1, 1)
        when = self._last[wire] = max(when, self._last.get(wire, 0))
        self._number += 1
        heapq.heappush(self._waiting, (when, self._number, sender, receiver, frame))

    def _arrive(self, sender, receiver, frame):
        if sender.is_cut or receiver.is_cut:
            self.lost += 1
            return
        try:
            os.write(receiver.wire, frame)
            self.carried += 1
        except OSError:
            self.lost += 1

    def remove(self):
        self._ends = True
        self._thread.join()
        for host in self.hosts:
            host.remove()
