"""Results until they are acknowledged: in memory, and in a spool that outlives the process."""

from dataclasses import dataclass

_AGAIN_SECONDS = 10


@dataclass
class _Result:
    report: dict
    sent: float = float("-inf")


class Results:
    """The results of one study at a time. `send(report)` returns whether it could be sent; `log(text)` reports
    errors."""

    def __init__(self, spool, send, log):
        self._spool, self._send, self._log = spool, send, log
        self._held = {}
        self._taken_of = None

    def __contains__(self, reference):
        return reference in self._held

    @property
    def references(self):
        return sorted(self._held)

    def take(self, study, is_ours):
        """Takes the results of earlier processes, once per study. Returns the number of those for which
        `is_ours(report)` is true."""
        if self._taken_of == study:
            return 0
        self._taken_of = study
        taken = self._spool.take(study, is_ours)
        self._held.update({reference: _Result(report) for reference, report in taken.items()})
        return len(taken)

    def add(self, study, reference, report):
        self._held[reference] = _Result(report)
        try:
            self._spool.write(study, reference, report)
        except OSError as error:
            self._log(f"a result is not in the spool, in memory only: {error}")

    def remove(self, study, reference):
        """Removes a result that was acknowledged."""
        if self._held.pop(reference, None) is not None:
            self._spool.remove(study, reference)

    def release(self):
        """Forgets the results, because another study follows. Those in the spool stay there."""
        self._held.clear()
        self._spool.release()

    def send(self, reference, now):
        if self._send(self._held[reference].report):
            self._held[reference].sent = now

    def send_all(self, now):
        for reference in list(self._held):
            self.send(reference, now)

    def send_due(self, now):
        """Sends again the results that were not acknowledged for a while."""
        for reference, result in list(self._held.items()):
            if now - result.sent >= _AGAIN_SECONDS:
                self.send(reference, now)
