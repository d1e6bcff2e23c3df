import SearchCore
import StudyViews

// Lists that are returned a page at a time: `next` is the `after` of the following page, null on the last one.
extension API {
  static let mostOnPage = 200
  static let usualOnPage = 50

  // MARK: /api/jobs

  struct Jobs: Encodable {
    var version = API.version
    /// The requested state; `nil` for all.
    var state: String?
    var jobs: [Job]
    @Nullable var next: Int64?

    init(state: String?, jobs: [Job], next: Int64?) {
      self.state = state
      self.jobs = jobs
      self.next = next
    }
  }

  struct Job: Encodable {
    var job: Int64
    var candidate: String
    var label: String
    var repetition: Int
    var round: Int?
    var state: String
    /// Since when the job has been in its state, as far as this coordinator knows.
    var since: Double
    var attempts: Int
    var failures: Int
    var losses: Int
    var accuracy: Double?
    var diverged: Bool
    var seconds: Double?
    var imagesPerSecond: Double?
    var memoryBytes: Int?
    var worker: String?
    var reason: String?
    var training: Training?

    init(_ job: LiveStudy.Job, in study: LiveStudy) {
      self.job = job.id
      candidate = job.work.candidate.description
      label = study.label(job.work.candidate)
      repetition = job.work.repetition
      round = job.round
      state = API.name(of: job.state)
      since = job.since
      (attempts, failures, losses) = (job.attempts, job.failures, job.losses)
      (accuracy, diverged, seconds) = (job.accuracy, job.diverged, job.seconds)
      (imagesPerSecond, memoryBytes) = (job.imagesPerSecond, job.memoryBytes)
      worker = job.training?.worker ?? job.worker
      reason = job.reason
      training = job.training.map { Training($0, of: job, label: label) }
    }
  }

  struct Training: Encodable {
    var job: Int64
    var label: String
    var attempt: Int
    var began: Double
    /// The time of the worker's latest report; `nil` before the first one.
    var reported: Double?
    var epoch: Int
    var epochs: Int
    var step: Int
    var steps: Int
    var loss: Double?
    var imagesPerSecond: Double?
    /// The peak resident memory of the process.
    var memoryBytes: Int?
    /// Pairs of step and loss.
    var curve: [[Double]]

    init(_ training: LiveStudy.Training, of job: LiveStudy.Job, label: String) {
      self.job = job.id
      self.label = label
      attempt = training.attempt
      began = training.began
      reported = training.reported
      (epoch, epochs) = (training.epoch, job.work.kind.epochs)
      (step, steps, loss) = (training.step, training.steps, training.loss)
      imagesPerSecond = training.imagesPerSecond
      memoryBytes = training.memoryBytes
      curve = training.curve.map { [Double($0.step), $0.loss] }
    }
  }

  // MARK: /api/jobs/N

  /// - Parameter explanation: The text of a JSON object.
  static func history(_ explanation: String) -> String { "{\"version\":\(version),\"explanation\":\(explanation)}\n" }

  // MARK: /api/workers

  struct Workers: Encodable {
    var version = API.version
    var total: Int
    var workers: [Worker]
    @Nullable var next: String?

    init(total: Int, workers: [Worker], next: String?) {
      self.total = total
      self.workers = workers
      self.next = next
    }
  }

  struct Worker: Encodable {
    var id: String
    var host: String
    var processId: Int
    var slots: Int
    var kernelVariant: String
    var joined: Double
    /// The name of the worker's key.
    var key: String?
    /// The number of results that the worker handed over to this coordinator.
    var results: Int
    /// The end of the worker's rest, and its reason.
    var restsUntil: Double?
    var restReason: String?
    /// Whether the worker gets no more jobs, and whether, besides, its results do not count.
    var drained: Bool
    var distrusted: Bool
    var trainings: [Training]

    init(_ worker: LiveStudy.Worker, in study: LiveStudy) {
      id = worker.record.id
      host = worker.record.host
      processId = worker.record.processID
      slots = worker.record.slots
      kernelVariant = worker.record.kernelVariant
      joined = worker.joined
      key = worker.keyName
      results = worker.results
      restsUntil = worker.restsUntil
      restReason = worker.restReason
      drained = worker.isDrained
      distrusted = worker.isDistrusted
      trainings = worker.running.compactMap { number in
        guard let job = study.jobs[number], let training = job.training else { return nil }
        return Training(training, of: job, label: study.label(job.work.candidate))
      }
    }
  }

  // MARK: /api/frontier

  /// Returns a JSON object that embeds the report of the figures, which is itself the text of a JSON object.
  static func frontier(_ figures: FigureMaker.Figures) -> String {
    "{\"version\":\(version),\"figures_version\":\(figures.version),\"report\":\(figures.parts.report)}\n"
  }
}

/// Encoded as null if it is `nil`, instead of being left out.
@propertyWrapper
struct Nullable<Value: Encodable>: Encodable {
  var wrappedValue: Value?

  init(wrappedValue: Value?) { self.wrappedValue = wrappedValue }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    if let wrappedValue { try container.encode(wrappedValue) } else { try container.encodeNil() }
  }
}
