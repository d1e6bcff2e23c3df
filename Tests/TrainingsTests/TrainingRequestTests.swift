import Files
import ImageData
import SearchCore
import Studies
import TestSupport
import Testing

@testable import Trainings

@Suite("what a training is asked for")
struct TrainingRequestTests {
  private func request(_ change: (inout TrainingRequest) -> Void = { _ in }) -> TrainingRequest {
    var request = TrainingRequest(
      network: NetworkChoice(model: .resnet8, variant: nil, candidate: nil, rankFraction: nil, rank: nil))
    (request.data, request.epochs, request.trainImages) = ("shapes10", 2, 64)
    change(&request)
    return request
  }

  private func error(_ change: (inout TrainingRequest) -> Void) -> TrainingError? {
    do { _ = try request(change).settings(resuming: nil) } catch { return error as? TrainingError }
    return nil
  }

  @Test("what is not asked for is as it is by default")
  func defaults() throws {
    let settings = try request().settings(resuming: nil)
    let plain = TrainingRecipe(
      model: .resnet8, data: DataSelection(set: .shapes10, trainImages: 64, validationImages: 0, splitSeed: 0),
      epochs: 2)
    #expect(settings.recipe == plain && settings.candidate == .dense && settings.dataFolder == nil)
    #expect((settings.firstSeed, settings.lastSeed, settings.testImages) == (1, 1, 2000) && settings.seeds == nil)
    let changed = try request {
      ($0.batch, $0.learningRate, $0.nesterov, $0.augments) = (16, 0.2, true, false)
      ($0.seed, $0.seeds, $0.testImages) = (5, 3, 32)
      $0.network.rankFraction = 0.25
    }.settings(resuming: nil)
    #expect((changed.recipe.batch, changed.recipe.learningRate) == (16, 0.2))
    #expect(changed.recipe.nesterov && !changed.recipe.augment && !changed.candidate.isDense)
    #expect((changed.firstSeed, changed.lastSeed, changed.testImages) == (5, 7, 32))
    let images = try request { $0.testImages = 16 }.settings(resuming: nil).images()
    #expect((images.training.count, images.test.count) == (64, 16))
  }

  @Test("augmentation is as it is asked for")
  func augmentation() throws {
    func recipe(_ augments: Bool?, _ choice: AugmentationChoice? = nil) throws -> TrainingRecipe {
      try request { ($0.augments, $0.augmentation) = (augments, choice) }.settings(resuming: nil).recipe
    }
    let flips = AugmentationChoice([.flip])
    #expect(try recipe(nil).augment && recipe(nil).augmentation == nil)
    #expect(try !recipe(false).augment)
    #expect(try recipe(true, flips).augment && recipe(true, flips).augmentation == flips)
  }

  @Test("skipped updates are as they are asked for, no more than an epoch's steps; every step is none")
  func skip() throws {
    func skip(_ asked: SkippedUpdates) throws -> SkippedUpdates? {
      try request { ($0.batch, $0.skip) = (16, asked) }.settings(resuming: nil).recipe.skip
    }
    #expect(try skip(SkippedUpdates(of: .basis, every: 4)) == SkippedUpdates(of: .basis, every: 4))
    #expect(try skip(SkippedUpdates(of: .basis, every: 1)) == nil)
    let error = error { ($0.batch, $0.skip) = (16, SkippedUpdates(of: .coefficients, every: 5)) }
    #expect(
      error?.description
        == "skip-coefficients 5 must be at most the number of steps in an epoch, which is 4 (64 images in batches of "
        + "16)"
    )
    #expect(error?.isUsage == true)
  }

  /// A configuration whose trained network does not exist yet.
  private func definition(_ place: Place, _ images: String) throws -> StudyDefinition {
    try place.write(
      """
      study: s
      model: resnet8
      data: {\(images)}
      space: {rank_fractions: [0.25]}
      proxy: {epochs: 1, batch: 16}
      start: {from: checkpoint, checkpoint: none.ckpt, calibration_images: 64}
      strategy: {name: random, seeds: 1}
      budget: {jobs: 4}
      seed: 7
      """, to: "study.yaml")
    return try StudyDefinition(file: place.path("study.yaml"), readsStart: false)
  }

  @Test("a study's validation images are left out: the selection says which, and there is one image less for each")
  func heldOut() throws {
    let place = try Place()
    let study = try definition(place, "set: shapes10, train_images: 64, validation_images: 96")
    let held = HeldOutImages(of: study, source: "study.yaml")
    let settings = try request { ($0.trainImages, $0.heldOut) = (128, held) }.settings(resuming: nil)
    var selection = study.recipe.data
    selection.trainImages = 128
    #expect(settings.recipe.data == selection && selection.validationImages == 96)
    let split = try selection.split()
    #expect(try split.validation == study.recipe.data.split().validation && split.training.count == 128)
    let images = try settings.images()
    #expect(images.training.count == 128 && images.training.pixels == Shapes10.training(indices: split.training).pixels)
    let usual = try request { ($0.trainImages, $0.heldOut) = (nil, held) }.settings(resuming: nil)
    #expect(usual.recipe.data.trainImages == 10_000)
    // From a finite set: all images that are left.
    let cifar = try definition(place, "set: cifar10, path: nowhere, train_images: 64, validation_images: 5000")
    let all = try HeldOutImages.selection(leavingOutThoseOf: cifar.recipe.data, trainImages: nil, usual: 1)
    #expect(all.trainImages == 45_000 && all.splitSeed == cifar.recipe.data.splitSeed)
    for (asked, word) in [(45_001, "from 1 to 45000"), (0, "from 1 to 45000")] {
      do {
        _ = try HeldOutImages.selection(leavingOutThoseOf: cifar.recipe.data, trainImages: asked, usual: 1)
        Issue.record("\(asked)")
      } catch { #expect(error.isUsage && error.description.contains(word), "\(error)") }
    }
    let other = error { $0.heldOut = HeldOutImages(of: cifar, source: "study.yaml") }
    #expect(
      other?.description
        == "without-validation-of study.yaml: its images are from cifar10, but the data set is shapes10")
    // Drawn images are unlimited: with more of them, others would be held out.
    let more = error { ($0.trainImages, $0.heldOut) = (60_000, held) }
    #expect(more?.isUsage == true && more?.description.contains("train on 64") == true, "\(more as Any)")
  }

  @Test("what is missing or cannot be is an error of a line, and its user's to mend")
  func errors() {
    #expect(error { $0.network.model = nil } == .missing(.model))
    #expect(error { $0.epochs = nil } == .missing(.epochs))
    #expect(error { $0.data = nil } == .missing(.data))
    #expect(error { $0.network.candidate = "knee" } == .noStudy(candidate: "knee"))
    #expect(error { $0.network.candidate = "3" } == .noStudy(candidate: "3"))
    for (setting, error) in [
      ("batch", error { $0.batch = 65 }), ("train-images", error { $0.trainImages = 1_000_000 }),
      ("test-images", error { $0.testImages = 1_000_000 }),
      ("seed", error { ($0.seed, $0.seeds) = (.max, 2) }),
    ] {
      #expect(error?.description.hasPrefix("\(setting) ") == true && error?.isUsage == true, "\(setting)")
      #expect(error?.description.contains(where: \.isNewline) == false)
    }
  }

  @Test("outputs are looked at before the first step: a file each for several seeds, one that can be written again")
  func outputs() throws {
    let place = try Place()
    let several = try request { $0.seeds = 2 }.settings(resuming: nil)
    let one = try request().settings(resuming: nil)
    func output(_ settings: TrainingSettings, _ path: String?, every: Int? = nil) throws -> TrainingOutput {
      try TrainingOutput(settings, checkpoint: path, resumedFrom: nil, every: every)
    }
    #expect(throws: TrainingError.oneOutput("/dev/null")) { try output(several, "/dev/null") }
    #expect(throws: TrainingError.writtenOnce("/dev/null")) { try output(one, "/dev/null", every: 1) }
    #expect(throws: TrainingError.self) { try output(one, place.folder.path + "/") }
    let files = try output(several, place.path("net.ckpt"))
    #expect(try files.file(seed: 2, isResumed: false)?.path == place.path("net-seed2.ckpt"))
    #expect(try output(one, nil).file(seed: 1, isResumed: false) == nil && !files.takesStandardOutput)
  }
}
