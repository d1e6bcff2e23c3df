import SearchCore

/// The payloads of the messages that every job needs, in the form in which `Payload` writes them. A field that is added to one
/// of these messages belongs here too; the test that compares both forms tells where it is missing.
enum PlainPayload {
  /// Nil for other messages, and for values that are not plain.
  static func encode(_ message: Message) -> [UInt8]? {
    var writer = PlainJSONWriter(capacity: 512)
    switch message {
    case .accept(let reference), .resultAcknowledged(let reference), .cancel(let reference): writer.write(reference)
    case .ready(let ready):
      writer.literal("{\"freeSlots\":")
      writer.write(ready.freeSlots)
      writer.literal("}")
    case .job(let job): writer.write(job)
    case .result(let report):
      guard report.failure == nil, case .finished(let result) = report.outcome else { return nil }
      writer.literal("{\"outcome\":{\"finished\":{\"_0\":")
      writer.write(result)
      writer.literal("}},\"reference\":")
      writer.write(report.reference)
      writer.literal(",\"study\":")
      writer.write(report.study)
      writer.literal("}")
    case .workerHeartbeat(let heartbeat):
      writer.literal("{\"freeSlots\":")
      writer.write(heartbeat.freeSlots)
      writer.literal(",\"running\":")
      writer.write(list: heartbeat.running) { $0.write($1) }
      writer.literal("}")
    case .coordinatorHeartbeat(let heartbeat):
      writer.literal("{\"study\":")
      writer.write(heartbeat.study)
      writer.literal("}")
    case .hello(let hello):
      // The order of several is the general encoder's.
      guard hello.dataHashes.count <= 1 else { return nil }
      writer.write(hello)
    default: return nil
    }
    return writer.isComplete ? writer.bytes : nil
  }

  /// Nil where the general decoder has to look at it.
  static func decode(_ type: MessageType, from bytes: [UInt8]) -> Message? {
    bytes.withUnsafeBufferPointer { buffer in
      var reader = PlainJSONReader(buffer)
      guard let message = message(type, &reader), reader.isAtEnd else { return nil }
      return message
    }
  }

  private static func message(_ type: MessageType, _ reader: inout PlainJSONReader) -> Message? {
    switch type {
    case .accept: return reader.reference().map(Message.accept)
    case .resultAcknowledged: return reader.reference().map(Message.resultAcknowledged)
    case .cancel: return reader.reference().map(Message.cancel)
    case .ready:
      guard reader.skip("{\"freeSlots\":"), let free = reader.unsigned(Int.self), reader.skip("}") else { return nil }
      return .ready(Ready(freeSlots: free))
    case .job: return reader.job().map(Message.job)
    case .result:
      guard reader.skip("{\"outcome\":{\"finished\":{\"_0\":"), let result = reader.result(),
        reader.skip("}},\"reference\":"), let reference = reader.reference(), reader.skip(",\"study\":"),
        let study = reader.string(), reader.skip("}")
      else { return nil }
      return .result(AttemptReport(reference: reference, study: study, outcome: .finished(result)))
    case .workerHeartbeat:
      guard reader.skip("{\"freeSlots\":"), let free = reader.unsigned(Int.self), reader.skip(",\"running\":"),
        let running = reader.list({ $0.reference() }), reader.skip("}")
      else { return nil }
      return .workerHeartbeat(WorkerHeartbeat(running: running, freeSlots: free))
    case .hello: return reader.hello().map(Message.hello)
    case .coordinatorHeartbeat:
      guard reader.skip("{\"study\":"), let study = reader.string(), reader.skip("}") else { return nil }
      return .coordinatorHeartbeat(CoordinatorHeartbeat(study: study))
    default: return nil
    }
  }
}

extension PlainJSONWriter {
  fileprivate mutating func write(_ hello: Hello) {
    literal("{\"build\":")
    write(hello.build)
    literal(",\"dataHashes\":{")
    for (set, hash) in hello.dataHashes {
      write(set)
      literal(":")
      write(hash)
    }
    literal("},\"finished\":")
    write(list: hello.finished) { $0.write($1) }
    literal(",\"host\":")
    write(hello.host)
    literal(",\"kernelVariant\":")
    write(hello.kernelVariant)
    literal(",\"newestProtocol\":")
    write(hello.newestProtocol)
    literal(",\"oldestProtocol\":")
    write(hello.oldestProtocol)
    literal(",\"processID\":")
    write(hello.processID)
    literal(",\"running\":")
    write(list: hello.running) { $0.write($1) }
    literal(",\"slots\":")
    write(hello.slots)
    if let study = hello.study {
      literal(",\"study\":")
      write(study)
    }
    literal(",\"worker\":")
    write(hello.worker)
    literal("}")
  }

  fileprivate mutating func write(_ reference: AttemptReference) {
    literal("{\"attempt\":")
    write(reference.attempt)
    literal(",\"job\":")
    write(reference.job)
    literal("}")
  }

  fileprivate mutating func write(_ job: JobAssignment) {
    literal("{\"candidate\":")
    write(job.candidate)
    literal(",\"measuresTime\":")
    write(job.measuresTime)
    literal(",\"recipe\":")
    write(job.recipe)
    literal(",\"reference\":")
    write(job.reference)
    literal(",\"seed\":")
    write(job.seed)
    literal("}")
  }

  private mutating func write(_ recipe: TrainingRecipe) {
    literal("{\"augment\":")
    write(recipe.augment)
    literal(",\"batch\":")
    write(recipe.batch)
    literal(",\"data\":{\"set\":")
    write(recipe.data.set.rawValue)
    literal(",\"splitSeed\":")
    write(recipe.data.splitSeed)
    literal(",\"trainImages\":")
    write(recipe.data.trainImages)
    literal(",\"validationImages\":")
    write(recipe.data.validationImages)
    literal("},\"epochs\":")
    write(recipe.epochs)
    literal(",\"learningRate\":")
    write(recipe.learningRate)
    literal(",\"model\":")
    write(recipe.model.rawValue)
    literal(",\"momentum\":")
    write(recipe.momentum)
    literal(",\"nesterov\":")
    write(recipe.nesterov)
    literal(",\"schedule\":")
    write(recipe.schedule.rawValue)
    literal(",\"variant\":")
    write(recipe.variant.rawValue)
    literal(",\"weightDecay\":")
    write(recipe.weightDecay)
    literal("}")
  }

  fileprivate mutating func write(_ result: TrialResult) {
    literal("{\"accuracy\":")
    write(result.accuracy)
    literal(",\"diverged\":")
    write(result.diverged)
    literal(",\"epochLosses\":")
    write(list: result.epochLosses) { $0.write($1) }
    literal(",\"imagesPerSecond\":")
    write(result.imagesPerSecond)
    if let ratio = result.inferenceTimeRatio {
      literal(",\"inferenceTimeRatio\":")
      write(ratio)
    }
    literal(",\"kernelVariant\":")
    write(result.kernelVariant)
    if let loss = result.loss {
      literal(",\"loss\":")
      write(loss)
    }
    literal(",\"peakMemoryBytes\":")
    write(result.peakMemoryBytes)
    if let ratio = result.stepTimeRatio {
      literal(",\"stepTimeRatio\":")
      write(ratio)
    }
    literal(",\"trainSeconds\":")
    write(result.trainSeconds)
    literal("}")
  }
}

extension PlainJSONReader {
  fileprivate mutating func hello() -> Hello? {
    guard skip("{\"build\":"), let build = string(), skip(",\"dataHashes\":"), let dataHashes = dataHashes(),
      skip(",\"finished\":"), let finished = list({ $0.reference() }), skip(",\"host\":"), let host = string(),
      skip(",\"kernelVariant\":"), let kernelVariant = string(), skip(",\"newestProtocol\":"),
      let newest = unsigned(Int.self), skip(",\"oldestProtocol\":"), let oldest = unsigned(Int.self),
      skip(",\"processID\":"), let processID = unsigned(Int.self), skip(",\"running\":"),
      let running = list({ $0.reference() }), skip(",\"slots\":"), let slots = unsigned(Int.self)
    else { return nil }
    var study: String?
    if skip(",\"study\":") {
      guard let text = string() else { return nil }
      study = text
    }
    guard skip(",\"worker\":"), let worker = string(), skip("}") else { return nil }
    return Hello(
      worker: worker, host: host, processID: processID, oldestProtocol: oldest, newestProtocol: newest, build: build,
      slots: slots, kernelVariant: kernelVariant, dataHashes: dataHashes, study: study, running: running,
      finished: finished)
  }

  private mutating func dataHashes() -> [String: String]? {
    guard skip("{") else { return nil }
    var hashes: [String: String] = [:]
    if skip("}") { return hashes }
    while true {
      guard let set = string(), skip(":"), let hash = string(), hashes.updateValue(hash, forKey: set) == nil else {
        return nil
      }
      if skip("}") { return hashes }
      guard skip(",") else { return nil }
    }
  }

  fileprivate mutating func reference() -> AttemptReference? {
    guard skip("{\"attempt\":"), let attempt = unsigned(Int.self), skip(",\"job\":"), let job = unsigned(Int64.self),
      skip("}")
    else { return nil }
    return AttemptReference(job: job, attempt: attempt)
  }

  fileprivate mutating func job() -> JobAssignment? {
    guard skip("{\"candidate\":"), let candidate = string(), skip(",\"measuresTime\":"), let measures = flag(),
      skip(",\"recipe\":"), let recipe = recipe(), skip(",\"reference\":"), let reference = reference(),
      skip(",\"seed\":"), let seed = unsigned(UInt64.self), skip("}")
    else { return nil }
    return JobAssignment(
      reference: reference, candidate: candidate, recipe: recipe, seed: seed, measuresTime: measures)
  }

  private mutating func named<Value: RawRepresentable<String>>(_: Value.Type = Value.self) -> Value? {
    string().flatMap(Value.init(rawValue:))
  }

  private mutating func recipe() -> TrainingRecipe? {
    guard skip("{\"augment\":"), let augment = flag(), skip(",\"batch\":"), let batch = unsigned(Int.self),
      skip(",\"data\":"), let data = data(), skip(",\"epochs\":"), let epochs = unsigned(Int.self),
      skip(",\"learningRate\":"), let learningRate = double(), skip(",\"model\":"), let model = named(Model.self),
      skip(",\"momentum\":"), let momentum = double(), skip(",\"nesterov\":"), let nesterov = flag(),
      skip(",\"schedule\":"), let schedule = named(Schedule.self), skip(",\"variant\":"),
      let variant = named(BasisVariant.self), skip(",\"weightDecay\":"), let weightDecay = double(), skip("}")
    else { return nil }
    return TrainingRecipe(
      model: model, variant: variant, data: data, epochs: epochs, batch: batch, learningRate: learningRate,
      schedule: schedule, momentum: momentum, nesterov: nesterov, weightDecay: weightDecay, augment: augment)
  }

  private mutating func data() -> DataSelection? {
    guard skip("{\"set\":"), let set = named(ImageSet.self), skip(",\"splitSeed\":"),
      let splitSeed = unsigned(UInt64.self), skip(",\"trainImages\":"), let train = unsigned(Int.self),
      skip(",\"validationImages\":"), let validation = unsigned(Int.self), skip("}")
    else { return nil }
    return DataSelection(set: set, trainImages: train, validationImages: validation, splitSeed: splitSeed)
  }

  /// Nil inside where the field is not there, nil outside where it is not a number.
  private mutating func optional(_ key: StaticString) -> Double?? {
    guard skip(key) else { return .some(nil) }
    return double().map { .some($0) }
  }

  fileprivate mutating func result() -> TrialResult? {
    guard skip("{\"accuracy\":"), let accuracy = double(), skip(",\"diverged\":"), let diverged = flag(),
      skip(",\"epochLosses\":"), let epochLosses = list({ $0.double() }), skip(",\"imagesPerSecond\":"),
      let imagesPerSecond = double(), let inferenceTimeRatio = optional(",\"inferenceTimeRatio\":"),
      skip(",\"kernelVariant\":"), let kernelVariant = string(), let loss = optional(",\"loss\":"),
      skip(",\"peakMemoryBytes\":"), let peakMemoryBytes = unsigned(Int.self),
      let stepTimeRatio = optional(",\"stepTimeRatio\":"), skip(",\"trainSeconds\":"), let trainSeconds = double(),
      skip("}")
    else { return nil }
    return TrialResult(
      accuracy: accuracy, loss: loss, epochLosses: epochLosses, diverged: diverged, stepTimeRatio: stepTimeRatio,
      inferenceTimeRatio: inferenceTimeRatio, trainSeconds: trainSeconds, imagesPerSecond: imagesPerSecond,
      peakMemoryBytes: peakMemoryBytes, kernelVariant: kernelVariant)
  }
}
