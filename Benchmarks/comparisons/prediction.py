"""What `layersearch cost --measure` predicts of a candidate's training step, beside what `layersearch bench` measures."""
import random
import statistics


def space(forms, include):
    """{layer: ranks, ascending} of what the measured forms decompose, as far as a predicate on names includes it."""
    found = {}
    for form in forms:
        for layer in form["layers"]:
            if layer.get("rank") is not None and include(layer["layer"]):
                found.setdefault(layer["layer"], set()).add(layer["rank"])
    return {name: sorted(ranks) for name, ranks in found.items()}


def draw(space, count, seed):
    """So many different candidates, {layer: rank}: how many layers are decomposed is drawn first, so that small and large ones are among
    them alike, then which and at which ranks. Without the dense network."""
    drawn = random.Random(seed)
    names = sorted(space)
    most = 1
    for name in names:
        most *= 1 + len(space[name])
    found = []
    while len(found) < min(count, most - 1):
        chosen = drawn.sample(names, drawn.randint(1, len(names)))
        candidate = {name: drawn.choice(space[name]) for name in sorted(chosen)}
        if candidate not in found:
            found.append(candidate)
    return found


def text(candidate):
    """As `--candidate` takes it."""
    return ",".join(f"{name}={rank}" for name, rank in candidate.items())


def predicted(analysis, candidate):
    """Seconds of a step: of each layer's kernels as it was measured at this rank, dense where it is not decomposed, and of what belongs to no
    layer, which the update makes a straight line in parameters."""
    forms = analysis["forms"]
    dense = forms[0]
    total, parameters = 0.0, 0
    for place, layer in enumerate(dense["layers"]):
        rank = candidate.get(layer["layer"])
        form = next(form for form in forms if form["layers"][place].get("rank") == rank)
        total += form["layers"][place]["seconds"]["total"]
        parameters += form["layers"][place]["cost"]["parameters"]
    return total + other(forms, parameters)


def other(forms, parameters):
    """The line of least squares through the forms' seconds, which no measurement's scatter makes steeper than none."""
    xs, ys = [form["cost"]["parameters"] for form in forms], [form["other_seconds"] for form in forms]
    center, height = statistics.mean(xs), statistics.mean(ys)
    spread = sum((x - center) ** 2 for x in xs)
    slope = sum((x - center) * (y - height) for x, y in zip(xs, ys)) / spread if spread else 0.0
    return max(0.0, height + max(0.0, slope) * (parameters - center))


def summary(predictions, measurements):
    """Of one candidate's rounds: medians of both, and the error of the one relative to the other."""
    found = {"predicted": statistics.median(predictions), "measured": statistics.median(measurements)}
    found["error"] = found["predicted"] / found["measured"] - 1
    return found
