"""Random streams that are the same in every worker: xoshiro256** seeded through SplitMix64."""

MASK = (1 << 64) - 1


def splitmix(state):
    """Returns the next state and its word."""
    state = (state + 0x9E3779B97F4A7C15) & MASK
    z = state
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 & MASK
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB & MASK
    return state, z ^ (z >> 31)


def text_hash(text):
    """Returns FNV-1a of the UTF-8 bytes, followed by one step of SplitMix64."""
    h = 0xCBF29CE484222325
    for byte in text.encode():
        h = (h ^ byte) * 0x100000001B3 & MASK
    return splitmix(h)[1]


class StableRandom:
    """The random stream of a seed. With a purpose, it is another stream."""

    def __init__(self, seed, purpose=None):
        state = seed ^ (text_hash(purpose) if purpose is not None else 0)
        self._s = []
        for _ in range(4):
            state, word = splitmix(state)
            self._s.append(word)

    def next(self):
        """Returns 64 random bits."""
        s = self._s
        x = s[1] * 5 & MASK
        result = ((x << 7 | x >> 57) & MASK) * 9 & MASK
        shifted = s[1] << 17 & MASK
        s[2] ^= s[0]
        s[3] ^= s[1]
        s[1] ^= s[2]
        s[0] ^= s[3]
        s[2] ^= shifted
        s[3] = (s[3] << 45 | s[3] >> 19) & MASK
        return result

    def uniform(self):
        """Returns a number from 0 to 1, excluding 1."""
        return (self.next() >> 11) * 2.0**-53

    def integer(self, bound):
        """Returns an integer from 0 to `bound`, excluding `bound`."""
        product = self.next() * bound
        if product & MASK < bound:
            threshold = (MASK + 1 - bound) % bound
            while product & MASK < threshold:
                product = self.next() * bound
        return product >> 64

    def permutation(self, count):
        order = list(range(count))
        for last in range(count - 1, 0, -1):
            other = self.integer(last + 1)
            order[last], order[other] = order[other], order[last]
        return order
