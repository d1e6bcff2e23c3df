"""The whole worker, as a process, against a coordinator of these tests."""

import io
import os
import signal
import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip("torch", reason="a worker needs PyTorch")
import zmq
from zmq.utils import z85

from coordinator import FakeCoordinator
from fakes import WORK, welcome_payload
from files import arrays
from layersearch_torch import frames
from layersearch_torch.cifar import FORMATS

ONE, TWO = {"attempt": 1, "job": 1}, {"attempt": 1, "job": 2}
LONG = WORK.replace("epochs=1", "epochs=1000")


@pytest.fixture
def start(tmp_path):
    processes = []

    def begin(address, *more):
        command = [sys.executable, "-m", "layersearch_torch", "--connect", address, "--device", "cpu"]
        command += ["--spool", str(tmp_path / "spool"), "--data-cache", str(tmp_path / "cache"), *more]
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "HOME": str(tmp_path)}
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)
        processes.append(process)
        return process

    yield begin
    for process in processes:
        if process.poll() is None:
            process.kill()
        process.communicate()


def ended(process):
    """Waits for a process. Returns its exit code and what it wrote."""
    _, errors = process.communicate(timeout=60)
    return process.returncode, errors


def test_a_study(start):
    coordinator = FakeCoordinator()
    worker = start(coordinator.address)
    peer, hello = coordinator.expect(frames.HELLO)
    assert hello["kernelVariant"].startswith("torch-") and hello["kernelVariant"].endswith("+cpu")
    coordinator.expect(frames.READY)
    for noise in ([b""], [frames.MAGIC, b"A", bytes(8), b"{"], [frames.MAGIC, b"\xff", bytes(8), b""], [b"x"] * 9):
        coordinator.socket.send_multipart([peer, *noise])
    coordinator.send(peer, frames.JOB, {"reference": ONE, "work": WORK})
    coordinator.expect(frames.ACCEPT)
    _, result = coordinator.expect(frames.RESULT)
    found = result["outcome"]["finished"]["_0"]
    assert found["kernelVariant"] == hello["kernelVariant"] and len(found["epochLosses"]) == 1
    assert found["peakMemoryBytes"] > 1e8 and found["imagesPerSecond"] > 0 and found["stepTimeRatio"] > 0
    _, again = coordinator.expect(frames.RESULT)  # the acknowledgment was lost
    assert again == result
    coordinator.send(peer, frames.RESULT_ACKNOWLEDGED, ONE)
    for job, work in ((2, WORK.replace("proxy-", "final-")), (3, WORK.replace("seed=5", "seed=5 x=1"))):
        coordinator.send(peer, frames.JOB, {"reference": {"attempt": 1, "job": job}, "work": work})
        coordinator.expect(frames.RESULT, where=lambda r: r["reference"]["job"] == job)
        coordinator.send(peer, frames.RESULT_ACKNOWLEDGED, {"attempt": 1, "job": job})
    coordinator.send(peer, frames.DRAIN, {"reason": "studyFinished"})
    coordinator.expect(frames.BYE)
    code, errors = ended(worker)
    assert code == 0 and "cannot be read" in errors and "Traceback" not in errors
    coordinator.close()


def test_a_coordinator_that_comes_back_and_a_stopped_worker(start, tmp_path):
    coordinator = FakeCoordinator()
    worker = start(coordinator.address, "--slots", "2", "--grace", "0")
    peer, _ = coordinator.expect(frames.READY)
    coordinator.send(peer, frames.JOB, {"reference": ONE, "work": WORK})
    coordinator.send(peer, frames.JOB, {"reference": TWO, "work": LONG})
    coordinator.expect(frames.RESULT)
    coordinator.close()
    coordinator = FakeCoordinator(port=coordinator.port)
    peer, hello = coordinator.expect(frames.HELLO, where=lambda h: "study" in h)
    assert hello["study"] == "s1" and hello["finished"] == [ONE] and hello["running"] == [TWO]
    coordinator.expect(frames.RESULT)
    coordinator.send(peer, frames.RESULT_ACKNOWLEDGED, ONE)
    coordinator.expect(frames.PROGRESS, where=lambda p: p["reference"] == TWO and p["step"] > 0)
    worker.send_signal(signal.SIGTERM)
    _, handed_back = coordinator.expect(frames.RESULT, where=lambda r: r["reference"] == TWO)
    assert "returned" in handed_back["outcome"]
    coordinator.send(peer, frames.RESULT_ACKNOWLEDGED, TWO)
    coordinator.expect(frames.BYE)
    assert ended(worker)[0] == 0
    coordinator.close()


def test_a_killed_worker_s_result_and_a_killed_training(start):
    coordinator = FakeCoordinator()
    worker = start(coordinator.address)
    peer, _ = coordinator.expect(frames.READY)
    coordinator.send(peer, frames.JOB, {"reference": ONE, "work": WORK})
    coordinator.expect(frames.RESULT)
    worker.kill()
    ended(worker)
    worker = start(coordinator.address)
    peer, hello = coordinator.expect(frames.HELLO, where=lambda h: h["finished"] == [ONE])
    coordinator.expect(frames.RESULT)
    coordinator.send(peer, frames.RESULT_ACKNOWLEDGED, ONE)
    coordinator.send(peer, frames.JOB, {"reference": TWO, "work": LONG})
    coordinator.expect(frames.PROGRESS, where=lambda p: p["step"] > 0)
    children = subprocess.run(["pgrep", "-P", str(worker.pid)], capture_output=True, text=True).stdout.split()
    os.kill(int(children[0]), signal.SIGSEGV)
    _, failed = coordinator.expect(frames.RESULT)
    assert failed["failure"]["signal"] == signal.SIGSEGV and failed["failure"]["cause"] == "process ended"
    coordinator.send(peer, frames.RESULT_ACKNOWLEDGED, TWO)
    coordinator.send(peer, frames.JOB, {"reference": {"attempt": 1, "job": 3}, "work": LONG})
    coordinator.expect(frames.PROGRESS, where=lambda p: p["reference"]["job"] == 3)
    coordinator.send(peer, frames.CANCEL, {"attempt": 1, "job": 3})
    coordinator.expect(frames.READY, where=lambda p: p["freeSlots"] == 1)
    assert worker.poll() is None
    coordinator.close()


def test_refusals(start):
    coordinator = FakeCoordinator(welcome=welcome_payload(name="faces", heartbeat=0.2))
    worker = start(coordinator.address)
    coordinator.expect(frames.BYE)
    code, errors = ended(worker)
    assert code == 1 and "faces" in errors
    coordinator.close()


def cifar100_content():
    form = FORMATS["cifar100"]
    records = np.zeros((form.length // form.record_bytes, form.record_bytes), np.uint8)
    records[:, 1] = np.arange(len(records)) % form.shape.classes
    return records.tobytes()


def arrays_content():
    file = io.BytesIO()
    np.savez(file, **arrays(count=500, side=24, classes=5))
    return file.getvalue()


ARRAYS = "arrays data.classes=5 data.image_size=24 data.images=500 data.test_images=12"


@pytest.mark.parametrize(
    "name, kind, selection, content",
    [
        ("cifar100", "proxy", "cifar100", cifar100_content),
        ("arrays", "proxy", ARRAYS, arrays_content),
        ("arrays", "final", ARRAYS, arrays_content),
    ],
)
def test_a_data_set_is_fetched(start, tmp_path, name, kind, selection, content):
    content = content()
    coordinator = FakeCoordinator(contents=[content])
    (content_hash,) = coordinator.contents
    coordinator.spoiled = 1
    more = {"bytes": len(content)} if name == "arrays" else {}
    coordinator.welcome = welcome_payload(name=name, content=content_hash, heartbeat=0.2, **more)
    start(coordinator.address)
    peer, _ = coordinator.expect(frames.READY, where=lambda p: p["freeSlots"] == 1)
    assert coordinator.spoiled == 0 and (tmp_path / "cache" / content_hash).stat().st_size == len(content)
    work = WORK.replace("shapes10", selection).replace("proxy-training", f"{kind}-training")
    coordinator.send(peer, frames.JOB, {"reference": ONE, "work": work})
    _, result = coordinator.expect(frames.RESULT)
    found = result["outcome"]["finished"]["_0"]
    assert ("metrics" in found) == (kind == "final")
    coordinator.close()


def make_keys(folder):
    folder.mkdir()
    coordinator, worker = zmq.curve_keypair(), zmq.curve_keypair()
    lines = {"secret-key": worker[1], "public-key": worker[0], "coordinator-key": coordinator[0]}
    for name, key in lines.items():
        (folder / name).write_text(f"# A key of a test.\n{z85.decode(key).hex()}\n")
        (folder / name).chmod(0o600)
    return coordinator[1], worker[0]


@pytest.mark.parametrize("is_let_in", [True, False])
def test_keys(start, tmp_path, is_let_in):
    secret, worker_key = make_keys(tmp_path / "keys")
    coordinator = FakeCoordinator(keys=secret, allowed=[worker_key] if is_let_in else [])
    worker = start(coordinator.address, "--keys", str(tmp_path / "keys"))
    if is_let_in:
        coordinator.expect(frames.READY)
    else:
        code, errors = ended(worker)
        assert code == 1 and "key" in errors
    coordinator.close()


def test_usage(start, tmp_path):
    make_keys(tmp_path / "keys")
    (tmp_path / "keys" / "secret-key").chmod(0o644)
    code, errors = ended(start("tcp://127.0.0.1:1", "--keys", str(tmp_path / "keys")))
    assert code == 2 and "chmod 600" in errors
    code, errors = ended(start("nowhere"))
    assert code == 2
