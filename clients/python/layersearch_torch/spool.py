"""Results on disk until they are acknowledged: one file each, locked by the process that is responsible for it."""

import fcntl
import hashlib
import json
import os
import re
import time

from layersearch_torch.frames import json_bytes
from layersearch_torch.inbound import Reference

_KEPT_SECONDS = 31 * 86400
# The names of a spool's files. Nothing else in the folder is touched.
_NAME = re.compile(r"[0-9a-f]{16}-\d+-\d+\.result(\.\d+\.partial)?")


class Spool:
    """A folder of results. What this process wrote or took is locked until it is removed."""

    def __init__(self, folder):
        self._folder = folder
        os.makedirs(folder, mode=0o700, exist_ok=True)
        self._locks = {}
        self._remove_old()

    def write(self, study, reference, report):
        """Keeps a result: written as a whole, synced, renamed."""
        path = self._path(study, reference)
        temporary = f"{path}.{os.getpid()}.partial"
        descriptor = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        with os.fdopen(os.dup(descriptor), "wb") as file:
            file.write(json_bytes(report))
            file.flush()
            os.fsync(file.fileno())
        os.rename(temporary, path)
        folder = os.open(self._folder, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)
        self._release(path)
        self._locks[path] = descriptor

    def take(self, study, is_wanted=lambda report: True):
        """Takes the results of a study that no other process has. Returns the reports by reference."""
        taken = {}
        for name in sorted(os.listdir(self._folder)):
            path = os.path.join(self._folder, name)
            if name.startswith(_key(study)) and name.endswith(".result") and path not in self._locks:
                report = self._locked(path)
                if report is None:
                    continue
                if report["study"] == study and is_wanted(report):
                    taken[_reference(report)] = report
                else:
                    self._release(path)
        return taken

    def remove(self, study, reference):
        path = self._path(study, reference)
        if os.path.exists(path):
            os.remove(path)
        self._release(path)

    def release(self):
        """Leaves all results to other processes."""
        for path in list(self._locks):
            self._release(path)

    def _path(self, study, reference):
        return os.path.join(self._folder, f"{_key(study)}-{reference.job}-{reference.attempt}.result")

    def _release(self, path):
        descriptor = self._locks.pop(path, None)
        if descriptor is not None:
            os.close(descriptor)

    def _locked(self, path):
        """Locks a file and returns its report; None if another process has it or it cannot be read."""
        try:
            descriptor = os.open(path, os.O_RDONLY)
        except OSError:
            return None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.stat(path).st_ino == os.fstat(descriptor).st_ino:
                with os.fdopen(os.dup(descriptor), "rb") as file:
                    report = json.loads(file.read())
                if isinstance(report["study"], str) and isinstance(report["outcome"], dict) and _reference(report):
                    self._locks[path] = descriptor
                    return report
        except (OSError, ValueError, KeyError, TypeError):
            pass
        os.close(descriptor)
        return None

    def _remove_old(self):
        for name in os.listdir(self._folder):
            path = os.path.join(self._folder, name)
            try:
                if _NAME.fullmatch(name) and time.time() - os.stat(path).st_mtime > _KEPT_SECONDS:
                    os.remove(path)
            except OSError:
                pass


def _key(study):
    return hashlib.sha256(study.encode()).hexdigest()[:16]


def _reference(report):
    return Reference(int(report["reference"]["job"]), int(report["reference"]["attempt"]))
