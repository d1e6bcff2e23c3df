"""Predictions by `layersearch cost --measure` of a candidate's training step, beside measurements by `layersearch
bench`."""
import random
import statistics


def space(forms, include):
    """Returns {layer: ranks, ascending} of the layers that the measured forms decompose and that a predicate on
    names includes."""
    found = {}
    for form in forms:
        for layer in form["layers"]:
            if layer.get("rank") is not None and include(layer["layer"]):
                found.setdefault(layer["layer"], set()).add(layer["rank"])
    return {name: sorted(ranks) for name, ranks in found.items()}


def draw(space, count, seed):
    """Returns `count` different candidates, {layer: rank}, without the dense network. The number of decomposed
    layers is drawn first, so that small and large ones are equally likely, then which layers and at which ranks."""
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
    """Returns a candidate's text as `--candidate` takes it."""
    return ",".join(f"{name}={rank}" for name, rank in candidate.items())


def predicted(analysis, candidate):
    """Returns the predicted seconds of a step: of each layer's kernels as measured at this rank, or dense if it is
    not decomposed, and of what belongs to no layer, which the update makes a straight line in parameters."""
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
    """Returns the value at `parameters` of the least-squares line through the forms' seconds. The slope is at least
    0, whatever the scatter of the measurements."""
    xs, ys = [form["cost"]["parameters"] for form in forms], [form["other_seconds"] for form in forms]
    center, height = statistics.mean(xs), statistics.mean(ys)
    spread = sum((x - center) ** 2 for x in xs)
    slope = sum((x - center) * (y - height) for x, y in zip(xs, ys)) / spread if spread else 0.0
    return max(0.0, height + max(0.0, slope) * (parameters - center))


def summary(predictions, measurements):
    """Returns the medians of one candidate's rounds, and the prediction's error relative to the measurement."""
    found = {"predicted": statistics.median(predictions), "measured": statistics.median(measurements)}
    found["error"] = found["predicted"] / found["measured"] - 1
    return found
