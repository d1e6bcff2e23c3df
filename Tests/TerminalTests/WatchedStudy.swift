import SearchCore
import Studies
import StudyStore
import StudyViews
import TestSupport

/// A study whose coordinator is this process, at a fixed time.
struct WatchedStudy {
  let place: Place
  let overview: StudyOverview

  /// The time in seconds since 1970.
  static let time = 1_800_000_030.0
  static let hostile = "\u{1b}[31mevil\u{202e}\u{9b}2J\nworker"

  init(hostile: Bool = false) throws {
    place = try Place()
    try place.write(
      """
      study: tiny
      model: resnet8
      data: {set: shapes10, train_images: 64, validation_images: 64}
      space: {rank_fractions: [0.25, 0.5], include: [layer1.0.conv1, layer2.0.conv1, layer2.0.conv2, layer3.0.conv2]}
      proxy: {epochs: 3, batch: 16, learning_rate: 0.05}
      strategy: {name: exhaustive, seeds: 1}
      budget: {jobs: 81}
      """, to: "study.yaml")
    let definition = try StudyDefinition(file: place.path("study.yaml"))
    let works = try definition.makeStrategy().works(history: SearchHistory()).prefix(30)
    let store = try StudyStore.create(directory: place.path("study"), identity: definition.newIdentity()) {
      Self.time - 600
    }
    let names = [hostile ? Self.hostile : "node1-17", "node2-4"]
    try store.record(
      names.enumerated().map { index, name in
        .workerJoined(
          WorkerRecord(
            id: name, host: hostile ? "節点\(index)" : "node\(index + 1)", processID: 1, slots: 2,
            kernelVariant: "avx2+Haswell", build: "1"))
      } + [.noted("the search begins")])
    for (index, work) in works.enumerated() {
      let id = Int64(index + 1)
      let worker = names[index % 2]
      try store.record([.jobAdded(JobRecord(id: id, work: work)), .attemptStarted(job: id, attempt: 1, worker: worker)])
      switch index {
      case 27: continue
      case 28: continue
      case 29:
        try store.record([
          .attemptEnded(job: id, attempt: 1, .failed(reason: "killed by SIGKILL")),
          .jobSetAside(job: id, reason: hostile ? Self.hostile : "killed by SIGKILL"),
        ])
      default:
        let count = Double(work.candidate.decompositions.count)
        let result = Observation(
          accuracy: 0.72 - 0.01 * count - 0.001 * Double(index % 4), loss: 2, epochLosses: [2], diverged: index == 26,
          stepTimeRatio: nil, inferenceTimeRatio: nil, trainSeconds: 1.5, imagesPerSecond: 1, peakMemoryBytes: 1,
          kernelVariant: "avx2+Haswell")
        try store.record([.jobFinished(job: id, attempt: 1, worker: worker, result: result)])
      }
    }
    var overview = try StudyOverview(of: store, now: Self.time)
    let summary = overview.status.summary
    overview.status.summary = StudySummary(
      jobs: summary.jobs, expectedJobs: 81, workers: 2, jobsPerSecond: 0.85, highest: summary.highest,
      dense: summary.dense)
    overview.status.round = 3
    overview.status.expectedLoss = 0.31
    if hostile {
      overview.status.study = Self.hostile
      for index in overview.status.running.indices { overview.status.running[index].label = Self.hostile }
      for index in overview.events.indices { overview.events[index].text = Self.hostile }
    } else {
      overview.status.running[0].epoch = 2
      overview.status.running[0].step = 6
      overview.status.running[0].steps = 12
      overview.status.running[0].loss = 1.2345
    }
    self.overview = overview
    store.close()
  }
}
