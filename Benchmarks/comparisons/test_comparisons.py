"""python3 -m unittest discover -s Benchmarks -t Benchmarks (needs nothing but Python)"""
import itertools
import json
import os
import random
import statistics
import sys
import tempfile
import types
import unittest
from unittest import mock

from comparisons import architecture, landscape, measures, prediction, standing, trainings, truncation, work

OPTIONS = types.SimpleNamespace(model="resnet20", rank_fractions=[0.25, 0.5], include="layer*", levels=8)


class Costs(unittest.TestCase):
    def test_known_networks(self):
        self.assertEqual(architecture.cost("resnet20", {}), (269_722, 40_551_040))
        self.assertEqual(architecture.cost("resnet8", {}), (75_290, 12_239_488))
        # One 16x16x3x3 convolution of 32x32 maps at rank 4: 4 filters of 144 weights and 12 combinations of 4.
        saved = 16 * 144 - (4 * 144 + 12 * 4)
        self.assertEqual(architecture.cost("resnet8", {"layer1.0.conv1": 4}), (75_290 - saved, 12_239_488 - saved * 1024))

    def test_variants(self):
        # The engine's counts.
        ranks = {"layer1": 4, "layer2": 9, "layer3": 17}
        tied = {layer.name: (ranks.get(layer.name.split(".")[0], 4), "tied") for layer in architecture.layers("resnet20")}
        self.assertEqual(architecture.cost("resnet20", tied), (74_804, 11_715_328))
        ranks = {"layer1": 4, "layer2": 10, "layer3": 16}
        grouped = {name: (ranks.get(name.split(".")[0], 4), "grouped2") for name in tied}
        self.assertEqual(architecture.cost("resnet20", grouped), (75_250, 11_437_696))
        self.assertEqual(architecture.cost("resnet8", {"layer1.0.conv1": (4, "full")})[0], 75_290 - 16 * 144 + 4 * 144 + 64)
        with self.assertRaises(ValueError):
            architecture.ranks("layer1.0.conv1=4/tied")
        with self.assertRaises(ValueError):
            architecture.cost("resnet8", {"conv1": (4, "other")})

    def test_other_networks_are_refused(self):
        for model in ("resnet9", "resnet18", "resnet2", "vgg"):
            with self.assertRaises(ValueError):
                architecture.blocks(model)

    def test_candidates_read_back(self):
        for ranks in ({}, {"layer1.0.conv1": 4, "layer3.2.conv2": 16}):
            self.assertEqual(architecture.ranks(architecture.text(ranks)), ranks)
        self.assertEqual(
            architecture.text({"layer1.10.conv1": 8, "layer1.2.conv1": 4, "conv1": 2}), "conv1=2,layer1.2.conv1=4,layer1.10.conv1=8")

    def test_levels_lie_between_smallest_and_dense(self):
        levels = trainings.levels(OPTIONS)
        smallest = architecture.cost("resnet20", {name: min(ranks) for name, ranks in trainings.space(OPTIONS).items()})
        self.assertEqual([cost for cost, _ in levels], ["parameters"] * 4 + ["multiply_adds"] * 4)
        for index, bounds in enumerate(([bound for _, bound in levels[:4]], [bound for _, bound in levels[4:]])):
            self.assertEqual(bounds, sorted(bounds))
            self.assertTrue(smallest[index] < bounds[0] and bounds[-1] < architecture.cost("resnet20", {})[index])


class Standing(unittest.TestCase):
    GROUPS = [["a", "b", "c"], ["d", "e"]]
    JUDGED = {"a": 1.0, "b": 2.0, "c": 3.0, "d": 10.0, "e": 11.0}

    def test_tau_counts_pairs_within_groups_alone(self):
        self.assertEqual(standing.tau(self.JUDGED, self.JUDGED, self.GROUPS)[0], 1)
        # a, b, c: two of three pairs agree; d, e do not; across the groups nothing counts.
        other = {"a": 2.0, "b": 1.0, "c": 3.0, "d": -1.0, "e": -2.0}
        self.assertEqual(standing.tau(other, self.JUDGED, self.GROUPS)[0], (2 - 2) / 4)

    def test_ties_are_no_pairs(self):
        other = {"a": 1.0, "b": 1.0, "c": 3.0, "d": 0.0, "e": 0.0}
        self.assertEqual(standing.tau(other, self.JUDGED, self.GROUPS)[0], 1)
        self.assertIsNone(standing.tau(dict.fromkeys(other, 0.0), self.JUDGED, self.GROUPS))

    def test_standard_error_is_that_of_drawn_rankings(self):
        draw = random.Random(1)
        found = []
        for _ in range(200):
            one = {number: draw.gauss(0, 1) for number in range(40)}
            other = {number: value + draw.gauss(0, 1) for number, value in one.items()}
            found.append(standing.tau(one, other, [list(one)]))
        spread = statistics.stdev(value for value, _ in found)
        self.assertAlmostEqual(statistics.mean(error for _, error in found), spread, delta=0.2 * spread)
        # Kendall's tau of a normal pair is 2/π · asin of its correlation.
        self.assertAlmostEqual(statistics.mean(value for value, _ in found), 0.5, delta=0.03)

    def test_bands_are_of_similar_cost(self):
        self.assertEqual(standing.bands({"a": 3, "b": 1, "c": 2, "d": 4}, 2), [["b", "c"], ["a", "d"]])

    def test_halves_are_of_seeds_that_all_candidates_have(self):
        def training(candidate, seed):
            return types.SimpleNamespace(candidate=candidate, seed=seed, scores={"accuracy": len(candidate) + int(seed)})
        whole = [training(candidate, seed) for seed in "123" for candidate in ("a", "bb", "ccc")]
        one, other = standing.halves(standing.Scored(whole + [training("a", "0"), training("bb", "4")]))
        self.assertEqual((one.seeds, other.seeds), (["1", "3"], ["2"]))
        self.assertEqual(set(other.means), {"a", "bb", "ccc"})
        self.assertIsNone(standing.halves(standing.Scored(whole[:5])))

    def test_what_is_named_is_judged_by_the_other(self):
        costs = {"a": (10, 1), "b": (20, 1), "c": (30, 1)}
        bounds = [("parameters", 25), ("parameters", 5), ("parameters", 40)]
        chosen = standing.named({"a": 2.0, "b": 1.0, "c": 3.0}, costs, bounds)
        self.assertEqual(chosen, ["a", None, "c"])
        self.assertEqual(standing.value(chosen, {"a": 40.0, "b": 41.0, "c": 44.0}), 42)


class Landscapes(unittest.TestCase):
    """Synthetic tables: four layers, each dense or at rank 4."""

    def table(self, seeds, noise, common=0.0, pair=0.0):
        drawn = random.Random(7)
        trainings = []
        for seed in range(seeds):
            shift = drawn.gauss(0, common)
            for chosen in itertools.product((0, 1), repeat=4):
                text = ",".join(f"l{index}=4" for index, on in enumerate(chosen) if on) or "dense"
                accuracy = 50 - sum(index * on for index, on in enumerate(chosen)) + pair * chosen[0] * chosen[1] + shift + drawn.gauss(0, noise)
                trainings.append(landscape.Training({
                    "candidate": text, "seed": str(seed), "accuracy": str(accuracy / 100), "loss": "1", "epoch_losses": "2;1"}))
        return trainings

    def test_effects_and_noise_are_recovered(self):
        found = landscape.Landscape(self.table(seeds=40, noise=1.0, common=2.0))
        for (layer, rank), effect, error in found.effects:
            self.assertEqual(rank, 4)
            self.assertAlmostEqual(effect, -float(layer[1]), delta=4 * error)
        self.assertAlmostEqual(found.noise, 1.0, delta=0.2)
        self.assertAlmostEqual(found.common, 4.0, delta=2.5)
        self.assertAlmostEqual(found.true_variance, (1 + 4 + 9) / 4, delta=0.3)
        self.assertAlmostEqual(found.shares["single layers"] / found.true_variance, 1, delta=0.05)

    def test_pairs_are_told_from_single_layers(self):
        found = landscape.Landscape(self.table(seeds=40, noise=1.0, pair=4.0))
        # Beyond its single factors, the product of two indicators of probability 1/2 has a variance of 1/16: 4² / 16.
        self.assertAlmostEqual(found.shares["pairs"], 1.0, delta=0.3)
        self.assertAlmostEqual(found.shares["rest"], 0.0, delta=0.1)

    def test_one_training_a_candidate_tells_effects_alone(self):
        found = landscape.Landscape(self.table(seeds=1, noise=0.5))
        self.assertEqual((found.noise, found.separation, found.correlation), (None, None, None))
        self.assertEqual(len(found.effects), 4)

    def test_choices_that_never_differ_have_no_effect(self):
        trainings = [training for training in self.table(seeds=3, noise=0.1) if "l3" in training.candidate]
        effects = {layer: effect for (layer, _), effect, _ in landscape.Landscape(trainings).effects}
        self.assertEqual(effects["l3"], 0.0)
        self.assertAlmostEqual(effects["l2"], -2.0, delta=0.3)


class TruncationErrors(unittest.TestCase):
    def test_they_are_told_from_what_is_known_already(self):
        draw = random.Random(3)
        known = [[draw.random(), draw.random(), float(1 + index % 3)] for index in range(12)]
        errors = [draw.random() for _ in range(12)]
        effects = [2 * one - other + 0.5 * stage - 3 * error + 0.01 * draw.gauss(0, 1)
                   for (one, other, stage), error in zip(known, errors)]
        found = truncation.Explained(effects, known, errors)
        self.assertGreater(found.with_errors, 0.999)
        self.assertAlmostEqual(found.points, -3 * statistics.pstdev(errors), delta=0.02)
        self.assertTrue(found.interval[0] < found.points < found.interval[1] < 0)
        self.assertLess(found.left_out[1], 0.05 * found.left_out[0])
        nothing = truncation.Explained([value + 3 * error for value, error in zip(effects, errors)], known, errors)
        self.assertTrue(nothing.interval[0] < 0.01 and nothing.interval[1] > -0.01)

    def test_a_study_without_them_is_told(self):
        with tempfile.TemporaryDirectory() as folder:
            with self.assertRaisesRegex(SystemExit, "holds no study"):
                truncation.truncation_errors(folder, "resnet8")


class Names(unittest.TestCase):
    def test_the_best_mean_that_fits(self):
        small, large = "layer3.2.conv1=16,layer3.2.conv2=16", "layer1.0.conv1=4"
        means = {"dense": 0.9, small: 0.5, large: 0.6, "layer3.2.conv1=16": None}
        bound = architecture.cost("resnet20", architecture.ranks(small))[0]
        self.assertEqual(
            trainings.named_by_means(OPTIONS, means, [("parameters", bound), ("parameters", 269_721), ("parameters", 269_722), ("parameters", 9)]),
            [small, large, "dense", None])


class Measures(unittest.TestCase):
    def test_student(self):
        for freedom, quantile in ((1, 12.7062), (3, 3.18245), (15, 2.13145), (200, 1.97190)):
            self.assertAlmostEqual(measures.student_quantile(0.975, freedom), quantile, places=3)

    def test_intervals(self):
        found = measures.interval([1.0, 2.0, 3.0, None])
        self.assertEqual((found["mean"], found["count"]), (2.0, 3))
        self.assertAlmostEqual(found["high"] - found["mean"], 4.30265 / 3 ** 0.5, places=3)
        self.assertIsNone(measures.interval([]))
        self.assertIsNone(measures.interval([4.0])["low"])

    def test_v_needs_all_levels_and_is_paired(self):
        judged = {("a", 1): 0.5, ("b", 1): 0.7, ("a", 2): 0.4, ("b", 2): None}
        self.assertEqual(measures.by_seed(["a", "b"], judged, [1, 2, 3]), [60.0, None, None])
        self.assertEqual(measures.by_seed(["a", None], judged, [1]), [None])
        self.assertEqual(measures.difference([3.0, None, 5.0], [1.0, 2.0, 4.0])["mean"], 1.5)


class Predictions(unittest.TestCase):
    @staticmethod
    def form(ranks, seconds, parameters, other):
        layers = [{"layer": name, "rank": rank, "seconds": {"total": time}, "cost": {"parameters": weights}}
                  for name, rank, time, weights in zip("abc", ranks, seconds, parameters)]
        return {"layers": layers, "cost": {"parameters": sum(parameters)}, "other_seconds": other}

    def test_a_mix_is_the_sum_of_its_layers_and_of_what_belongs_to_none(self):
        forms = [self.form([None, None, None], [3, 4, 5], [10, 20, 30], 2.0), self.form([1, 2, None], [1, 2, 9], [1, 2, 30], 1.1)]
        # 27 parameters less take 0.9 s less.
        self.assertAlmostEqual(prediction.predicted({"forms": forms}, {"a": 1}), 1 + 4 + 5 + 2.0 - 0.9 * 9 / 27)
        self.assertAlmostEqual(prediction.predicted({"forms": forms}, {}), 3 + 4 + 5 + 2.0)
        # Scatter that makes the smaller network slower is ignored.
        forms[1]["other_seconds"] = 3.0
        self.assertAlmostEqual(prediction.other(forms, 40), 2.5)
        self.assertAlmostEqual(prediction.other(forms[:1], 40), 2.0)

    def test_candidates_are_different_and_the_same_for_a_seed(self):
        space = prediction.space(
            [self.form([None, None, None], [1] * 3, [1] * 3, 1), self.form([1, 2, 3], [1] * 3, [1] * 3, 1), self.form([2, 4, None], [1] * 3, [1] * 3, 1)],
            lambda name: name != "c")
        self.assertEqual(space, {"a": [1, 2], "b": [2, 4]})
        drawn = prediction.draw(space, 20, 1)
        self.assertEqual(len(drawn), 8)
        self.assertEqual(len({prediction.text(candidate) for candidate in drawn}), 8)
        self.assertEqual(drawn[:3], prediction.draw(space, 3, 1))
        self.assertTrue(all(rank in space[name] for candidate in drawn for name, rank in candidate.items()))

    def test_errors_are_of_medians(self):
        found = prediction.summary([1.0, 1.1, 9.0], [1.0, 1.0, 2.0])
        self.assertEqual(found["predicted"], 1.1)
        self.assertAlmostEqual(found["error"], 0.1)


class Sittings(unittest.TestCase):
    def test_the_clock_stands_still_between_them(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "clock.json")
            work.write_json(path, [[100, 110], [200, 230]])
            clock = work.Clock(path)
            self.assertEqual(clock.seconds, 40)
            self.assertEqual([clock.at(wall) for wall in (90, 105, 150, 210, 300)], [0, 5, 10, 20, 40])

    def test_other_settings_are_refused_by_name(self):
        with tempfile.TemporaryDirectory() as folder:
            work.keep_settings(folder, {"jobs": 120, "levels": [1, 2]})
            work.keep_settings(folder, {"jobs": 120, "levels": (1, 2)})
            with self.assertRaisesRegex(SystemExit, "jobs is 60 now and was 120"):
                work.keep_settings(folder, {"jobs": 60, "levels": [1, 2]})

    def test_what_is_done_is_not_done_again(self):
        with tempfile.TemporaryDirectory() as folder:
            done = []
            tasks = [(os.path.join(folder, f"{number}.json"), lambda number=number: done.append(number) or number) for number in range(5)]
            work.write_json(tasks[2][0], "before")
            work.run_all(tasks, 2, "tasks")
            self.assertEqual(sorted(done), [0, 1, 3, 4])
            self.assertEqual([work.read_json(path) for path, _ in tasks], [0, 1, "before", 3, 4])

    def test_a_training_that_was_killed_goes_on(self):
        with tempfile.TemporaryDirectory() as folder:
            options = types.SimpleNamespace(
                output=folder, slots=1, model="resnet20", data="DIR", train_images=512, epochs=3, batch=32, learning_rate=0.1)
            calls = []

            def killed(*arguments, allowed):
                calls.append(arguments)
                work.write(arguments[arguments.index("--checkpoint") + 1], "some epochs")
                sys.exit("killed")

            def ends(*arguments, allowed=()):
                calls.append(arguments)
                if arguments[0] == "evaluate":
                    return json.dumps({"epochs_done": done, "epochs": 3, "test_accuracy": 0.25})
                return '{"diverged": false, "test_accuracy": 0.5}'

            # Killed in its last epoch, or between its end and its result.
            for seed, done, commands, accuracy in [(7, 2, ["evaluate", "train"], 0.5), (8, 3, ["evaluate"], 0.25)]:
                calls.clear()
                with mock.patch.object(work, "layersearch", killed), self.assertRaises(SystemExit):
                    trainings.judge(options, [("dense", seed)])
                checkpoint = calls[0][calls[0].index("--checkpoint") + 1]
                self.assertEqual(calls[0][calls[0].index("--seed") + 1], str(seed))
                with mock.patch.object(work, "layersearch", ends):
                    self.assertEqual(trainings.judge(options, [("dense", seed)]), {("dense", seed): accuracy})
                self.assertEqual([call[0] for call in calls[1:]], commands)
                self.assertTrue(all(call[1:3] == ("--resume-from", checkpoint) for call in calls[1:] if call[0] == "train"))
                self.assertFalse(os.path.exists(checkpoint))

    def test_what_another_machine_trained_is_taken_over(self):
        with tempfile.TemporaryDirectory() as folder:
            here, there = os.path.join(folder, "here"), os.path.join(folder, "there")
            options = types.SimpleNamespace(output=here, slots=1)
            work.keep_settings(here, {"epochs": 30})
            work.write_json(os.path.join(there, "report.json"), {"settings": {"epochs": 30}})
            rows = [["dense", "dense", 7, 0.5], ["all", "conv1=4,layer1.0.conv1=4", 7, None]]
            work.write(os.path.join(there, "trainings.csv"), measures.comma_separated(["form", "candidate", "seed", "test_accuracy"], rows))
            trainings.take_over(options, there)
            # Nothing is left to train.
            wanted = [(candidate, seed) for _, candidate, seed, _ in rows]
            self.assertEqual(trainings.judge(options, wanted), {wanted[0]: 0.5, wanted[1]: None})
            work.write_json(os.path.join(there, "report.json"), {"settings": {"epochs": 15}})
            with self.assertRaisesRegex(SystemExit, "epochs is 15 now and was 30"):
                trainings.take_over(options, there)
            work.write(os.path.join(there, "trainings.csv"), "candidate,seed\ndense,one\n")
            work.write_json(os.path.join(there, "report.json"), {"settings": {"epochs": 30}})
            with self.assertRaisesRegex(SystemExit, "in every row"):
                trainings.take_over(options, there)


if __name__ == "__main__":
    unittest.main()
