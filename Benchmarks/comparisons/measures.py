"""Means, intervals and tables."""
import csv
import io
import math
import statistics


def student_quantile(probability, freedom):
    """Returns the quantile of Student's t distribution for a probability above one half."""
    scale = math.exp(math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2)) / math.sqrt(freedom * math.pi)

    def area(end, steps=2000):
        """Returns the integral of the density from 0 to `end`, by Simpson's rule."""
        def density(x):
            return scale * (1 + x * x / freedom) ** (-(freedom + 1) / 2)
        width = end / steps
        inner = sum(density(number * width) * (4 if number % 2 else 2) for number in range(1, steps))
        return (density(0) + inner + density(end)) * width / 3

    low, high = 0.0, 1.0
    while area(high) < probability - 0.5:
        high *= 2
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if area(middle) < probability - 0.5 else (low, middle)
    return (low + high) / 2


def interval(values, confidence=0.95):
    """Returns the mean, its standard error and the ends of its interval; for one value the mean only, for none None."""
    values = [value for value in values if value is not None]
    if not values:
        return None
    found = {"mean": statistics.mean(values), "count": len(values), "standard_error": None, "low": None, "high": None}
    if len(values) > 1:
        error = statistics.stdev(values) / math.sqrt(len(values))
        reach = student_quantile((1 + confidence) / 2, len(values) - 1) * error
        found.update(standard_error=error, low=found["mean"] - reach, high=found["mean"] + reach)
    return found


def by_seed(named, judged, seeds):
    """Returns V by seed, in points: the mean accuracy, over the levels, of what is named at each; None if a training is
    missing or diverged.

    `named`: one candidate per level, None if there is none. `judged`: accuracies by (candidate, seed)."""
    found = []
    for seed in seeds:
        accuracies = [None if candidate is None else judged.get((candidate, seed)) for candidate in named]
        found.append(None if not accuracies or None in accuracies else 100 * statistics.mean(accuracies))
    return found


def difference(ours, theirs):
    """Returns the interval of the difference of two lists of V by seed, paired."""
    return interval([one - other for one, other in zip(ours, theirs) if one is not None and other is not None])


def figure(found, digits=2):
    """Formats an interval as `43.21 (42.80 to 43.62)`."""
    if found is None:
        return "–"
    if found["low"] is None:
        return f"{found['mean']:.{digits}f}"
    return f"{found['mean']:.{digits}f} ({found['low']:.{digits}f} to {found['high']:.{digits}f})"


def markdown(headings, rows):
    lines = [headings, ["---"] * len(headings), *rows]
    return "".join(f"| {' | '.join(map(str, line))} |\n" for line in lines)


def comma_separated(headings, rows):
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(headings)
    writer.writerows([["" if value is None else value for value in row] for row in rows])
    return out.getvalue()
