import Foundation
import Processes
import SearchCore
import StudyViews
import TestSupport
import Testing

@testable import StudyPages
@testable import StudyServer

@Suite("metrics", .serialized)
struct MetricsTests {
  private func metrics() async throws -> String {
    let served = try await ServedStudy.make()
    served.begin()
    served.tell(
      [
        .jobFinished(job: 1, attempt: 1, worker: "w1", result: ServedStudy.result(0.6)),
        .attemptStarted(job: 2, attempt: 1, worker: "w1"), .attemptEnded(job: 2, attempt: 1, .lost(reason: "gone")),
      ], at: 1042)
    return try await served.get("/metrics").body
  }

  @Test("numbers are those of the study, each with its help and its type")
  func numbers() async throws {
    let text = try await metrics()
    for line in [
      "layersearch_jobs{state=\"waiting\"} 20", "layersearch_jobs{state=\"set_aside\"} 1",
      "layersearch_jobs_expected 27", "layersearch_study_paused 0", "layersearch_struck_out_results_total 0",
      "layersearch_attempts_total{ending=\"finished\"} 1",
      "layersearch_attempts_total{ending=\"lost\"} 1", "layersearch_attempts_total{ending=\"failed\"} 0",
      "layersearch_workers{state=\"working\"} 1", "layersearch_slots 2",
      "layersearch_job_duration_seconds_bucket{le=\"30\"} 0", "layersearch_job_duration_seconds_bucket{le=\"60\"} 1",
      "layersearch_job_duration_seconds_bucket{le=\"+Inf\"} 1", "layersearch_job_duration_seconds_sum 42",
      "layersearch_job_duration_seconds_count 1", "layersearch_dispatch_wait_seconds_count 2",
      "layersearch_commit_seconds_count 2", "# TYPE layersearch_commit_seconds histogram",
      "# TYPE process_cpu_seconds_total counter",
    ] { #expect(text.contains(line + "\n"), "\(line)") }
    let names = Set(
      text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map { $0.prefix { $0 != "{" && $0 != " " } })
    for name in names {
      let base = ["_bucket", "_sum", "_count"].reduce(String(name)) {
        $0.hasSuffix($1) ? String($0.dropLast($1.count)) : $0
      }
      #expect(text.contains("# HELP \(base) ") || text.contains("# HELP \(name) "), "\(name)")
      #expect(text.contains("# TYPE \(base) ") || text.contains("# TYPE \(name) "), "\(name)")
    }
    #expect(text.hasSuffix("\n") && !text.contains("\n\n"))
  }

  @Test("Prometheus' own tool finds nothing wrong with them", .enabled(if: MetricsTests.hasTool))
  func promtool() async throws {
    let place = try Place()
    try place.write(try await metrics(), to: "metrics")
    let said = try shell("promtool check metrics < '\(place.path("metrics"))' 2>&1; echo \"ended $?\"")
    #expect(said == "ended 0\n", "\(said)")
  }

  static let hasTool = (try? shell("command -v promtool"))?.isEmpty == false

  @Test("a histogram counts each value once, at its bound or below")
  func histogram() {
    var histogram = Histogram(bounds: [1, 2])
    for value in [0.5, 1, 1.5, 2, 2.5, .nan, .infinity] { histogram.add(value) }
    #expect(histogram.counts == [2, 2, 1] && histogram.count == 5 && histogram.sum == 7.5)
  }
}
