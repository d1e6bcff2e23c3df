import SearchCore

/// Connected workers that are not on record yet. New workers are recorded as they join, up to 2,000 at once and 2 a
/// second for each key (without keys, for all workers together): names cost nothing, and the record keeps them forever.
/// Further workers are recorded with their first job, or when the limit allows it.
struct Joinings: Sendable {
  private var unrecorded: [String: WorkerRecord] = [:]
  /// The workers recorded, by key.
  private var recorded: [String: Allowance] = [:]

  private static let atOnce = 2000.0
  private static let aSecond = 2.0

  var isEmpty: Bool { unrecorded.isEmpty }

  mutating func add(_ worker: WorkerRecord) { unrecorded[worker.id] = worker }

  /// Returns the entry to record now; `nil` if the worker is on record or the limit is reached.
  mutating func recordIfRoom(_ worker: String, of key: String?, at now: Double) -> WorkerRecord? {
    guard unrecorded[worker] != nil,
      recorded[key ?? "", default: Allowance()].spend(at: now, most: Self.atOnce, aSecond: Self.aSecond)
    else { return nil }
    return remove(worker)
  }

  /// Removes and returns the entry of a worker; `nil` if the worker is on record.
  mutating func remove(_ worker: String) -> WorkerRecord? { unrecorded.removeValue(forKey: worker) }
}

extension Joinings {
  /// Returns a description of each violated invariant; empty if all hold.
  func invariants(among sessions: SessionTable) -> [String] {
    unrecorded.keys.filter { !sessions.isHere($0) }.map { "\($0) waits to be recorded, but is not connected" }
  }
}
