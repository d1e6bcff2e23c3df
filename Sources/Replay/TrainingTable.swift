import SearchCore
import TextInput

/// Recorded trainings, one per row, as `export --format trials` writes them: a ground truth on which searches are
/// tried.
package struct TrainingTable: Sendable {
  package struct Training: Hashable, Sendable {
    package var seed: UInt64
    /// 0…1.
    package var accuracy: Double
    package var diverged: Bool
    package var seconds: Double
    /// Accuracy after each epoch, 0…1; empty if it is not on record. Ends early if the training diverged.
    package var curve: [Double] = []
    /// Training loss of each epoch; empty if it is not on record.
    package var losses: [Double] = []
    /// 0 for the whole training; 1, 2, … for its state at lower rungs (`TableRungs`).
    package var rung = 0
    /// The share of the whole training's work.
    package var share = 1.0
  }

  package static let mostBytes = 64_000_000
  /// The columns that are read; the table may have others.
  package static let columns = ["candidate", "replicate", "seed", "accuracy", "diverged", "train_seconds"]
  /// Columns that are read if the table has them.
  package static let curveColumn = "epoch_accuracies"
  package static let lossesColumn = "epoch_losses"

  package let file: String
  /// The candidates of the table, in the order of their texts. All are in the space.
  package let candidates: [Candidate]
  /// The trainings of each candidate, in the order of their repetitions, which are 0, 1, … without a gap.
  package let trainings: [Candidate: [Training]]

  /// Throws `ReplayError` with file and line.
  package init(path: String, space: SearchSpace) throws(ReplayError) {
    let input: TextInput
    do { input = try TextInput(path: path, mostBytes: Self.mostBytes) } catch {
      guard error.kind == .tooLong else { throw .unreadable(file: path, reason: error.reason) }
      throw .table(
        file: path,
        problem:
          "the table is larger than \(Self.mostBytes / 1_000_000) MB; remove columns that are not read, or split it "
          + "by candidates")
    }
    try self.init(text: input.text, file: path, space: space)
  }

  init(text: String, file: String, space: SearchSpace) throws(ReplayError) {
    let rows: [SeparatedValues.Row]
    do { rows = try SeparatedValues.rows(of: text) } catch {
      throw .line(file: file, line: error.line, problem: error.text)
    }
    guard let header = rows.first else { throw .table(file: file, problem: "the table is empty") }
    var reader = try RowReader(header: header, file: file, space: EffectSpace(space))
    for row in rows.dropFirst() { try reader.read(row) }
    self.file = file
    trainings = try reader.trainings()
    guard !trainings.isEmpty else { throw .table(file: file, problem: "the table has no trainings") }
    candidates = trainings.keys.sorted { $0.description < $1.description }
  }
}

extension TrainingTable {
  package var count: Int { trainings.values.reduce(0) { $0 + $1.count } }

  /// The mean duration of a training.
  package var meanSeconds: Double {
    candidates.reduce(0) { sum, candidate in sum + (trainings[candidate] ?? []).reduce(0) { $0 + $1.seconds } }
      / Double(count)
  }

  /// Whether a draw of trainings has the same seeds in the same order for all candidates.
  var servesCommonSeeds: Bool { hasCommonSeeds && Set(trainings.values.map(\.count)).count <= 1 }

  /// Whether a repetition has the same seed for all candidates.
  package var hasCommonSeeds: Bool {
    var seeds: [Int: UInt64] = [:]
    for own in trainings.values {
      for (repetition, training) in own.enumerated() {
        if seeds[repetition, default: training.seed] != training.seed { return false }
        seeds[repetition] = training.seed
      }
    }
    return true
  }

  /// The variance of a sound training around its candidate's mean, in points²; `nil` if no candidate has two.
  package var variance: Double? {
    let (deviations, freedom) = deviations
    return freedom == 0 ? nil : deviations.reduce(0) { $0 + $1.value * $1.value } / Double(freedom)
  }

  /// The variance without what trainings under one seed have in common, which makes no difference between candidates.
  package var varianceWithinSeeds: Double? {
    let (deviations, freedom) = deviations
    let bySeed = Dictionary(grouping: deviations, by: \.seed)
    let left = freedom - (bySeed.count - 1)
    guard hasCommonSeeds, left > 0 else { return variance }
    let squares = bySeed.sorted { $0.key < $1.key }.reduce(0.0) { sum, entry in
      let values = entry.value.map(\.value)
      let mean = Statistics.mean(values)
      return sum + values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    }
    return squares / Double(left)
  }

  /// The deviations of sound trainings from their candidates' means, in points, of candidates that have two or more.
  private var deviations: (values: [(seed: UInt64, value: Double)], degreesOfFreedom: Int) {
    var values: [(seed: UInt64, value: Double)] = []
    var degreesOfFreedom = 0
    for candidate in candidates {
      let sound = (trainings[candidate] ?? []).filter { !$0.diverged }
      guard sound.count > 1 else { continue }
      let mean = Statistics.mean(sound.map { $0.accuracy * 100 })
      values += sound.map { ($0.seed, $0.accuracy * 100 - mean) }
      degreesOfFreedom += sound.count - 1
    }
    return (values, degreesOfFreedom)
  }
}

extension TrainingTable {
  private struct RowReader {
    private let file: String
    private let space: EffectSpace
    private let width: Int
    /// The positions of `columns`.
    private let places: [Int]
    private let curvePlace: Int?
    private let lossesPlace: Int?
    private var read: [Candidate: [Int: (training: Training, line: Int)]] = [:]

    init(header: SeparatedValues.Row, file: String, space: EffectSpace) throws(ReplayError) {
      self.file = file
      self.space = space
      width = header.fields.count
      var places: [Int] = []
      for column in TrainingTable.columns {
        guard let place = header.fields.firstIndex(of: column) else {
          throw .line(
            file: file, line: header.line,
            problem: "column '\(column)' is missing; `export --format trials` writes such a table")
        }
        places.append(place)
      }
      self.places = places
      curvePlace = header.fields.firstIndex(of: TrainingTable.curveColumn)
      lossesPlace = header.fields.firstIndex(of: TrainingTable.lossesColumn)
    }

    /// Returns the numbers by epoch; empty if there is no such column, `nil` if they cannot be read.
    private func numbers(at place: Int?, of row: SeparatedValues.Row, _ isLegal: (Double) -> Bool) -> [Double]? {
      guard let place else { return [] }
      let texts = row.fields[place].split(separator: ";", omittingEmptySubsequences: false)
      if texts == [""] { return [] }
      let values = texts.compactMap { Double($0) }.filter(isLegal)
      return values.count == texts.count ? values : nil
    }

    mutating func read(_ row: SeparatedValues.Row) throws(ReplayError) {
      func fail(_ problem: String) -> ReplayError { .line(file: file, line: row.line, problem: problem) }
      guard row.fields.count == width else {
        throw fail("the line has \(row.fields.count) fields instead of \(width); is it cut off?")
      }
      let fields = places.map { row.fields[$0] }
      guard let candidate = Candidate(canonical: fields[0]), space.options(of: candidate) != nil else {
        throw fail("candidate '\(fields[0].prefix(100))' is not in the configuration's space")
      }
      guard let repetition = Int(fields[1]), repetition >= 0 else {
        throw fail("replicate must be a whole number from 0, not '\(fields[1].prefix(40))'")
      }
      guard let seed = UInt64(fields[2]) else {
        throw fail("seed must be a whole number, not '\(fields[2].prefix(40))'")
      }
      guard let diverged = ["true": true, "false": false][fields[4]] else {
        throw fail("diverged must be true or false, not '\(fields[4].prefix(40))'")
      }
      guard let accuracy = Double(fields[3]), (0...1).contains(accuracy) else {
        throw fail("accuracy must be a number from 0 to 1, not '\(fields[3].prefix(40))'")
      }
      guard let seconds = Double(fields[5]), seconds >= 0, seconds.isFinite else {
        throw fail("train_seconds must be a finite number from 0, not '\(fields[5].prefix(40))'")
      }
      guard let curve = numbers(at: curvePlace, of: row, { (0...1).contains($0) }) else {
        throw fail("epoch_accuracies must be numbers from 0 to 1 with ';' between them")
      }
      // The last loss of a training that diverged need not be finite.
      guard let losses = numbers(at: lossesPlace, of: row, { diverged || $0.isFinite }) else {
        throw fail("epoch_losses must be finite numbers with ';' between them")
      }
      if let earlier = read[candidate]?[repetition] {
        throw fail("replicate \(repetition) of \(candidate) is already in line \(earlier.line)")
      }
      read[candidate, default: [:]][repetition] = (
        Training(
          seed: seed, accuracy: accuracy, diverged: diverged, seconds: seconds, curve: curve, losses: losses),
        row.line
      )
    }

    func trainings() throws(ReplayError) -> [Candidate: [Training]] {
      var trainings: [Candidate: [Training]] = [:]
      for (candidate, rows) in read.sorted(by: { $0.key.description < $1.key.description }) {
        let ordered = rows.sorted { $0.key < $1.key }
        for (expected, row) in ordered.enumerated() where row.key != expected {
          throw .line(
            file: file, line: row.value.line,
            problem: "this is replicate \(row.key) of \(candidate), but \(expected) is missing")
        }
        trainings[candidate] = ordered.map(\.value.training)
      }
      return trainings
    }
  }
}
