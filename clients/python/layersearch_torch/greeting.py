"""When a worker says hello: until it is welcomed, with growing pauses, and again if the coordinator no longer knows
it."""

import random

_DELAYS = (1, 2, 4, 8, 15)
_LEAST_SECONDS = 0.5


class Greeting:
    """`say()` sends a hello; `now` is in seconds."""

    def __init__(self, say):
        self._say = say
        self.awaits_welcome = True
        self._was_said = False
        self._said_at = float("-inf")
        self._tries = 0
        self._due = float("-inf")

    @property
    def may_be_welcomed(self):
        return self.awaits_welcome and self._was_said

    def end(self):
        """Ends the greeting: a hello was answered."""
        self.awaits_welcome, self._was_said, self._tries = False, False, 0

    def begin(self, now):
        """Says hello as at the start, unless a hello is in flight."""
        if not self.awaits_welcome or now - self._said_at >= _LEAST_SECONDS:
            self.awaits_welcome = True
            self._tries = 0
            self._due = self._said_at + _LEAST_SECONDS
            self.tick(now)

    def tick(self, now):
        if self.awaits_welcome and now >= self._due:
            self.say(now)

    def say(self, now):
        self._say()
        self.awaits_welcome = self._was_said = True
        self._said_at = now
        delay = _DELAYS[min(self._tries, len(_DELAYS) - 1)]
        self._due = now + max(_LEAST_SECONDS, delay * random.uniform(0.5, 1.5))
        self._tries += 1
