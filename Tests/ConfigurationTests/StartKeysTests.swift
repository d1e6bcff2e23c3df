import Configuration
import SearchCore
import Testing

@Suite("Keys of the start")
struct StartKeysTests {
  private static let hash = String(repeating: "ab", count: 32)

  private func parse(_ text: String) throws -> StudyConfiguration {
    try .parse(text: "model: resnet20\ndata: {set: cifar10}\n" + text, fileName: "x.yaml") {
      path throws(StartProblem) in
      guard path == "dense.ckpt" else { throw StartProblem("\(path): it cannot be opened: no such file") }
      return Self.hash
    }
  }

  @Test("from scratch is the default, and leaves no trace in what makes two configurations the same")
  func scratch() throws {
    #expect(try parse("").recipe.start == nil)
    #expect(try parse("start: {from: scratch}\n").entries == parse("").entries)
  }

  @Test("a dense network of the study's own is trained on all images that are not validation images")
  func dense() throws {
    let read = try parse("start: {from: dense, epochs: 60}\nproxy: {epochs: 0.25}\nseed: 9\n")
    #expect(
      read.recipe.start
        == TrainedStart(
          origin: .dense(epochs: 60, trainImages: 45_000, seed: 9), calibrationImages: 2000, augment: true))
    #expect(read.recipe.epochs == Epochs("0.25") && read.entries["proxy.epochs"] == "0.25")
    #expect(read.entries["start.seed"] == nil && read.entries["start.train_images"] == "45000")
    #expect(try parse("start: {from: dense}\nproxy: {epochs: 0}\n").recipe.epochs == .none)
    #expect(try parse("start: {from: dense}\n").recipe.epochs == 1)
  }

  @Test("the dense network has the recipe's learning rate, or one of its own, which older studies do not have")
  func learningRate() throws {
    let text = "start: {from: dense, epochs: 60}\nproxy: {learning_rate: 0.02}\n"
    let same = try parse(text)
    #expect(same.recipe.start?.learningRate == nil && same.entries["start.learning_rate"] == nil)
    #expect(same.recipe.start?.training(of: same.recipe)?.learningRate == 0.02)
    let own = try parse(text.replacing("60", with: "60, learning_rate: 0.1"))
    #expect(own.recipe.start?.learningRate == 0.1 && own.entries["start.learning_rate"] == "0.1")
    #expect(own.recipe.start?.training(of: own.recipe)?.learningRate == 0.1 && own.recipe.learningRate == 0.02)
    #expect(own.fingerprint != same.fingerprint)
    let written = try parse(text.replacing("60", with: "60, learning_rate: 0.02"))
    #expect(written.recipe == same.recipe && written.fingerprint == same.fingerprint, "the default, written out")
    for read in [same, own] {
      let recorded = try StudyConfiguration.recorded(
        entries: read.entries, budget: nil, text: read.text, fileName: "configuration.yaml")
      #expect(recorded.recipe == read.recipe && recorded.fingerprint == read.fingerprint)
    }
  }

  @Test("a checkpoint counts by its content; what is recorded of a study is read without the file")
  func checkpoint() throws {
    let read = try parse("start: {from: checkpoint, checkpoint: dense.ckpt, calibration_images: 500}\n")
    #expect(
      read.recipe.start
        == TrainedStart(origin: .checkpoint(weights: Self.hash), calibrationImages: 500, augment: true))
    #expect(read.startCheckpoint == "dense.ckpt" && read.startWeights == Self.hash)
    #expect(read.entries["start.checkpoint"] == nil && read.entries["start.weights"] == Self.hash)
    let recorded = try StudyConfiguration.recorded(
      entries: read.entries, budget: nil, text: read.text, fileName: "r.yaml")
    #expect(recorded.recipe == read.recipe && recorded.fingerprint == read.fingerprint)
    #expect(recorded.startCheckpoint == nil)
    #expect(
      try parse("start: {from: checkpoint, weights: \(Self.hash)}\n").recipe.start
        == .init(origin: .checkpoint(weights: Self.hash), augment: true))
  }

  @Test("batch norm is recalibrated as the recipe trains, unless it is said; in a study of before, on bare images")
  func augment() throws {
    let text = "model: resnet20\ndata: {set: cifar10}\nstart: {from: dense}\n"
    let given = try parse("start: {from: dense}\n")
    #expect(given.recipe.start?.augment == true)
    #expect(try parse("start: {from: dense}\nproxy: {augment: false}\n").recipe.start?.augment == false)
    #expect(try parse("start: {from: dense, augment: true}\nproxy: {augment: false}\n").recipe.start?.augment == true)
    var before = given.entries
    #expect(before.removeValue(forKey: "start.augment") == "true")
    let read = try StudyConfiguration.recorded(entries: before, budget: nil, text: text, fileName: "configuration.yaml")
    #expect(read.recipe.start?.augment == false && read.entries == before)
    let continued = given.continuing(before)
    #expect(continued.recipe == read.recipe && continued.entries == before)
    #expect(given.continuing(given.entries).recipe == given.recipe)
    #expect(try parse("start: {from: dense, augment: true}\n").continuing(before).entries == given.entries)
    #expect(try parse("start: {from: dense, augment: false}\n").entries == before)
  }

  @Test("the size of a study's own dense network is noted above that which a checkpoint may have")
  func size() throws {
    func notes(_ width: Int) throws -> [String] {
      try StudyConfiguration.parse(
        text: """
          model: cifar-resnet:depth=20,width=\(width)
          data: {set: cifar10}
          start: {from: dense}
          """, fileName: "x.yaml"
      ).notes
    }
    #expect(try notes(15) == [])
    #expect(
      try notes(16) == [
        "start.from dense: every worker fetches the network's weights, which have 259 MiB (those of a checkpoint may "
          + "have at most 256)"
      ])
  }

  @Test(
    "what cannot be is told with what to do",
    arguments: [
      ("start: {epochs: 9}", "key 'start.epochs' requires start.from: dense, but start.from is scratch: leave it out"),
      (
        "start: {from: dense, checkpoint: dense.ckpt}",
        "key 'start.checkpoint' requires start.from: checkpoint, but start.from is dense: leave it out"
      ),
      (
        "start: {calibration_images: 9}",
        "key 'start.calibration_images' requires start.from: checkpoint or dense, but start.from is scratch: leave it "
          + "out"
      ),
      (
        "start: {from: dense, calibration_images: 10}",
        "key 'start.calibration_images' is 10, but resnet20 needs at least 11: with fewer, the covariance of a layer's "
          + "outputs is singular"
      ),
      (
        "start: {from: dense, calibration_images: 20000}",
        "key 'start.calibration_images' is 20000, but must be at most data.train_images, which is 10000"
      ),
      (
        "start: {from: dense, train_images: 46000}",
        "key 'start.train_images' is 46000, but only 45000 are left beside the validation images"
      ),
      (
        "start: {from: checkpoint, checkpoint: lost.ckpt}",
        "key 'start.checkpoint' cannot be used: lost.ckpt: it cannot be opened: no such file"
      ),
      (
        "start: {from: checkpoint}",
        "key 'start.checkpoint' is missing; allowed: the file of a dense network, as train --checkpoint writes it"
      ),
      (
        "start: {from: checkpoint, checkpoint: dense.ckpt, weights: \(String(repeating: "0", count: 64))}",
        "key 'start.checkpoint' is not the file that start.weights specifies: its SHA-256 is \(Self.hash)"
      ),
      (
        "start: {from: checkpoint, weights: abc}",
        "key 'start.weights' is 'abc', but must be a SHA-256: 64 lower-case hexadecimal digits"
      ),
      ("start: {from: chance}", "key 'start.from' "),
      ("start: {from: dense, learning_rate: 0}", "key 'start.learning_rate' is 0, but must be more than 0"),
      (
        "start: {from: checkpoint, checkpoint: dense.ckpt, learning_rate: 0.1}",
        "key 'start.learning_rate' requires start.from: dense, but start.from is checkpoint: leave it out"
      ),
      (
        "proxy: {epochs: 0.25}",
        "key 'proxy.epochs' is 0.25, but must be a whole number from 1 to 1000 (fractions and 0 require start.from: "
          + "dense or checkpoint)"
      ),
      ("start: {from: dense}\nproxy: {epochs: -1}", "key 'proxy.epochs' is -1, but must be 0 to 1000"),
      ("start: {from: dense}\nproxy: {epochs: 0.0001}", "key 'proxy.epochs' is 0.0001, but must be 0 to 1000"),
    ])
  func refused(text: String, problem: String) {
    do {
      _ = try parse(text)
      Issue.record("\(text) was read")
    } catch {
      let told = (error as? ConfigurationError)?.problems.map(\.text) ?? []
      #expect(told.count == 1 && told[0].hasPrefix(problem), "\(told)")
    }
  }
}
