import SearchCore
import SearchProtocol
import Studies

extension LiveStudy {
  /// A training that is under way, as last reported by its worker.
  package struct Training: Sendable {
    package var attempt: Int
    package var worker: String
    /// Seconds since 1970.
    package var began: Double
    package var reported: Double?
    package var epoch = 0
    /// The step and the number of steps over all epochs.
    package var step = 0
    package var steps = 0
    /// The mean loss of the current epoch's steps so far.
    package var loss: Double?
    /// The peak resident memory of the process.
    package var memoryBytes: Int?
    package var imagesPerSecond: Double?
    /// Step and loss, spread evenly over the reports.
    package private(set) var curve: [CurvePoint] = []
    /// The number of reports per point that is kept.
    private var stride = 1
    private var skipped = 0

    package struct CurvePoint: Hashable, Sendable {
      package var step: Int
      package var loss: Double
    }

    private static let mostPoints = 48
    /// The weight of the latest rate in the moving average.
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
    /// The number of attempts begun so far.
    package internal(set) var attempts: Int
    package internal(set) var failures: Int
    package internal(set) var losses: Int
    /// The accuracy of the result, 0…1; `nil` if there is no result or it diverged.
    package internal(set) var accuracy: Double?
    package internal(set) var diverged: Bool
    /// The duration of the training in seconds, its rate and its memory, as far as the result contains them.
    package internal(set) var seconds: Double?
    package internal(set) var imagesPerSecond: Double?
    package internal(set) var memoryBytes: Int?
    /// The worker that handed over the result; `nil` if this coordinator does not know it.
    package internal(set) var worker: String?
    /// Why the job was set aside, or how its latest attempt ended.
    package internal(set) var reason: String?
    /// Since when the job has been in its state, in seconds since 1970; for an earlier state, when this coordinator
    /// began.
    package internal(set) var since: Double
    package internal(set) var training: Training?
    /// The first attempt, if it continues beside a second one, which is `training`.
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

  /// All jobs, sorted by number.
  package struct JobList: Sendable {
    /// The jobs of the search, with the numbers 1, 2, 3, …, and the other jobs, whose numbers are much larger.
    private var searched: [Job] = []
    private var others: [Job] = []

    init(_ records: [JobRecord], since: Double) {
      for record in records.sorted(by: { $0.id < $1.id }) { add(record, at: since) }
    }

    package var count: Int { searched.count + others.count }

    private static func list(of id: Int64) -> WritableKeyPath<JobList, [Job]> {
      FinalTrainings.isOfSearch(id) ? \.searched : \.others
    }

    /// Returns the index of a number in its list, or the index at which to insert it.
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

    /// Returns the jobs with numbers above `id` that are in the state, or in any state if it is `nil`.
    /// - Returns: At most `count` jobs, and whether there are more.
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

    /// - Returns: How long the job had waited; `nil` if it had not been waiting.
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

    /// Continues an attempt that an earlier coordinator began.
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

    /// - Parameter attempt: The attempt that brought the result; `nil` for a result of another study.
    /// - Returns: The seconds since that attempt began, or since the latest one if that is unknown; `nil` if none was
    ///   under way.
    mutating func finish(
      _ id: Int64, attempt: Int?, _ result: Observation, worker: String, at time: Double
    ) -> Double? {
      var seconds: Double?
      change(id) { job in
        let training = [job.earlier, job.training].compactMap { $0 }.first { $0.attempt == attempt } ?? job.training
        if job.state == .running, let training { seconds = max(0, time - training.began) }
        (job.state, job.since, job.training, job.worker, job.reason) = (.finished, time, nil, worker, nil)
        job.earlier = nil
        job.set(result)
      }
      return seconds
    }

    mutating func ask(_ id: Int64, round: Int) { change(id) { $0.round = round } }

    /// Makes the job wait again as if nothing had failed, after its result was struck out or it had been set aside.
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
