import SearchCore
import SearchProtocol
import Studies

extension LiveStudy {
  /// A training that is under way, as far as its worker has told.
  package struct Training: Sendable {
    package var attempt: Int
    package var worker: String
    /// Seconds since 1970.
    package var began: Double
    package var reported: Double?
    package var epoch = 0
    /// Of all epochs.
    package var step = 0
    package var steps = 0
    /// Mean of the current epoch's steps so far.
    package var loss: Double?
    /// The most that its process ever had resident.
    package var memoryBytes: Int?
    package var imagesPerSecond: Double?
    /// Step and loss, evenly over what was reported.
    package private(set) var curve: [CurvePoint] = []
    /// Reports between two points that are kept.
    private var stride = 1
    private var skipped = 0

    package struct CurvePoint: Hashable, Sendable {
      package var step: Int
      package var loss: Double
    }

    private static let mostPoints = 48
    /// Of the latest rate, in the mean of all.
    private static let weight = 0.3

    init(attempt: Int, worker: String, began: Double) {
      self.attempt = attempt
      self.worker = worker
      self.began = began
    }

    mutating func record(_ progress: AttemptProgress, batch: Int, at time: Double, began: Double?) {
      if let began { self.began = began }
      if let reported, progress.step > step, time > reported, step > 0 {
        let rate = Double(progress.step - step) * Double(batch) / (time - reported)
        imagesPerSecond = imagesPerSecond.map { $0 + Self.weight * (rate - $0) } ?? rate
      }
      (epoch, step, steps, loss, reported) = (progress.epoch, progress.step, progress.steps, progress.loss, time)
      if progress.memoryBytes > 0 { memoryBytes = progress.memoryBytes }
      guard let loss, progress.step > curve.last?.step ?? 0 else { return }
      skipped += 1
      guard skipped >= stride else { return }
      skipped = 0
      curve.append(CurvePoint(step: step, loss: loss))
      guard curve.count > Self.mostPoints else { return }
      curve = curve.enumerated().filter { $0.offset % 2 == 0 }.map(\.element)
      stride *= 2
    }
  }

  package struct Job: Sendable {
    package let id: Int64
    package let work: Work
    package internal(set) var round: Int?
    package internal(set) var state: JobState
    /// Begun so far.
    package internal(set) var attempts: Int
    package internal(set) var failures: Int
    package internal(set) var losses: Int
    /// Of the result: 0…1, nil where there is none or it diverged.
    package internal(set) var accuracy: Double?
    package internal(set) var diverged: Bool
    /// What the training took, in seconds, and how fast and large it was, as far as the result says.
    package internal(set) var seconds: Double?
    package internal(set) var imagesPerSecond: Double?
    package internal(set) var memoryBytes: Int?
    /// Who brought the result; nil where this coordinator does not know.
    package internal(set) var worker: String?
    /// Why it was set aside, or what became of its latest attempt.
    package internal(set) var reason: String?
    /// Seconds since 1970: since when it is in its state; of what was so before this coordinator, when that began.
    package internal(set) var since: Double
    package internal(set) var training: Training?
    /// A first attempt that goes on beside a second one, which is `training`.
    package internal(set) var earlier: Training?

    init(_ record: JobRecord, since: Double) {
      id = record.id
      work = record.work
      round = record.round
      state = record.state
      (attempts, failures, losses) = (record.attempts, record.failures, record.losses)
      reason = record.failureReason
      diverged = false
      self.since = since
      if let result = record.result { set(result) }
    }

    mutating func set(_ result: Observation) {
      diverged = result.diverged
      accuracy = result.diverged ? nil : result[.accuracy]
      seconds = result[.trainSeconds]
      imagesPerSecond = result[.imagesPerSecond]
      memoryBytes = result[.peakMemoryBytes].flatMap { Int(exactly: $0.rounded()) }
    }
  }

  /// All jobs, in the order of their numbers.
  package struct JobList: Sendable {
    /// Jobs of the search, whose numbers are 1, 2, 3, …, and those that were asked for otherwise, whose numbers are
    /// far behind.
    private var searched: [Job] = []
    private var others: [Job] = []

    init(_ records: [JobRecord], since: Double) {
      for record in records.sorted(by: { $0.id < $1.id }) { add(record, at: since) }
    }

    package var count: Int { searched.count + others.count }

    private static func list(of id: Int64) -> WritableKeyPath<JobList, [Job]> {
      id < FinalTrainings.firstJob ? \.searched : \.others
    }

    /// Where a number stands in its list, or would stand.
    private static func place(of id: Int64, in list: [Job]) -> Int {
      if id >= 1, id <= Int64(list.count), list[Int(id - 1)].id == id { return Int(id - 1) }
      var (low, high) = (0, list.count)
      while low < high {
        let middle = (low + high) / 2
        if list[middle].id < id { low = middle + 1 } else { high = middle }
      }
      return low
    }

    package subscript(id: Int64) -> Job? {
      let list = self[keyPath: Self.list(of: id)]
      let place = Self.place(of: id, in: list)
      return place < list.count && list[place].id == id ? list[place] : nil
    }

    func training(of id: Int64) -> Training? { self[id]?.training }

    func trainings(of id: Int64) -> [Training] { [self[id]?.training, self[id]?.earlier].compactMap { $0 } }

    /// Jobs behind one of them, in a state or all.
    /// - Returns: at most `count`, and whether there are more.
    package func page(in state: JobState?, after id: Int64, atMost count: Int) -> (jobs: [Job], hasMore: Bool) {
      var jobs: [Job] = []
      for list in [searched, others] {
        let first = id < .max ? Self.place(of: id + 1, in: list) : list.count
        for job in list[first...] where state == nil || job.state == state {
          if jobs.count == count { return (jobs, true) }
          jobs.append(job)
        }
      }
      return (jobs, false)
    }

    mutating func add(_ record: JobRecord, at time: Double) {
      let list = Self.list(of: record.id)
      let place = Self.place(of: record.id, in: self[keyPath: list])
      guard place == self[keyPath: list].count || self[keyPath: list][place].id != record.id else { return }
      self[keyPath: list].insert(Job(record, since: time), at: place)
    }

    private mutating func change(_ id: Int64, _ body: (inout Job) -> Void) {
      let list = Self.list(of: id)
      let place = Self.place(of: id, in: self[keyPath: list])
      guard place < self[keyPath: list].count, self[keyPath: list][place].id == id else { return }
      body(&self[keyPath: list][place])
    }

    /// - Returns: how long it had waited; nil where it had not.
    mutating func start(_ id: Int64, attempt: Int, worker: String, at time: Double) -> Double? {
      var wait: Double?
      change(id) { job in
        if job.state == .waiting {
          wait = max(0, time - job.since)
          job.since = time
        }
        job.state = .running
        job.attempts = max(job.attempts, attempt)
        job.earlier = job.training
        job.training = Training(attempt: attempt, worker: worker, began: time)
      }
      return wait
    }

    /// An attempt that an earlier coordinator began.
    mutating func resume(_ id: Int64, attempt: Int, worker: String, since: Double) {
      change(id) { job in
        guard job.state == .running else { return }
        job.training = Training(attempt: attempt, worker: worker, began: since)
      }
    }

    mutating func record(_ progress: AttemptProgress, at time: Double, began: Double?) {
      change(progress.reference.job) { job in
        guard job.training?.attempt == progress.reference.attempt else { return }
        job.training?.record(progress, batch: job.work.kind.recipe.batch, at: time, began: began)
      }
    }

    mutating func end(_ id: Int64, attempt: Int, _ end: UnfinishedAttempt, at time: Double) {
      change(id) { job in
        if end.ending == .failed { job.failures += 1 }
        if end.ending == .lost { job.losses += 1 }
        job.reason = end.reason
        if job.earlier?.attempt == attempt { job.earlier = nil }
        if let earlier = job.earlier, job.training?.attempt == attempt {
          (job.training, job.earlier) = (earlier, nil)
          return
        }
        guard job.state == .running, job.training?.attempt ?? attempt == attempt else { return }
        (job.state, job.since, job.training) = (.waiting, time, nil)
      }
    }

    /// - Returns: seconds since its attempt began; nil where that was before this coordinator, or is not known.
    mutating func finish(_ id: Int64, _ result: Observation, worker: String, at time: Double) -> Double? {
      var seconds: Double?
      change(id) { job in
        if job.state == .running, let training = job.training { seconds = max(0, time - training.began) }
        (job.state, job.since, job.training, job.worker, job.reason) = (.finished, time, nil, worker, nil)
        job.earlier = nil
        job.set(result)
      }
      return seconds
    }

    mutating func ask(_ id: Int64, round: Int) { change(id) { $0.round = round } }

    /// It waits again, as if nothing had failed: its result is none any more, or it was set aside.
    mutating func reopen(_ id: Int64, at time: Double) {
      change(id) { job in
        (job.state, job.since, job.training, job.worker, job.reason) = (.waiting, time, nil, nil, nil)
        job.earlier = nil
        (job.failures, job.losses) = (0, 0)
        (job.accuracy, job.diverged, job.seconds, job.imagesPerSecond, job.memoryBytes) = (nil, false, nil, nil, nil)
      }
    }

    mutating func setAside(_ id: Int64, reason: String, at time: Double) {
      change(id) { job in
        (job.state, job.since, job.training, job.reason) = (.setAside, time, nil, reason)
        job.earlier = nil
      }
    }
  }
}
