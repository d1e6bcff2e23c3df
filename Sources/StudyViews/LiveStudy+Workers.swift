import SearchCore
import StudyStore

extension LiveStudy {
  /// A connected worker.
  package struct Worker: Sendable {
    package let record: WorkerRecord
    /// Seconds since 1970.
    package let joined: Double
    /// The number of results that the worker handed over to this coordinator.
    package internal(set) var results = 0
    /// The jobs that the worker trains.
    package internal(set) var running: [Int64] = []
    /// The end of the worker's rest, and its reason; `nil` while the worker gets jobs.
    package internal(set) var restsUntil: Double?
    package internal(set) var restReason: String?
    /// Whether the worker was drained: it gets no more jobs.
    package internal(set) var isDrained = false
    /// Whether the worker is distrusted: besides, its results do not count.
    package internal(set) var isDistrusted = false
    /// The name of the worker's key; `nil` without keys.
    package internal(set) var keyName: String?
  }

  /// The connected workers, sorted by name.
  package struct WorkerList: Sendable {
    private var workers: [String: Worker] = [:]
    private var names: [String] = []
    private var keyNames: [String: String] = [:]
    private var drained: Set<String> = []
    private var distrusted: Set<String> = []

    package var count: Int { names.count }

    package subscript(name: String) -> Worker? { workers[name] }

    /// Returns the index of a name, or the index at which to insert it.
    private func place(of name: String) -> Int {
      var (low, high) = (0, names.count)
      while low < high {
        let middle = (low + high) / 2
        if names[middle] < name { low = middle + 1 } else { high = middle }
      }
      return low
    }

    /// Returns the workers with names after `name`, at most `count`, and whether there are more.
    package func page(after name: String, atMost count: Int) -> (workers: [Worker], hasMore: Bool) {
      var start = place(of: name)
      if start < names.count, names[start] == name { start += 1 }
      let shown = names[start...].prefix(count)
      return (shown.compactMap { workers[$0] }, start + shown.count < names.count)
    }

    mutating func join(_ record: WorkerRecord, at time: Double) {
      if workers[record.id] == nil { names.insert(record.id, at: place(of: record.id)) }
      var worker = Worker(record: record, joined: time)
      worker.keyName = keyNames.removeValue(forKey: record.id)
      worker.running = workers[record.id]?.running ?? []
      worker.isDrained = drained.contains(record.id)
      worker.isDistrusted = distrusted.contains(record.id)
      workers[record.id] = worker
    }

    /// Drains or distrusts a worker, which need not be connected.
    mutating func drain(_ name: String, isDistrusted: Bool) {
      drained.insert(name)
      workers[name]?.isDrained = true
      guard isDistrusted else { return }
      distrusted.insert(name)
      workers[name]?.isDistrusted = true
    }

    mutating func leave(_ name: String) {
      guard workers.removeValue(forKey: name) != nil else { return }
      names.remove(at: place(of: name))
    }

    /// Sets the name of a worker's key, which is known before the worker is on record.
    mutating func setKeyName(_ keyName: String, of name: String) {
      if workers[name] == nil { keyNames[name] = keyName } else { workers[name]?.keyName = keyName }
    }

    mutating func begin(_ job: Int64, at name: String) {
      guard workers[name]?.running.contains(job) == false else { return }
      workers[name]?.running.append(job)
    }

    mutating func end(_ job: Int64, at name: String) { workers[name]?.running.removeAll { $0 == job } }

    mutating func credit(_ name: String) { workers[name]?.results += 1 }

    mutating func rest(_ name: String, until time: Double?, reason: String?) {
      workers[name]?.restsUntil = time
      workers[name]?.restReason = reason
    }
  }

  package struct Event: Hashable, Sendable {
    /// 1, 2, … in the order in which this coordinator reported the events.
    package var number: Int
    /// Seconds since 1970.
    package var time: Double
    package var kind: StudyEvent.Kind
    package var text: String

    package init(number: Int, time: Double, kind: StudyEvent.Kind, text: String) {
      self.number = number
      self.time = time
      self.kind = kind
      self.text = text
    }
  }

  /// The latest events.
  package struct EventList: Sendable {
    package private(set) var list: [Event]
    /// The number of the latest event; 0 before the first.
    package private(set) var last: Int

    package static let most = 500

    init(_ recorded: [StudyEvent]) {
      list = recorded.enumerated().map {
        let event = $0.element
        let text = event.author.map { "\(event.text), asked by \($0)" } ?? event.text
        return Event(number: $0.offset + 1, time: event.time, kind: event.kind, text: text)
      }
      last = list.count
    }

    mutating func add(_ kind: StudyEvent.Kind, _ text: String, at time: Double) {
      last += 1
      list.append(Event(number: last, time: time, kind: kind, text: text))
      // Removes a quarter of `most` at a time, since each removal moves all remaining events.
      if list.count > Self.most + Self.most / 4 { list.removeFirst(list.count - Self.most) }
    }

    /// Returns the latest events with numbers above `number`, at most `count`, the latest last, and whether some events
    /// after `number` are missing.
    package func after(_ number: Int, atMost count: Int) -> (events: [Event], isCut: Bool) {
      // The number comes from a reader and may be any value.
      let number = min(max(0, number), last)
      let newer = list.drop { $0.number <= number }
      return (Array(newer.suffix(count)), newer.count > count || (list.first?.number ?? number + 1) > number + 1)
    }
  }
}
