import Foundation
import Processes
import ReadableText
import SearchCore
import SearchProtocol

/// What an engine process of a slot did. `generation` counts the slot's processes, which distinguishes events of a
/// stopped process from those of its successor.
package struct EngineSlotEvent: Sendable {
  package enum Content: Sendable {
    case event(EngineEvent)
    case garbled(String)
    case ended(ChildProcess.Ending)
  }

  package var slot: Int
  package var generation: Int
  package var content: Content
}

/// One slot of a worker: at most one engine process, which is reused from job to job and keeps its data set loaded.
///
/// Belongs to the worker's thread; what the process does arrives there as `EngineSlotEvent`.
package struct EngineSlot {
  package let number: Int
  package private(set) var job: AttemptReference?
  private var process: ChildProcess?
  /// The kernels that its process was started for.
  private var kernels: InstructionSet?
  private var dataContent = ""
  private var generation = 0
  private var lastSign = 0.0
  private var startedAt = 0.0
  private var killsAtStart = 0

  package init(number: Int) { self.number = number }

  /// What a worker must know about its engine.
  package enum News {
    case progress(AttemptProgress)
    case finished(AttemptReference, Observation)
    case failed(AttemptReference, reason: String, AttemptFailure)
    /// The process ended between two jobs, which costs no attempt: the next job starts another process.
    case endedIdle(reason: String)
  }

  /// - Parameters:
  ///   - kernels: the kernels that the job asks for. OpenBLAS is configured when a process starts: if the slot's
  ///     process was started for other kernels, it is replaced.
  ///   - dataContent: the hash of the images. A process keeps the images that it has read and identifies them by their
  ///     path: for other images it is replaced.
  package mutating func start(
    _ request: EngineRequest, kernels: InstructionSet? = nil, dataContent: String = "", program: EngineProgram,
    now: Double,
    deliver: @escaping @Sendable (EngineSlotEvent) -> Void
  ) -> News? {
    let reference = request.job.reference
    do {
      let line = try EngineLine.encode(request)
      if kernels != self.kernels || dataContent != self.dataContent { stop() }
      (self.kernels, self.dataContent) = (kernels, dataContent)
      let process = try process ?? spawn(program, deliver: deliver)
      self.process = process
      job = reference
      lastSign = now
      startedAt = now
      killsAtStart = MemoryShortage.kills
      // If the process has died in the meantime, its end event reports that.
      process.write(line)
      return nil
    } catch {
      return .failed(reference, reason: "\(error)", AttemptFailure(cause: .notStarted))
    }
  }

  /// Ends the process at once. Its further output is ignored.
  package mutating func stop() {
    process?.send(signal: SIGKILL)
    process = nil
    job = nil
  }

  package mutating func handle(_ event: EngineSlotEvent, now: Double) -> News? {
    guard event.generation == generation, process != nil else { return nil }
    lastSign = now
    switch event.content {
    case .ended(let ending):
      process = nil
      guard job != nil else { return .endedIdle(reason: "the engine process ended: \(ending.reason)") }
      let failure = account(of: ending)
      let shortage = failure.isOutOfMemorySuspected ? "most likely for lack of memory: " : ""
      return end { .failed($0, reason: "the engine process ended: \(shortage)\(ending.reason)", failure) }
    case .garbled(let problem):
      // Nothing that the process writes can be relied on any more.
      return kill(.garbled, "the engine process sent a message that cannot be read: \(problem)")
    case .event(.progress(let progress)):
      return progress.reference == job ? .progress(progress) : nil
    case .event(.finished(let reference, let result)):
      return reference == job ? end { .finished($0, result) } : nil
    case .event(.failed(let reference, let reason)):
      return reference == job ? end { .failed($0, reason: reason, AttemptFailure(cause: .refused)) } : nil
    }
  }

  /// Excludes `seconds` from the time limits: neither this process nor its engine ran during that time.
  package mutating func forgive(_ seconds: Double) {
    lastSign += seconds
    startedAt += seconds
  }

  /// Ends an engine that hangs or exceeds a limit of jobs. Must be called several times a second.
  package mutating func enforce(_ limits: JobLimits, now: Double) -> News? {
    guard job != nil, let process else { return nil }
    let resident = process.residentBytes() ?? 0
    if now - lastSign > limits.silenceSeconds {
      let time = Readable.duration(seconds: limits.silenceSeconds)
      return kill(.hung, "the engine process made no progress for \(time) and was ended (\(limits.names.silence))")
    }
    if let seconds = limits.seconds, now - startedAt > seconds {
      let time = Readable.duration(seconds: seconds)
      return kill(.timeLimit, "the training took longer than \(time) and was ended (\(limits.names.time))")
    }
    if let bytes = limits.memoryBytes, resident > bytes {
      let (used, allowed) = (Readable.bytes(resident), Readable.bytes(bytes))
      return kill(
        .memoryLimit,
        "the training used \(used) of memory, of \(allowed) allowed, and was ended (\(limits.names.memory))")
    }
    return nil
  }

  private mutating func kill(_ cause: AttemptFailure.Cause, _ reason: String) -> News? {
    let failure = AttemptFailure(
      cause: cause, signal: Int(SIGKILL), peakMemoryBytes: process?.peakMemoryBytes,
      lastLines: process?.lastLines ?? [])
    process?.send(signal: SIGKILL)
    process = nil
    return end { .failed($0, reason: reason, failure) }
  }

  private func account(of ending: ChildProcess.Ending) -> AttemptFailure {
    var failure = AttemptFailure(
      cause: .processEnded, peakMemoryBytes: ending.peakMemoryBytes, lastLines: ending.lastLines)
    switch ending.status {
    case .exited(let code):
      failure.exitCode = Int(code)
      if code == EngineProcess.shortageExitCode { failure.cause = .notStarted }
    case .killed(let signal):
      failure.signal = Int(signal)
      // This worker did not kill it: it gets no event of processes that it kills itself.
      failure.isOutOfMemorySuspected =
        signal == SIGKILL
        && MemoryShortage.isSuspected(killsBefore: killsAtStart, peakBytes: ending.peakMemoryBytes)
    }
    return failure
  }

  private mutating func end(_ news: (AttemptReference) -> News) -> News? {
    guard let ended = job else { return nil }
    job = nil
    return news(ended)
  }

  private mutating func spawn(
    _ program: EngineProgram, deliver: @escaping @Sendable (EngineSlotEvent) -> Void
  ) throws(ProcessError) -> ChildProcess {
    generation += 1
    let (slot, generation) = (number, generation)
    return try ChildProcess(
      arguments: program.arguments, environment: program.environment(for: kernels), leavesSignalsToParent: true,
      onLine: { line in
        let content: EngineSlotEvent.Content
        do { content = .event(try EngineLine.decodeEvent(line)) } catch { content = .garbled("\(error)") }
        deliver(EngineSlotEvent(slot: slot, generation: generation, content: content))
      },
      onEnd: { deliver(EngineSlotEvent(slot: slot, generation: generation, content: .ended($0))) })
  }
}
