import SearchCore
import SearchProtocol

/// The data set of a study: looked for on this machine, and fetched if missing.
extension WorkerMachine {
  /// Handles the data set that a welcome names. Returns whether it has been located already.
  mutating func require(_ data: DataRequirement) -> Bool {
    switch contents.dataSet {
    case .located(data): return true
    case .sought(data): return false
    case .unknown, .located, .sought:
      cancelDataSet()
      releaseDataSet()
      contents.dataSet = .sought(data)
      effects.append(.locateData(data))
      return false
    }
  }

  private mutating func cancelDataSet() {
    if case .sought(let other) = contents.dataSet, let hash = ContentHash(other.contentHash),
      contents.wanted[hash] == nil
    {
      contents.taker.cancel(hash)
    }
  }

  /// Stops fetching until a welcome names the data set again. What is stored so far stays on disk, and any worker of
  /// this machine may continue from it.
  mutating func interruptTakings() {
    for hash in contents.interruptWanted() { contents.taker.cancel(hash) }
    guard case .sought(let data) = contents.dataSet else { return }
    if let hash = ContentHash(data.contentHash) { contents.taker.cancel(hash) }
    contents.dataSet = .unknown
    effects.append(.forgetData)
  }

  /// Releases the previous data set, so that its space may be reclaimed.
  private mutating func releaseDataSet() {
    guard case .located(let other) = contents.dataSet, let hash = ContentHash(other.contentHash),
      !contents.here.contains(hash)
    else { return }
    effects.append(.content(.release(hash)))
  }

  mutating func beginFetching(present: Int, bytes: Int, reason: String, at now: Double) {
    guard case .sought(let data) = contents.dataSet, phase == .locating || phase == .greeting else { return }
    guard protocolVersion >= ProtocolVersion.withData else {
      return doWithoutData("\(reason); this coordinator is too old to send it: install the same build on both")
    }
    guard let hash = ContentHash(data.contentHash), let kind = ContentKind(data.set),
      (1...FieldLimits.contentBytes).contains(bytes), (0...bytes).contains(present)
    else { return doWithoutData(reason) }
    log(
      .notice,
      "fetching \(data.set.rawValue) from the coordinator, \((bytes - present + 999_999) / 1_000_000) MB: \(reason)")
    let content = ContentDescription(contentHash: hash, kind: kind, bytes: bytes)
    contents.taker.begin(content, from: Self.coordinatorsSource, present: present, at: now)
  }

  mutating func dataLocated() {
    guard case .sought(let data) = contents.dataSet else { return }
    contents.dataSet = .located(data)
    startJobs()
    guard phase == .locating else { return }
    phase = .serving
    send(.ready(Ready(freeSlots: freeSlots)))
  }

  /// Ends the worker because the data set cannot be had, unless it awaits a new welcome or is leaving anyway.
  mutating func doWithoutData(_ reason: String) {
    cancelDataSet()
    if case .sought = contents.dataSet {
      // The next welcome asks again, or asks for another data set.
      contents.dataSet = .unknown
    }
    guard phase == .locating else { return }
    log(.error, reason)
    exit(code: 1, saying: reason)
  }

  var hasDataSet: Bool {
    if case .located = contents.dataSet { true } else { false }
  }

  /// Returns whether the content is the data set that is being located or fetched.
  func isDataSet(_ hash: ContentHash) -> Bool {
    if case .sought(let data) = contents.dataSet { data.contentHash == hash.text } else { false }
  }
}
