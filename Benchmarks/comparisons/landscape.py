"""What the trainings of a table tell about the space: how noisy they are, what trainings under one seed have in
common, how far effects add up."""
import csv
import math
import statistics

from comparisons import work


class Training:
    def __init__(self, row):
        self.candidate = row["candidate"]
        self.seed = row["seed"]
        # Larger scores are better; accuracies are in points.
        self.scores = {"accuracy": 100 * float(row["accuracy"]), "validation loss": -float(row["loss"])}
        # A conversion without training has none.
        if row["epoch_losses"]:
            self.scores["last training loss"] = -float(row["epoch_losses"].split(";")[-1])
        self.curve = [100 * float(value) for value in row.get("epoch_accuracies", "").split(";") if value]


def read(path):
    """Returns the trainings of a table, without those that diverged. Ends with a message if the file is no such
    table."""
    try:
        with open(path, newline="") as file:
            found = [Training(row) for row in csv.DictReader(file) if row["diverged"] != "true"]
    except (OSError, KeyError, ValueError) as problem:
        work.fail(f"{path}: {problem}; a table of `layersearch export --format trials` is wanted")
    if not found:
        work.fail(f"{path} has no training that did not diverge")
    return found


def choices(candidate):
    """Returns the ranks of the decomposed layers; a form with a variant, such as `8/grouped2`, is its text."""
    if candidate == "dense":
        return {}
    parts = [part.split("=") for part in candidate.split(",")]
    return {layer: int(rank) if rank.isdigit() else rank for layer, rank in parts}


def least_squares(rows, values):
    """Returns the coefficients, the inverse of the normal equations' matrix, the sum of squared residuals and the
    number of columns used. Columns that the ones before them explain get the coefficient 0."""
    width = len(rows[0])
    matrix = [[sum(row[i] * row[j] for row in rows) for j in range(width)] for i in range(width)]
    right = [sum(row[i] * value for row, value in zip(rows, values)) for i in range(width)]
    # Gauss-Jordan elimination, which skips the columns that are left out.
    wide = [matrix[i] + [1.0 if i == j else 0.0 for j in range(width)] + [right[i]] for i in range(width)]
    used = []
    for pivot in range(width):
        if wide[pivot][pivot] <= 1e-9 * max(1.0, matrix[pivot][pivot]):
            continue
        used.append(pivot)
        factor = wide[pivot][pivot]
        wide[pivot] = [value / factor for value in wide[pivot]]
        for other in range(width):
            if other != pivot and wide[other][pivot]:
                factor = wide[other][pivot]
                wide[other] = [value - factor * at for value, at in zip(wide[other], wide[pivot])]
    coefficients = [wide[i][-1] if i in used else 0.0 for i in range(width)]
    inverse = [[wide[i][width + j] if i in used and j in used else 0.0 for j in range(width)] for i in range(width)]
    residuals = sum((value - sum(c * x for c, x in zip(coefficients, row))) ** 2 for row, value in zip(rows, values))
    return coefficients, inverse, residuals, len(used)


def without_seeds(trainings, score):
    """Returns the scores without each seed's own effect, the noise that is left (its variance around the
    candidates), the seeds' part of it (a variance, too), and the residual degrees of freedom. Noise is None if no
    candidate has two trainings."""
    seeds, candidates = {}, {}
    for index, training in enumerate(trainings):
        seeds.setdefault(training.seed, []).append(index)
        candidates.setdefault(training.candidate, []).append(index)
    values = [training.scores[score] for training in trainings]
    seed_effects = dict.fromkeys(seeds, 0.0)
    for _ in range(200):
        means = {name: statistics.mean(values[i] - seed_effects[trainings[i].seed] for i in of) for name, of in candidates.items()}
        effects = {seed: statistics.mean(values[i] - means[trainings[i].candidate] for i in of) for seed, of in seeds.items()}
        center = statistics.mean(effects.values())
        seed_effects, before = {seed: effect - center for seed, effect in effects.items()}, seed_effects
        if max(abs(seed_effects[seed] - before[seed]) for seed in seeds) < 1e-9:
            break
    cleaned = [value - seed_effects[training.seed] for value, training in zip(values, trainings)]
    freedom = len(trainings) - len(candidates) - (len(seeds) - 1)
    if freedom < 1:
        return cleaned, None, None, 0
    means = {name: statistics.mean(cleaned[i] for i in of) for name, of in candidates.items()}
    noise = sum((cleaned[i] - means[trainings[i].candidate]) ** 2 for i in range(len(trainings))) / freedom
    common = 0.0
    if len(seeds) > 1:
        size = len(seeds) / sum(1 / len(of) for of in seeds.values())
        common = max(0.0, statistics.variance(seed_effects.values()) - noise / size)
    return cleaned, noise, common, freedom


def columns(trainings):
    """Returns the names of the single choices (layer, rank), their pairs, and for both a row of indicators per
    training."""
    chosen = [choices(training.candidate) for training in trainings]
    singles = sorted({choice for ranks in chosen for choice in ranks.items()}, key=lambda choice: (choice[0], f"{choice[1]:>20}"))
    pairs = [(one, other) for index, one in enumerate(singles) for other in singles[index + 1:] if one[0] != other[0]]
    single_rows = [[1.0 if ranks.get(layer) == rank else 0.0 for layer, rank in singles] for ranks in chosen]
    pair_rows = [[1.0 if ranks.get(a[0]) == a[1] and ranks.get(b[0]) == b[1] else 0.0 for a, b in pairs] for ranks in chosen]
    return singles, pairs, single_rows, pair_rows


class Landscape:
    """The effects of layers on one score of a table's trainings."""

    def __init__(self, trainings, score="accuracy"):
        self.trainings = len(trainings)
        values, self.noise, self.common, self.freedom = without_seeds(trainings, score)
        self.singles, pairs, single_rows, pair_rows = columns(trainings)
        ones = [[1.0] + row for row in single_rows]
        coefficients, inverse, left, width = least_squares(ones, values)
        noise = self.noise if self.noise is not None else left / max(1, len(values) - width)
        self.effects = [(choice, coefficients[1 + i], math.sqrt(noise * inverse[1 + i][1 + i])) for i, choice in enumerate(self.singles)]
        total = sum((value - statistics.mean(values)) ** 2 for value in values)
        by_candidate = {}
        for training, value in zip(trainings, values):
            by_candidate.setdefault(training.candidate, []).append(value)
        within = sum((value - statistics.mean(of)) ** 2 for of in by_candidate.values() for value in of)
        self.candidates = len(by_candidate)
        # Variances of the truth: what a model explains beyond what it would explain of noise.
        self.shares = None
        if self.noise is not None:
            _, _, left_by_pairs, width_of_pairs = least_squares([one + pair for one, pair in zip(ones, pair_rows)], values)
            n = len(values)
            self.true_variance = (total - within - (self.candidates - 1) * noise) / n
            self.shares = {
                "single layers": (total - left - (width - 1) * noise) / n,
                "pairs": (left - left_by_pairs - (width_of_pairs - width) * noise) / n,
                "rest": (left_by_pairs - within - (self.candidates - width_of_pairs) * noise) / n,
            }
            # The standard error of a share that is 0 and has p degrees of freedom: its variance is noise² · 2p.
            self.share_errors = {
                name: noise * math.sqrt(2 * max(0, p)) / n
                for name, p in (("single layers", width - 1), ("pairs", width_of_pairs - width), ("rest", self.candidates - width_of_pairs))}

    @property
    def separation(self):
        """The variance of the candidates' true scores, relative to the noise of one training around them, including
        its seed's part."""
        return None if self.noise is None else self.true_variance / (self.noise + self.common)

    @property
    def correlation(self):
        """The correlation of two candidates' scores around their means under the same seed: the part of the noise
        that common seeds save."""
        return None if self.noise is None else self.common / (self.noise + self.common)
