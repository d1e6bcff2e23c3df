import Processes
import ReadableText
import SearchCore
import StudyViews

/// A study's numbers in Prometheus' text format, version 0.0.4.
struct MetricsText {
  private(set) var text = ""

  /// - Parameters:
  ///   - study: `nil` before the study is open.
  ///   - server: The counts of the page's server.
  init(_ study: LiveStudy?, figures: FigureMaker.Figures?, server: ServerCounts, usage: ProcessUsage) {
    add(
      "layersearch_build_info", .gauge, "The program that runs; always 1.", [(["version": Version.number], 1)])
    if let study { add(study) }
    if let figures { add(figures) }
    add(server)
    add(usage)
  }

  private mutating func add(_ study: LiveStudy) {
    let info = ["study": study.name, "study_id": study.studyID, "model": study.setting.model]
    add("layersearch_study_info", .gauge, "The study that is searched; always 1.", [(info, 1)])
    add(
      "layersearch_study_finished", .gauge, "Whether the search is done: 0 or 1.", [([:], study.isFinished ? 1 : 0)])
    add(
      "layersearch_study_paused", .gauge, "Whether the study is paused by a user: 0 or 1.",
      [([:], study.summary?.isPaused == true ? 1 : 0)])
    if let summary = study.summary {
      let jobs = summary.jobs
      add(
        "layersearch_jobs", .gauge, "Jobs of the study by state.",
        [
          (["state": "waiting"], Double(jobs.waiting)), (["state": "running"], Double(jobs.running)),
          (["state": "finished"], Double(jobs.finished)), (["state": "set_aside"], Double(jobs.setAside)),
        ])
      add(
        "layersearch_jobs_expected", .gauge, "Jobs that the whole search will have; until its last stage, the most.",
        [([:], Double(summary.expectedJobs))])
      let accuracies: [Sample] = [("dense", summary.dense), ("highest", summary.highest)].compactMap { name, leader in
        leader.map { (["candidate": name], $0.accuracy) }
      }
      add(
        "layersearch_accuracy_ratio", .gauge,
        "Mean accuracy of the dense network and of the decomposed candidate with the highest one.", accuracies)
    }
    if let forecast = study.forecast {
      add(
        "layersearch_remaining_seconds", .gauge, "Expected time until the search is done.", [([:], forecast.seconds)])
    }
    let counts = study.counts
    add(
      "layersearch_attempts_total", .counter, "Attempts at jobs that ended, by outcome.",
      AttemptEnding.allCases.map { (["ending": $0.rawValue], Double(counts.attempts[$0] ?? 0)) })
    add(
      "layersearch_workers", .gauge, "Connected workers by state: a resting worker gets no jobs for a time.",
      [
        (["state": "working"], Double(max(0, (study.summary?.workers ?? 0) - counts.restingWorkers))),
        (["state": "resting"], Double(counts.restingWorkers)),
      ])
    add(
      "layersearch_slots", .gauge, "Trainings that connected workers can do at once.", [([:], Double(counts.slots))])
    add(
      "layersearch_late_results_total", .counter, "Valid results of jobs that already had a result.",
      [([:], Double(counts.lateResults))])
    add(
      "layersearch_struck_out_results_total", .counter, "Results that were struck out with a distrusted worker.",
      [([:], Double(counts.struckOut))])
    add(
      "layersearch_undecodable_messages_total", .counter, "Messages that could not be read.",
      [([:], Double(counts.undecodable))])
    add(
      "layersearch_job_duration_seconds",
      "Time from the start of an attempt that gave a result until the result was recorded.", counts.durations)
    add(
      "layersearch_dispatch_wait_seconds", "How long jobs waited for a free slot before they were handed out.",
      counts.dispatchWaits)
    add(
      "layersearch_commit_seconds", "Time that a transaction with the study's changes took until it was on disk.",
      counts.commits)
  }

  private mutating func add(_ figures: FigureMaker.Figures) {
    let numbers = figures.parts.numbers
    add(
      "layersearch_frontier_candidates", .gauge, "Candidates on the measured frontier, by the latest figures.",
      [([:], Double(numbers.frontierCandidates))])
    if let share = numbers.openShare {
      add(
        "layersearch_hypervolume_ratio", .gauge,
        "Share of the hypervolume left open by the references that the measured frontier has, by the latest figures.",
        [([:], share)])
    }
  }

  private mutating func add(_ server: ServerCounts) {
    add(
      "layersearch_http_requests_total", .counter, "Requests that were answered, by the class of their status.",
      server.answers.sorted { $0.key < $1.key }.map { (["code": "\($0.key)xx"], Double($0.value)) })
    add("layersearch_http_connections", .gauge, "Open connections of readers.", [([:], Double(server.connections))])
    add("layersearch_http_streams", .gauge, "Open streams of events.", [([:], Double(server.streams))])
    add(
      "layersearch_http_cut_off_total", .counter,
      "Readers that were cut off because they were slow, silent or endless.",
      [([:], Double(server.cutOff))])
  }

  private mutating func add(_ usage: ProcessUsage) {
    add(
      "process_cpu_seconds_total", .counter, "Processor time of this process, user and system.",
      [([:], usage.processorSeconds)])
    add("process_resident_memory_bytes", .gauge, "Resident memory.", [([:], Double(usage.residentBytes))])
    add("process_virtual_memory_bytes", .gauge, "Virtual memory.", [([:], Double(usage.virtualBytes))])
    add("process_open_fds", .gauge, "Open files, sockets and pipes.", [([:], Double(usage.openFiles))])
    add("process_max_fds", .gauge, "Maximum number of open files.", [([:], Double(usage.mostOpenFiles))])
    if let started = usage.started {
      add("process_start_time_seconds", .gauge, "Start time of this process in seconds since 1970.", [([:], started)])
    }
  }

  // MARK: The format

  private typealias Sample = (labels: [String: String], value: Double)

  private enum Kind: String { case gauge, counter }

  private mutating func add(
    _ name: StaticString, _ kind: Kind, _ help: StaticString, _ samples: [Sample]
  ) {
    guard !samples.isEmpty else { return }
    text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
    for sample in samples { text += "\(name)\(Self.labels(sample.labels)) \(Self.number(sample.value))\n" }
  }

  private mutating func add(_ name: StaticString, _ help: StaticString, _ histogram: Histogram) {
    text += "# HELP \(name) \(help)\n# TYPE \(name) histogram\n"
    var sum = 0
    for (index, count) in histogram.counts.enumerated() {
      sum += count
      let bound = index < histogram.bounds.count ? Self.number(histogram.bounds[index]) : "+Inf"
      text += "\(name)_bucket{le=\"\(bound)\"} \(sum)\n"
    }
    text += "\(name)_sum \(Self.number(histogram.sum))\n\(name)_count \(sum)\n"
  }

  private static func labels(_ labels: [String: String]) -> String {
    guard !labels.isEmpty else { return "" }
    return "{" + labels.sorted { $0.key < $1.key }.map { "\($0.key)=\"\(escaped($0.value))\"" }.joined(separator: ",")
      + "}"
  }

  private static func escaped(_ text: String) -> String {
    text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
  }

  private static func number(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
    return NumberText.shortest(value)
  }
}

/// The counts of the page's server.
struct ServerCounts: Sendable {
  /// The number of answers by the first digit of their status.
  var answers: [Int: Int] = [:]
  var connections = 0
  var streams = 0
  var cutOff = 0
}
