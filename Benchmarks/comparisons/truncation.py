"""What truncation errors tell about the effects of layers at ranks beyond costs and stages: least squares on about
twelve effects."""
import json
import math
import pathlib
import sqlite3
import statistics

from comparisons import architecture, landscape, measures, work

CONFIDENCE = 0.95


def truncation_errors(study, model):
    """Returns by (layer, rank) the part of the convolution's outputs that the truncation loses, as the study found
    it."""
    path = pathlib.Path(study) / "study.sqlite"
    if not path.exists():
        work.fail(f"{study} holds no study")
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
        curves = [json.loads(text) for (text,) in database.execute("SELECT curves FROM observation")]
    found = next((curve["truncation_errors"] for curve in curves if "truncation_errors" in curve), None)
    layers = architecture.layers(model)
    if found is None or len(found) != sum(layer.outputs for layer in layers):
        work.fail(f"{study} has no truncation errors of {model}; a study with `start` finds them first")
    values = iter(found)
    return {(layer.name, rank): next(values) for layer in layers for rank in range(1, layer.outputs + 1)}


def predictors(model, layer, rank):
    dense, changed = architecture.cost(model, {}), architecture.cost(model, {layer: rank})
    stage = int(layer[5]) if layer.startswith("layer") else 1
    return [1 - changed[0] / dense[0], 1 - changed[1] / dense[1], stage]


class Explained:
    """Effects explained by predictors alone, and with truncation errors. Shares are of the variance, 0 to 1;
    `points` is for one standard deviation of the errors, and `interval` is Student's interval of that."""

    def __init__(self, effects, known, errors):
        around = sum((effect - statistics.mean(effects)) ** 2 for effect in effects)
        # In comparable units, so that no column is mistaken for one that others explain.
        without = [[1.0] + values for values in standardized(known)]
        both = [values + one for values, one in zip(without, standardized([[error] for error in errors]))]
        _, _, left_without, _ = landscape.least_squares(without, effects)
        coefficients, inverse, left, width = landscape.least_squares(both, effects)
        freedom = len(effects) - width
        deviation = math.sqrt(left / freedom * inverse[-1][-1])
        reach = measures.student_quantile((1 + CONFIDENCE) / 2, freedom) * deviation
        self.without, self.with_errors, self.of_rest = 1 - left_without / around, 1 - left / around, 1 - left / left_without
        self.points, self.interval = coefficients[-1], (coefficients[-1] - reach, coefficients[-1] + reach)
        self.left_out = left_out(without, effects), left_out(both, effects)


def standardized(rows):
    columns = list(zip(*rows))
    means, deviations = [statistics.mean(column) for column in columns], [statistics.pstdev(column) or 1.0 for column in columns]
    return [[(value - mean) / deviation for value, mean, deviation in zip(row, means, deviations)] for row in rows]


def left_out(rows, values):
    squares = []
    for index, (row, value) in enumerate(zip(rows, values)):
        coefficients, _, _, _ = landscape.least_squares(rows[:index] + rows[index + 1:], values[:index] + values[index + 1:])
        squares.append((value - sum(c * x for c, x in zip(coefficients, row))) ** 2)
    return math.sqrt(statistics.mean(squares))
