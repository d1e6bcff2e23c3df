import ReadableText

/// The workers of a launch as they were last listed.
struct Roster: Sendable {
  struct Entry: Sendable {
    var worker: PlacedWorker
    /// Counts up in the order in which the workers came.
    let number: Int
    var lastSeen: Double
    /// When the worker was first seen running; `-infinity` if it was running before this launcher knew it.
    var runningSince: Double?
    /// When this launcher last told the worker to leave.
    var toldAt: Double?
    var isOver = false

    /// Whether the worker was told to leave, by this launcher or in another way that its place knows of.
    var isLeaving: Bool { toldAt != nil || worker.state == .leaving }

    var isPending: Bool { if case .pending = worker.state { true } else { false } }

    /// Whether the worker has been running for `seconds`.
    func isProven(at now: Double, _ seconds: Double) -> Bool { runningSince.map { now - $0 >= seconds } ?? false }
  }

  private var entries: [String: Entry] = [:]
  private var count = 0
  /// How the last worker ended that ended by itself.
  private(set) var lastEnd: PlacedEnd?

  /// The workers that exist or are still to come, in the order in which they came.
  var present: [Entry] { entries.values.filter { !$0.isOver }.sorted { $0.number < $1.number } }
  var leaving: [Entry] { present.filter(\.isLeaving) }

  /// Adds a worker that was asked for.
  mutating func add(_ worker: PlacedWorker, at now: Double) { add(worker, lastSeen: now, isNew: true) }

  private mutating func add(_ worker: PlacedWorker, lastSeen: Double, isNew: Bool) {
    count += 1
    var entry = Entry(worker: worker, number: count, lastSeen: lastSeen)
    entry.isOver = !worker.state.isPresent
    if case .running = worker.state { entry.runningSince = isNew ? lastSeen : -.infinity }
    entries[worker.id] = entry
  }

  mutating func markLeaving(_ id: String, at now: Double) { entries[id]?.toldAt = now }

  /// What changed since the last list.
  struct Change: Sendable {
    /// Workers that ended by themselves, not those that were told to leave.
    var ended: [Entry] = []
    var vanished: [Entry] = []
    var begun: [Entry] = []
  }

  mutating func update(_ workers: [PlacedWorker], at now: Double, vanishSeconds: Double) -> Change {
    var change = Change()
    var listed: Set<String> = []
    for worker in workers {
      listed.insert(worker.id)
      guard var entry = entries[worker.id] else {
        add(worker, lastSeen: now, isNew: false)
        continue
      }
      let wasLeaving = entry.isLeaving
      entry.worker = worker
      entry.lastSeen = now
      switch worker.state {
      case .pending:
        // Requeued by its place.
        entry.runningSince = nil
        entry.isOver = false
      case .running, .leaving:
        entry.isOver = false
        if entry.runningSince == nil {
          entry.runningSince = now
          change.begun.append(entry)
        }
      case .ended(let end, _):
        if !entry.isOver, !wasLeaving {
          lastEnd = end
          change.ended.append(entry)
        }
        entry.isOver = true
      }
      entries[worker.id] = entry
    }
    for (id, entry) in entries where !listed.contains(id) {
      if entry.isOver {
        entries[id] = nil
      } else if now - entry.lastSeen > vanishSeconds {
        if !entry.isLeaving { change.vanished.append(entry) }
        entries[id] = nil
      }
    }
    change.vanished.sort { $0.number < $1.number }
    return change
  }
}

extension Scaling {
  /// Updates the roster from the place's list, and counts starts that came to nothing as failures.
  mutating func update(_ workers: [PlacedWorker], at now: Double) {
    let change = roster.update(workers, at: now, vanishSeconds: settings.vanishSeconds)
    if !change.ended.isEmpty || !change.vanished.isEmpty { backOff.endWait() }
    for entry in change.begun { say("worker \(entry.worker.id) runs\(entry.worker.host.map { " on \($0)" } ?? "")") }
    for entry in change.vanished { say("worker \(entry.worker.id) is no longer listed") }
    for entry in roster.present {
      if case .pending(let reason?) = entry.worker.state { sayOnce("workers wait to be started: \(reason)") }
    }
    // Workers that began before the last failure say nothing about those that are started now.
    let proven = roster.present.filter { $0.isProven(at: now, settings.shortLifeSeconds) }
      .compactMap(\.runningSince).max()
    if let proven, proven >= backOff.last {
      if backOff.failures > 0 { say("workers stay up again") }
      backOff.reset()
    }
    if let proven, proven >= lastTaken { taken = 0 }
    var failed: [Roster.Entry] = []
    for entry in change.ended {
      guard case .ended(let end, _) = entry.worker.state else { continue }
      let isShort = !entry.isProven(at: now, settings.shortLifeSeconds)
      let age = entry.runningSince.map { $0.isFinite ? " after \(Readable.duration(seconds: now - $0))" : "" }
      say("worker \(entry.worker.id) ended\(age ?? " before it started"): \(Self.text(entry.worker.state))")
      guard isShort else { continue }
      if end == .preempted || end == .nodeFailure {
        taken += 1
        lastTaken = now
        if taken <= settings.takenAtOnce { continue }
      }
      failed.append(entry)
    }
    if let last = failed.last, phase == .following {
      let count = failed.count
      fail(
        "\(count) worker\(count == 1 ? "" : "s") ended shortly after the start, \(Self.text(last.worker.state))",
        at: now)
    }
  }

  private static func text(_ state: PlacedState) -> String {
    state.word + (state.reason.map { ": \($0.inOneLine.cut(toCharacters: 300))" } ?? "")
  }
}
