"""Work that continues where it was left: settings that must stay the same, files that appear as a whole, tasks on
several slots, and a clock that stops while nothing runs."""
import argparse
import concurrent.futures
import contextlib
import ctypes
import json
import os
import signal
import subprocess
import sys
import time

BENCHMARKS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BINARY = os.environ.get("LAYERSEARCH", os.path.join(os.path.dirname(BENCHMARKS), ".build", "release", "layersearch"))
TCMALLOC = "/usr/lib/x86_64-linux-gnu/libtcmalloc_minimal.so.4"


def fail(message):
    sys.exit(f"{os.path.basename(sys.argv[0])}: {message}")


def write(path, text):
    """Writes a file as a whole or not at all."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path + ".part", "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(path + ".part", path)


def read_json(path):
    if not os.path.exists(path):
        return None
    with open(path) as file:
        return json.load(file)


def write_json(path, value):
    write(path, json.dumps(value, indent=1) + "\n")


def keep_settings(folder, settings):
    """Refuses to continue with settings other than those that the folder was begun with."""
    path = os.path.join(folder, "settings.json")
    before = read_json(path)
    settings = json.loads(json.dumps(settings))
    if before is None:
        return write_json(path, settings)
    changed = [f"{key} is {settings.get(key)} now and was {before.get(key)}"
               for key in sorted({*before, *settings}) if settings.get(key) != before.get(key)]
    if changed:
        fail(f"{folder} was begun with other settings ({'; '.join(changed)}); repeat them, or choose another --output")


def output_of(command, environment=None):
    """Runs a command in its own session: Ctrl-C ends the script once what is under way is done and kept."""
    return subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)


def layersearch(*arguments, allowed=()):
    """Returns a command's standard output. Ends with the command's last line if it fails with a code that is not
    allowed."""
    done = output_of([BINARY, *arguments])
    if done.returncode != 0 and done.returncode not in allowed:
        fail(f"layersearch {' '.join(arguments)}: {(done.stderr.strip().splitlines() or ['failed'])[-1]}")
    return done.stdout


def torch_environment():
    """Returns an environment with one thread, and with the allocator that helps PyTorch most, if it is installed."""
    environment = dict(os.environ, OMP_NUM_THREADS="1", MKL_NUM_THREADS="1", PYTHONPATH=BENCHMARKS)
    if "LD_PRELOAD" not in environment and os.path.exists(TCMALLOC):
        environment["LD_PRELOAD"] = TCMALLOC
    return environment


def python(module, task):
    """Returns the command that does a task of one of these modules."""
    return [sys.executable, "-m", f"comparisons.{module}", json.dumps(task)]


def run_all(tasks, slots, what):
    """Runs the tasks (path, function) that have no file yet, several at a time, and writes each function's value to
    its path as JSON. If the script is stopped, those under way are finished and kept."""
    def do(path, function):
        write_json(path, function())

    left = [(path, function) for path, function in tasks if not os.path.exists(path)]
    if not left:
        return
    print(f"{what}: {len(left)} of {len(tasks)} are left", file=sys.stderr)
    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(slots) as pool:
        pending = [pool.submit(do, path, function) for path, function in left]
        try:
            for number, done in enumerate(concurrent.futures.as_completed(pending), 1):
                done.result()
                pace = (time.monotonic() - began) / number
                if number % 10 == 0 or number == len(left):
                    print(f"{what}: {number}/{len(left)}, {(len(left) - number) * pace / 60:.0f} min left", file=sys.stderr)
        except BaseException:
            for waiting in pending:
                waiting.cancel()
            raise


class Clock:
    """The seconds in which a search was at work, over any number of sittings."""

    def __init__(self, path):
        self.path = path
        self.sittings = read_json(path) or []

    def begin(self):
        self.sittings.append([time.time(), time.time()])
        self.keep()

    def keep(self):
        """Extends the sitting to the present. A sitting that is killed has lasted until the last call."""
        self.sittings[-1][1] = time.time()
        write_json(self.path, self.sittings)

    @property
    def seconds(self):
        return sum(end - begin for begin, end in self.sittings)

    def at(self, wall):
        """Returns the clock's seconds at a time of day."""
        return sum(max(0.0, min(end, wall) - begin) for begin, end in self.sittings)


def _end_with_parent():
    """Ends a search with its parent: it must not go on when the process that watches its clock was killed."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)


@contextlib.contextmanager
def running(commands, log_path, environment=None):
    """Runs processes, and ends those still running at the end of the block. Their outputs are appended to a file."""
    with open(log_path, "a") as log:
        processes = [subprocess.Popen(command, stdout=log, stderr=log, env=environment, preexec_fn=_end_with_parent) for command in commands]
        try:
            yield processes
        finally:
            _stop(processes)


def let_terminate():
    """Makes SIGTERM end a script as Ctrl-C does, with what it started."""
    def interrupt(number, frame):
        raise KeyboardInterrupt
    signal.signal(signal.SIGTERM, interrupt)


def _stop(processes):
    """Ends processes by SIGTERM, and by SIGKILL if they do not end."""
    for process in processes:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
    for process in processes:
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def whole(least, most):
    def read(text):
        if not text.isdigit() or not least <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"{text} must be a whole number from {least} to {most}")
        return int(text)
    return read


def decimal(least, most):
    def read(text):
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"{text} must be a number from {least} to {most}")
        return value
    return read


def numbers(read, increasing=False):
    """Reads several values separated by commas."""
    def all_of(text):
        values = [read(part) for part in text.split(",")]
        if increasing and values != sorted(set(values)):
            raise argparse.ArgumentTypeError(f"{text} must be increasing")
        return values
    return all_of
