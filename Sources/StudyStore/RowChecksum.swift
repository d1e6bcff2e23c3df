import GRDB
import SearchCore

/// A number that depends on every bit of what a row says. SQLite finds a page that is out of order, but not a digit that
/// turned into another one: a flipped bit in an accuracy would quietly be another frontier.
///
/// Each step is a bijection of the state for a given word and of the word for a given state, so that one changed word always
/// changes the sum; several do with 64 bits' certainty. Not cryptographic. The arithmetic is part of the schema.
struct RowChecksum {
  private var state: UInt64 = 0x4c59_5352_0000_0002

  /// As it is stored.
  var value: Int64 { Int64(bitPattern: state) }

  mutating func add(_ word: UInt64) {
    state = (state ^ word) &* 0x9e37_79b9_7f4a_7c15
    state ^= state >> 32
  }

  mutating func add(_ number: Int64) { add(UInt64(bitPattern: number)) }
  mutating func add(_ number: Int) { add(Int64(number)) }
  /// SQLite keeps no sign of zero.
  mutating func add(_ number: Double) { add(number == 0 ? 0 : number.bitPattern) }

  mutating func add(_ number: Double?) {
    add(number == nil ? 0 as UInt64 : 1)
    if let number { add(number) }
  }

  /// Its length, then eight bytes a word.
  mutating func add(_ text: String) {
    var text = text
    text.withUTF8 { bytes in
      add(bytes.count)
      let bytes = UnsafeRawBufferPointer(bytes)
      let whole = bytes.count & ~7
      for start in stride(from: 0, to: whole, by: 8) {
        add(UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: start, as: UInt64.self)))
      }
      if whole < bytes.count { add(bytes[whole...].reversed().reduce(0 as UInt64) { $0 << 8 | UInt64($1) }) }
    }
  }
}

extension RowChecksum {
  /// Of the study: which one it is, and its configuration.
  static func study(id: String, name: String, configuration: String, fingerprint: String) -> Int64 {
    var sum = RowChecksum()
    for text in [id, name, configuration, fingerprint] { sum.add(text) }
    return sum.value
  }

  /// Of a job: what it trains. State and counters change with every attempt and are not part of it.
  static func job(_ id: Int64, candidate: String, replicate: Int, seed: Int64) -> Int64 {
    var sum = RowChecksum()
    sum.add(id)
    sum.add(candidate)
    sum.add(replicate)
    sum.add(seed)
    return sum.value
  }

  /// Of a result: everything that was found. `epochLosses` as it is written.
  static func result(_ result: Observation, epochLosses: String, of job: Int64) -> Int64 {
    var sum = RowChecksum()
    sum.add(job)
    sum.add(result[.accuracy] ?? 0 as Double)
    sum.add(result[.loss])
    sum.add(epochLosses)
    sum.add(result.diverged ? 1 : 0)
    sum.add(result[.stepTimeRatio])
    sum.add(result[.inferenceTimeRatio])
    sum.add(result[.trainSeconds] ?? 0 as Double)
    sum.add(result[.imagesPerSecond] ?? 0 as Double)
    sum.add(Int(result[.peakMemoryBytes] ?? 0))
    sum.add(result.kernelVariant)
    return sum.value
  }

  /// Of all rows that there are, for studies that were made before rows had checksums.
  static func fillIn(_ db: Database, directory: String) throws {
    if let row = try Row.fetchOne(db, sql: "SELECT study_id, name, configuration, fingerprint FROM study") {
      let study = RowReader(row: row, directory: directory, what: "the study")
      let sum = Self.study(
        id: try study.value(0), name: try study.value(1), configuration: try study.value(2),
        fingerprint: try study.value(3))
      try db.execute(sql: "UPDATE study SET checksum = ?", arguments: [sum])
    }
    let jobs = try Row.fetchCursor(db, sql: "SELECT id, candidate, replicate, seed FROM job")
    let setJob = try db.cachedStatement(sql: "UPDATE job SET checksum = ? WHERE id = ?")
    while let row = try jobs.next() {
      let job = RowReader(row: row, directory: directory, what: "a job")
      let id: Int64 = try job.value(0)
      let sum = Self.job(id, candidate: try job.value(1), replicate: try job.value(2), seed: try job.value(3))
      try setJob.execute(arguments: [sum, id])
    }
    let results = try Row.fetchCursor(db, sql: "SELECT job, \(ResultColumns.list) FROM result")
    let setResult = try db.cachedStatement(sql: "UPDATE result SET checksum = ? WHERE job = ?")
    while let row = try results.next() {
      let result = RowReader(row: row, directory: directory, what: "a result")
      let job: Int64 = try result.value(0)
      let (found, epochLosses) = try ResultColumns.read(result, at: 1)
      try setResult.execute(arguments: [Self.result(found, epochLosses: epochLosses, of: job), job])
    }
  }
}

/// The columns of a result in the order in which they are read.
enum ResultColumns {
  static let list = """
    accuracy, loss, epoch_losses, diverged, step_time_ratio, inference_time_ratio, train_seconds, images_per_second, \
    peak_memory_bytes, kernel_variant
    """
  static let count = 10

  /// - Parameter first: position of `accuracy` in the row.
  static func read(_ row: RowReader, at first: Int) throws -> (Observation, epochLosses: String) {
    let text: String = try row.value(first + 2)
    guard let epochLosses = LossText.read(text) else { throw row.damaged(first + 2) }
    let result = Observation(
      accuracy: try row.value(first), loss: try row.optional(first + 1), epochLosses: epochLosses,
      diverged: try row.value(first + 3), stepTimeRatio: try row.optional(first + 4),
      inferenceTimeRatio: try row.optional(first + 5), trainSeconds: try row.value(first + 6),
      imagesPerSecond: try row.value(first + 7), peakMemoryBytes: try row.value(first + 8),
      kernelVariant: try row.value(first + 9))
    return (result, text)
  }
}
