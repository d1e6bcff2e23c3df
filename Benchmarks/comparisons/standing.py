"""How far the scores of one table of trainings stand for those of another: rank correlation among candidates of similar cost, and what the
one would name as the other judges it."""
import math
import statistics

from comparisons import architecture, landscape


class Scored:
    """The candidates of a table by their mean score in it, seeds' own effects taken out."""

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
        """Of one training around its candidate, its seed's part included; None where no candidate has two."""
        return None if self.noise is None else math.sqrt(self.noise + self.common)


def bands(costs, count):
    """Candidates in so many groups of similar cost, as equal in number as goes: lists, from the cheapest."""
    ordered = sorted(costs, key=lambda candidate: (costs[candidate], candidate))
    return [ordered[len(ordered) * band // count:len(ordered) * (band + 1) // count] for band in range(count)]


def concordance(one, other, groups):
    """Pairs within the groups by how the two rank them, each candidate's share for the jackknife: (concordant − discordant, pairs that
    neither ties) in all, and of each candidate."""
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
    """Kendall's tau over the pairs within the groups (ties left out), and its standard error by leaving out one candidate at a time;
    None where there are no pairs."""
    (agreement, pairs), by_candidate = concordance(one, other, groups)
    if not pairs:
        return None
    left = [(agreement - a) / (pairs - n) for a, n in by_candidate.values() if pairs > n]
    if len(left) < 2:
        return agreement / pairs, None
    center, count = statistics.mean(left), len(left)
    return agreement / pairs, math.sqrt((count - 1) / count * sum((value - center) ** 2 for value in left))


def halves(scored):
    """The two halves of the seeds that every candidate has, every second one; None where there are fewer than two."""
    trained = {(training.candidate, training.seed) for training in scored.trainings}
    seeds = [seed for seed in scored.seeds if all((candidate, seed) in trained for candidate in scored.means)]
    return None if len(seeds) < 2 else (scored.of_seeds(seeds[0::2]), scored.of_seeds(seeds[1::2]))


def levels(model, candidates, count):
    costs = {candidate: architecture.cost(model, architecture.forms(candidate)) for candidate in candidates}
    smallest = min(candidates, key=lambda candidate: costs[candidate])
    return costs, architecture.levels(model, architecture.forms(smallest), count)


def named(values, costs, bounds):
    """The candidate with the highest value at each level; None where nothing fits."""
    found = []
    for name, bound in bounds:
        index = ("parameters", "multiply_adds").index(name)
        allowed = [candidate for candidate in values if costs[candidate][index] <= bound]
        found.append(max(allowed, key=lambda candidate: (values[candidate], candidate)) if allowed else None)
    return found


def value(choice, judged):
    """V: the mean, over the levels at which something was named, of what it is by the other's means."""
    return statistics.mean(judged[candidate] for candidate in choice if candidate is not None)
