"""How well the scores of one table of trainings predict those of another: the rank correlation among candidates of
similar cost, and what the one would name as the other judges it."""
import math
import statistics

from comparisons import architecture, landscape


class Scored:
    """The candidates of a table with their mean scores, without the seeds' own effects."""

    def __init__(self, trainings, score="accuracy"):
        self.trainings = trainings
        self.score = score
        values, self.noise, self.common, _ = landscape.without_seeds(trainings, score)
        by_candidate = {}
        for training, value in zip(trainings, values):
            by_candidate.setdefault(training.candidate, []).append(value)
        self.means = {candidate: statistics.mean(of) for candidate, of in by_candidate.items()}
        self.seeds = sorted({training.seed for training in trainings})

    def of_seeds(self, seeds):
        return Scored([training for training in self.trainings if training.seed in seeds], self.score)

    @property
    def deviation(self):
        """The standard deviation of one training around its candidate, including its seed's part; None if no
        candidate has two."""
        return None if self.noise is None else math.sqrt(self.noise + self.common)


def bands(costs, count):
    """Returns the candidates in `count` groups of similar cost, as equal in number as possible, from the cheapest."""
    ordered = sorted(costs, key=lambda candidate: (costs[candidate], candidate))
    return [ordered[len(ordered) * band // count:len(ordered) * (band + 1) // count] for band in range(count)]


def concordance(one, other, groups):
    """Compares how two tables rank the pairs within the groups. Returns (concordant − discordant, pairs that neither
    ties) in all and, for the jackknife, of each candidate."""
    total, by_candidate = [0, 0], {}
    for group in groups:
        for index, first in enumerate(group):
            for second in group[index + 1:]:
                a, b = one[first] - one[second], other[first] - other[second]
                if a == 0 or b == 0:
                    continue
                agrees = 1 if (a > 0) == (b > 0) else -1
                for sums in (total, by_candidate.setdefault(first, [0, 0]), by_candidate.setdefault(second, [0, 0])):
                    sums[0] += agrees
                    sums[1] += 1
    return total, by_candidate


def tau(one, other, groups):
    """Returns Kendall's tau over the pairs within the groups, without ties, and its standard error from leaving out
    one candidate at a time; None if there are no pairs."""
    (agreement, pairs), by_candidate = concordance(one, other, groups)
    if not pairs:
        return None
    left = [(agreement - a) / (pairs - n) for a, n in by_candidate.values() if pairs > n]
    if len(left) < 2:
        return agreement / pairs, None
    center, count = statistics.mean(left), len(left)
    return agreement / pairs, math.sqrt((count - 1) / count * sum((value - center) ** 2 for value in left))


def halves(scored):
    """Returns the scores by each half of the seeds that every candidate has, taking every second one; None if there
    are fewer than two."""
    trained = {(training.candidate, training.seed) for training in scored.trainings}
    seeds = [seed for seed in scored.seeds if all((candidate, seed) in trained for candidate in scored.means)]
    return None if len(seeds) < 2 else (scored.of_seeds(seeds[0::2]), scored.of_seeds(seeds[1::2]))


def levels(model, candidates, count):
    costs = {candidate: architecture.cost(model, architecture.forms(candidate)) for candidate in candidates}
    smallest = min(candidates, key=lambda candidate: costs[candidate])
    return costs, architecture.levels(model, architecture.forms(smallest), count)


def named(values, costs, bounds):
    """Returns the candidate with the highest value at each level; None if nothing fits."""
    found = []
    for name, bound in bounds:
        index = ("parameters", "multiply_adds").index(name)
        allowed = [candidate for candidate in values if costs[candidate][index] <= bound]
        found.append(max(allowed, key=lambda candidate: (values[candidate], candidate)) if allowed else None)
    return found


def value(choice, judged):
    """Returns V: the mean score by the other table, over the levels at which something was named."""
    return statistics.mean(judged[candidate] for candidate in choice if candidate is not None)
