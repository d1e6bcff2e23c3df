import Randomness
import SearchCore
import SearchProtocol

/// A message in either direction.
enum AnyMessage: Equatable {
  case worker(WorkerMessage)
  case coordinator(CoordinatorMessage)

  func frames(id: UInt64) throws -> [[UInt8]] {
    switch self {
    case .worker(let message): try MessageCodec.encode(message, id: id)
    case .coordinator(let message): try MessageCodec.encode(message, id: id)
    }
  }

  /// Decodes a message in either direction.
  static func decode(_ frames: [[UInt8]]) throws -> (message: AnyMessage, id: UInt64) {
    do {
      let (message, id) = try MessageCodec.decode(frames, as: WorkerMessage.self)
      return (.worker(message), id)
    } catch ProtocolError.direction {
      let (message, id) = try MessageCodec.decode(frames, as: CoordinatorMessage.self)
      return (.coordinator(message), id)
    }
  }
}

/// Legal messages of every kind with values at the edges of their ranges.
struct RandomMessages {
  var random: StableRandom

  static let kinds = 32

  mutating func message(kind: Int) -> AnyMessage {
    switch kind {
    case 0: .worker(.hello(hello()))
    case 1: .worker(.ready(Ready(freeSlots: random.integer(below: 4097))))
    case 2: .worker(.accept(reference()))
    case 3: .worker(.progress(progress()))
    case 4: .worker(.result(report()))
    case 5: .worker(.workerHeartbeat(WorkerHeartbeat(running: references(), freeSlots: random.integer(below: 100))))
    case 6: .worker(.bye(Bye(reason: text())))
    case 7: .coordinator(.welcome(welcome()))
    case 8: .coordinator(.refusal(Refusal(reason: text())))
    case 9: .coordinator(.job(job()))
    case 10: .coordinator(.resultAcknowledged(reference()))
    case 11: .coordinator(.coordinatorHeartbeat(CoordinatorHeartbeat(study: "s" + text())))
    case 12: .coordinator(.cancel(reference()))
    case 13: .coordinator(.drain(Drain(reason: coin() ? .studyFinished : .coordinatorStopping)))
    case 14:
      .worker(
        .contentRequest(contentRequest()))
    case 15: .coordinator(.dataChunk(piece().unnamed))
    case 16: .coordinator(.dataRefusal(Refusal(reason: text())))
    case 17: .coordinator(.bench(Bench(reason: text(), seconds: Double(random.integer(below: 100_000)) / 7)))
    case 18: .worker(.contentQuery(ContentReference(contentHash: hash())))
    case 19: .worker(.contentAnnouncement(content()))
    case 20: .worker(.contentPiece(piece()))
    case 21: .worker(.contentRefusal(refusal()))
    case 22: .coordinator(.contentRequest(contentRequest()))
    case 23: .coordinator(.contentAnnouncement(content()))
    case 24: .coordinator(.contentPiece(piece()))
    case 25: .coordinator(.contentRefusal(refusal()))
    case 26: .coordinator(.contentAcknowledged(ContentReference(contentHash: hash())))
    // A job as workers of earlier versions receive it.
    case 27: .coordinator(.job(job(version: 2)))
    case 28: .coordinator(.job(startedJob()))
    case 29: .worker(.demandQuery)
    case 30: .coordinator(.demand(demand()))
    default: .coordinator(.reregister)
    }
  }

  mutating func hash() -> ContentHash {
    ContentHash(bytes: (0..<32).map { _ in UInt8(truncatingIfNeeded: random.next()) })!
  }

  mutating func content() -> ContentDescription {
    ContentDescription(
      contentHash: hash(), kind: coin() ? .blob : .cifar10, bytes: 1 + random.integer(below: 1 << 40))
  }

  mutating func refusal() -> ContentRefusal {
    let subjects = ContentRefusal.Subject.allCases
    return ContentRefusal(
      contentHash: hash(), subject: subjects[random.integer(below: subjects.count)], reason: text())
  }

  mutating func contentRequest() -> ContentRequest {
    ContentRequest(
      contentHash: hash(), offset: random.integer(below: 1 << 40),
      length: random.integer(below: ContentPiece.maximumBytes + 1), returned: coin() ? [] : [random.next(), .max, 0])
  }

  mutating func piece() -> ContentPiece {
    let count = coin() ? 1 + random.integer(below: 50) : ContentPiece.maximumBytes - random.integer(below: 2)
    return ContentPiece(
      contentHash: hash(), ticket: random.next(), offset: random.integer(below: 1 << 40),
      digest: [UInt8](repeating: 9, count: 32),
      bytes: [UInt8](repeating: UInt8(truncatingIfNeeded: random.next()), count: count))
  }

  mutating func coin() -> Bool { random.integer(below: 2) == 0 }

  /// A finite number that is not negative, mostly one that decimal text represents badly.
  mutating func amount() -> Double {
    let edges = [
      0, 0.1, 1.0 / 3, .leastNonzeroMagnitude, .leastNormalMagnitude, .greatestFiniteMagnitude, 1, 0x1.fffffffffffffp-1,
      1e16, 123456789.123456789,
    ]
    let choice = random.integer(below: edges.count + 6)
    if choice < edges.count { return edges[choice] }
    let any = Double(bitPattern: random.next() & 0x7fff_ffff_ffff_ffff)
    return any.isFinite ? any : random.uniform()
  }

  /// A number above 0 and below `bound`.
  mutating func amount(below bound: Double) -> Double {
    let amount = amount()
    return amount > 0 && amount < bound ? amount : bound / 3
  }

  mutating func number() -> Double { coin() ? amount() : -amount() }

  mutating func text() -> String {
    let texts = [
      "", "a", "naïve \"quotes\" \\ / backslash", "日本語 🧮", "layer1.0.conv1=8", String(repeating: "x", count: 250),
    ]
    return texts[random.integer(below: texts.count)]
  }

  mutating func reference() -> AttemptReference {
    let jobs: [Int64] = [1, 2, .max, Int64(1 + random.integer(below: 1_000_000))]
    return AttemptReference(job: jobs[random.integer(below: 4)], attempt: 1 + random.integer(below: 1_000_000))
  }

  mutating func references() -> [AttemptReference] {
    var list: [AttemptReference] = []
    for _ in 0..<random.integer(below: 4) { list.append(reference()) }
    return list
  }

  mutating func hello() -> Hello {
    Hello(
      worker: "w" + text(), host: text(), processID: random.integer(below: 1 << 31), oldestProtocol: 1,
      newestProtocol: 1 + random.integer(below: 65_535), build: text(), slots: 1 + random.integer(below: 4096),
      kernelVariant: text(), kernelVariants: coin() ? nil : ["a" + text(), "b"],
      dataHashes: coin() ? [:] : ["cifar10": "h" + text(), "shapes10": "1"],
      study: coin() ? nil : "s", running: references(), finished: references())
  }

  mutating func welcome() -> Welcome {
    Welcome(
      study: "id", studyName: text(), protocolVersion: 1,
      data: DataRequirement(
        set: coin() ? .arrays : .shapes10, contentHash: text(), pathHint: coin() ? nil : "/" + text(),
        bytes: coin() ? nil : 1 + random.integer(below: 1 << 40)),
      heartbeatSeconds: 0.001 + random.uniform(), leaseSeconds: 864_000)
  }

  mutating func demand() -> Demand {
    Demand(
      study: "s" + text(), studyName: text(), waitingJobs: random.integer(below: FieldLimits.counted), runningJobs: 0,
      comingJobs: FieldLimits.counted, soonJobs: random.integer(below: 100), workers: random.integer(below: 20_000),
      slots: random.integer(below: 1 << 40), idleWorkers: coin() ? [] : ["w" + text(), "v"],
      jobSeconds: coin() ? nil : amount(below: Demand.longestJob),
      slotBytes: coin() ? nil : 1 + random.integer(below: 1 << 40), isDone: coin(), isPaused: coin())
  }

  mutating func startedJob() -> JobAssignment {
    var started = job()
    started.weights = content()
    return started
  }

  mutating func job(version: Int = ProtocolVersion.newest) -> JobAssignment {
    // Older workers know only the oldest names, and are not sent others.
    let models = Model.allCases.filter { version >= ProtocolVersion.withNetworks || $0.isKnownToAll }
    let recipe = TrainingRecipe(
      model: models[random.integer(below: models.count)], variant: coin() ? .full : .remainder,
      data: DataSelection(
        set: .cifar10, trainImages: 1 + random.integer(below: 50_000), validationImages: random.integer(below: 5000),
        splitSeed: random.next()), epochs: Epochs(1 + random.integer(below: 1000)),
      batch: 1 + random.integer(below: 4096),
      learningRate: amount(below: 100), schedule: .cosine, momentum: amount(below: 1), nesterov: coin(),
      weightDecay: amount(below: 1),
      augment: coin())
    let candidate =
      coin()
      ? Candidate.dense : Candidate(ranks: ["layer1.0.conv1": 1 + random.integer(below: 100), "b_.2": 999_999])
    return JobAssignment(
      reference: reference(),
      work: Work(
        candidate: candidate, kind: .proxyTraining(recipe), repetition: random.integer(below: 2), seed: random.next()),
      version: version)
  }

  mutating func progress() -> AttemptProgress {
    AttemptProgress(
      reference: reference(), epoch: random.integer(below: 100), step: random.integer(below: .max), steps: .max,
      loss: coin() ? nil : number(), memoryBytes: random.integer(below: .max))
  }

  mutating func result() -> Observation {
    Observation(
      accuracy: random.uniform(), loss: coin() ? nil : number(), epochLosses: [number(), number(), -0.0],
      diverged: coin(),
      stepTimeRatio: coin() ? nil : amount(), inferenceTimeRatio: coin() ? nil : amount(), trainSeconds: amount(),
      imagesPerSecond: amount(), peakMemoryBytes: random.integer(below: 1 << 53 + 1), kernelVariant: text())
  }

  mutating func report() -> AttemptReport {
    let outcome: AttemptReport.Outcome =
      switch random.integer(below: 3) {
      case 0: .finished(result())
      case 1: .failed(reason: text(), coin() ? nil : failure())
      default: .returned(reason: text())
      }
    return AttemptReport(reference: reference(), study: "s", outcome: outcome)
  }

  mutating func failure() -> AttemptFailure {
    let causes = AttemptFailure.Cause.allCases
    return AttemptFailure(
      cause: causes[random.integer(below: causes.count)], signal: coin() ? nil : 1 + random.integer(below: 255),
      exitCode: coin() ? nil : random.integer(below: 256),
      peakMemoryBytes: coin() ? nil : random.integer(below: .max), isOutOfMemorySuspected: coin(),
      seconds: coin() ? nil : amount(), lastLines: coin() ? [] : [text(), text()])
  }
}
