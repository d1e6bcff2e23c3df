import SearchCore

/// Workers that are here and not on record yet. Workers that come are put on record as they come, up to so many at once
/// and a few each second, of one key or, without keys, of all: names cost nothing, and the record keeps them for ever.
/// The others are put on record with their first job, or when there is room again.
struct Joinings: Sendable {
  private var unrecorded: [String: WorkerRecord] = [:]
  /// What came on record of each key.
  private var recorded: [String: Allowance] = [:]

  private static let atOnce = 2000.0
  private static let aSecond = 2.0

  var isEmpty: Bool { unrecorded.isEmpty }

  mutating func add(_ worker: WorkerRecord) { unrecorded[worker.id] = worker }

  /// What is to be recorded now; nil where it is on record, or there is no room.
  mutating func recordIfRoom(_ worker: String, of key: String?, at now: Double) -> WorkerRecord? {
    guard unrecorded[worker] != nil,
      recorded[key ?? "", default: Allowance()].spend(at: now, most: Self.atOnce, aSecond: Self.aSecond)
    else { return nil }
    return remove(worker)
  }

  /// Nil where it is on record.
  mutating func remove(_ worker: String) -> WorkerRecord? { unrecorded.removeValue(forKey: worker) }
}

extension Joinings {
  /// What does not hold though it always should, a sentence each.
  func invariants(among sessions: SessionTable) -> [String] {
    unrecorded.keys.filter { !sessions.isHere($0) }.map { "\($0) is to be recorded, and is not here" }
  }
}
