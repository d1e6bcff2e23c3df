import Foundation
import SearchCore
import SearchProtocol
import Synchronization
import Testing

@testable import layersearch

@Suite("pieces of the command line")
struct PiecesTests {
  private let facts = ProgressFacts(
    settled: 37, expected: 120, failed: 1, running: 2, workers: 1, ratePerSecond: 1.4, secondsLeft: 59.3,
    best: .init(accuracy: 0.7134, parameterRatio: 0.61), denseAccuracy: 0.722)

  @Test("progress fits every width, and tells more where there is room", arguments: 20...200)
  func progressFits(width: Int) {
    let bar = facts.bar(width: width)
    #expect(bar.count <= width)
    #expect(bar.contains("37/120"))
    if width >= 120 {
      for fact in ["1 failed", "2 running", "60 s left", "71.3 %", "1.4/s", "dense 72.2 %", "█"] {
        #expect(bar.contains(fact), "\(fact)")
      }
    }
  }

  @Test("a bar is empty at first and full at the end")
  func barEnds() {
    #expect(ProgressBar.text(done: 0, of: 3, columns: 5) == "▕     ▏")
    #expect(ProgressBar.text(done: 3, of: 3, columns: 5) == "▕█████▏")
    #expect(ProgressBar.text(done: 1, of: 0, columns: 2) == "▕  ▏")
    for done in 0...100 { #expect(ProgressBar.text(done: done, of: 100, columns: 7).count == 9) }
  }

  @Test("durations, rates and sizes are told in fitting units")
  func units() {
    #expect(Readable.duration(seconds: 3.2) == "4 s")
    #expect(Readable.duration(seconds: 600) == "10 min")
    #expect(Readable.duration(seconds: 12_000) == "3 h 20 min")
    #expect(Readable.duration(seconds: 200_000) == "2 d 7 h")
    #expect(Readable.duration(seconds: .infinity) == "unknown")
    #expect(Readable.rate(perSecond: 2.5) == "2.5/s")
    #expect(Readable.rate(perSecond: 0.2) == "12/min")
    #expect(Readable.rate(perSecond: 0.01) == "36.0/h")
    #expect(Readable.bytes(999) == "999 B")
    #expect(Readable.bytes(172_099_608) == "172 MB")
    #expect(Readable.fixed(-0.04, digits: 1) == "0.0")
    #expect(Readable.fixed(1.005, digits: 1) == "1.0")
    #expect(Readable.percent(0.5) == "50.0 %")
  }

  @Test("only endpoints that stay on this machine are local")
  func localEndpoints() {
    for endpoint in ["tcp://127.0.0.1:1", "tcp://127.8.8.8:*", "tcp://localhost:5", "tcp://[::1]:5", "ipc:///tmp/x"] {
      #expect(Endpoint.isLocal(endpoint))
    }
    for endpoint in [
      "tcp://*:1", "tcp://0.0.0.0:1", "tcp://10.0.0.1:1", "tcp://[::]:1", "tcp://eth0:1", "udp://127.0.0.1:1",
    ] {
      #expect(!Endpoint.isLocal(endpoint))
    }
  }

  @Test("a spool keeps what was not acknowledged for the next worker, and leaves living workers alone")
  func spool() throws {
    let place = try Place()
    let root = place.path("spool")
    func report(_ job: Int64) -> AttemptReport {
      AttemptReport(
        reference: AttemptReference(job: job, attempt: 1), study: "a/b", outcome: .failed(reason: "job \(job)"))
    }
    do {
      let first = try Spool(root: root, worker: "one")
      for job in 1...3 { try first.store(report(Int64(job))) }
      first.discard(report(2).reference, study: "a/b")
      let other = try Spool(root: root, worker: "two")
      #expect(other.adopted.isEmpty)
    }
    try place.write("{", to: "spool/one/broken.json")
    do {
      let next = try Spool(root: root, worker: "three")
      #expect(Set(next.adopted) == [report(1), report(3)])
      for report in next.adopted { next.discard(report.reference, study: report.study) }
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: root).isEmpty)
  }

  @Test("workers that start and leave at the same moment do not take each other's folders")
  func spoolsOfOneMoment() throws {
    let place = try Place()
    let root = place.path("spool")
    let failures = Mutex<[String]>([])
    DispatchQueue.concurrentPerform(iterations: 400) { worker in
      do { _ = try Spool(root: root, worker: "worker\(worker)") } catch {
        failures.withLock { $0.append("\(error)") }
      }
    }
    #expect(failures.withLock { $0 } == [])
    #expect(try FileManager.default.contentsOfDirectory(atPath: root).isEmpty)
  }

  @Test("time left follows from the latest endings")
  func timeLeft() {
    let trial = Trial(candidate: .dense, replicate: 0)
    var progress = StudyProgress(jobs: [])
    #expect(progress.rate(now: 5) == nil)
    for job in 1...4 {
      progress.apply(.jobAdded(JobRecord(id: Int64(job), trial: trial, seed: 1)), now: 10)
      progress.apply(.attemptStarted(job: Int64(job), attempt: 1, worker: "w"), now: 10)
    }
    #expect(progress.running.count == 4)
    progress.apply(.jobSetAside(job: 1, reason: ""), now: 12)
    progress.apply(.attemptEnded(job: 2, attempt: 1, ending: .lost, reason: ""), now: 12)
    #expect(progress.running == [3, 4])
    #expect(progress.settledJobs == 1)
    #expect(progress.rate(now: 20) == 0.1)
    #expect(progress.secondsLeft(expected: 4, now: 20) == 30)
  }
}
