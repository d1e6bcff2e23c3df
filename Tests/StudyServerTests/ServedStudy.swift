import Foundation
import Logging
import SearchCore
import SearchProtocol
import Studies
import StudyStore
import StudyViews
import TestSupport

@testable import StudyServer

/// A study as a coordinator reports it, and a server that shows it.
final class ServedStudy: @unchecked Sendable {
  // Created on one thread and used on another, never on both at once.
  let place: Place
  let study: OpenStudy
  let works: [Work]
  let server: StudyServer
  let port: UInt16

  static let hostile = "<script>alert(1)</script>\" onload='x' & \u{1b}[31m"
  static let token = "0123456789abcdef-token"

  static func make(
    token: AccessToken? = nil, control: ControlDesk? = nil, limits: ConnectionTable.Limits = .init(),
    address: String = "127.0.0.1:0", isOpen: Bool = true
  ) async throws -> ServedStudy {
    try await onThread {
      try ServedStudy(token: token, control: control, limits: limits, address: address, isOpen: isOpen)
    }
  }

  private init(
    token: AccessToken?, control: ControlDesk?, limits: ConnectionTable.Limits, address: String, isOpen: Bool
  ) throws {
    place = try Place()
    study = try Self.open(place)
    works = Array(try study.definition.makeStrategy().works(history: SearchHistory()))
    server = try StudyServer(
      address: try HTTPAddress(address), token: token, control: control,
      sources: PageSources(
        figures: { folder in
          // In the process of the study, because no other process has it open.
          try FigureParts(folder: folder)
        },
        history: { folder, job in "{\"jobs\":[{\"job\":\(job)}]}" }),
      log: Logger(label: "test"), limits: limits)
    port = UInt16(server.url.split(separator: ":").last?.dropLast() ?? "") ?? 0
    if isOpen { try server.board.begin(study, jobs: []) }
  }

  deinit {
    server.stop()
    study.store.close()
  }

  static func open(_ place: Place) throws -> OpenStudy {
    try place.write(
      """
      study: served
      model: resnet8
      data: {set: shapes10, train_images: 64, validation_images: 64}
      space: {rank_fractions: [0.25, 0.5], include: [layer1.0.conv1, layer2.0.conv1, layer2.0.conv2]}
      proxy: {epochs: 2, batch: 16, learning_rate: 0.05}
      strategy: {name: exhaustive, seeds: 1}
      budget: {jobs: 27}
      """, to: "study.yaml")
    return try OpenStudy(
      definition: try StudyDefinition(file: place.path("study.yaml")), folder: place.path("study"), resume: false,
      mustExist: false
    ) { _ in }
  }

  func get(_ path: String, _ headers: [String: String] = [:], method: String = "GET", body: String = "") async throws
    -> WebAnswer
  {
    try await WebAnswer.of(path, port: port, method: method, headers: headers, body: body)
  }

  func json(_ path: String) async throws -> [String: Any] {
    let value = try JSONSerialization.jsonObject(with: Data(try await get(path).body.utf8))
    return value as? [String: Any] ?? [:]
  }

  // MARK: What happens

  /// Gives the server news and waits until it shows them.
  func tell(
    _ changes: [StudyChange], progress: [AttemptProgress] = [], isFinished: Bool = false, isLast: Bool = false,
    at time: Double = 1000, counts: JobCounts = JobCounts(waiting: 20, running: 1, finished: 5, setAside: 1)
  ) {
    server.board.observe(
      Self.news(changes, progress: progress, isFinished: isFinished, isLast: isLast, at: time, counts: counts))
    server.board.waitUntilShown()
  }

  static func news(
    _ changes: [StudyChange], progress: [AttemptProgress] = [], isFinished: Bool = false, isLast: Bool = false,
    at time: Double = 1000, counts: JobCounts = JobCounts(waiting: 20, running: 1, finished: 5, setAside: 1)
  ) -> StudyNews {
    var entries: [(time: Double, entry: StudyNews.Entry)] = []
    for change in changes { entries.append((time, .change(change))) }
    for report in progress { entries.append((time, .progress(report, began: nil))) }
    return StudyNews(
      entries: entries,
      commitSeconds: changes.isEmpty ? [] : [0.002],
      summary: StudySummary(
        jobs: counts, expectedJobs: 27, workers: 1, jobsPerSecond: 0.1, highest: nil, dense: nil),
      restingWorkers: 0, slots: 2, lateResults: 0, undecodable: 0, isFinished: isFinished, isLast: isLast)
  }

  static func worker(_ name: String) -> WorkerRecord {
    WorkerRecord(id: name, host: "node1", processID: 7, slots: 2, kernelVariant: "avx2+Haswell", build: "1")
  }

  static func result(_ accuracy: Double) -> Observation {
    Observation(
      accuracy: accuracy, loss: 2, epochLosses: [2], diverged: false, stepTimeRatio: 0.9, inferenceTimeRatio: 0.8,
      trainSeconds: 1.5, imagesPerSecond: 1, peakMemoryBytes: 1, kernelVariant: "avx2+Haswell")
  }

  static func progress(of job: Int64, attempt: Int = 1, step: Int, loss: Double?) -> AttemptProgress {
    AttemptProgress(
      reference: AttemptReference(job: job, attempt: attempt), epoch: 1 + step / 4, step: step, steps: 8, loss: loss,
      memoryBytes: 50 << 20)
  }

  /// Begins a study of three jobs, with one worker, which trains job 1.
  func begin(worker: String = "w1") {
    tell(
      [.workerJoined(Self.worker(worker))] + (1...3).map { .jobAdded(JobRecord(id: Int64($0), work: works[$0 - 1])) }
        + [.attemptStarted(job: 1, attempt: 1, worker: worker)])
  }
}
