import Foundation
import Processes
import SearchProtocol
import Synchronization
import TestSupport
import Testing

@testable import Services

@Suite("spools")
struct SpoolTests {
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
      #expect(other.adopt(study: "a/b").isEmpty)
    }
    try place.write("{", to: "spool/one/broken.json")
    do {
      let next = try Spool(root: root, worker: "three")
      let adopted = next.adopt(study: "a/b")
      #expect(Set(adopted) == [report(1), report(3)])
      for report in adopted { next.discard(report.reference, study: report.study) }
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: root).isEmpty)
  }

  @Test("weights go where their report goes, and what has no report goes")
  func weights() throws {
    let place = try Place()
    let root = place.path("spool")
    let report = AttemptReport(
      reference: AttemptReference(job: 1, attempt: 2), study: "s", outcome: .failed(reason: "x"))
    do {
      let first = try Spool(root: root, worker: "one")
      try first.store(report)
      try place.write("weights", to: "spool/one/s.1.2.weights")
      try place.write("left", to: "spool/one/s.7.1.weights")
      #expect(first.weightsPath(of: report.reference, study: "s") == "\(root)/one/s.1.2.weights")
    }
    do {
      let next = try Spool(root: root, worker: "two")
      #expect(next.adopt(study: "s") == [report])
      #expect(FileManager.default.fileExists(atPath: next.weightsPath(of: report.reference, study: "s")))
      #expect(!FileManager.default.fileExists(atPath: "\(root)/one"))
      next.discard(report.reference, study: "s")
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: root).isEmpty)
  }

  @Test("what is no spool is let alone, whatever its name")
  func others() throws {
    let place = try Place()
    let name = "scratch/\(WorkerIdentity.plainHostName)-results"
    let files = ["settings.json", "download.partial", "model.weights"].map { "\(name)/\($0)" }
    try FileManager.default.createDirectory(atPath: place.path(name), withIntermediateDirectories: true)
    for file in files { try place.write("precious", to: file) }
    #expect(try Spool(root: place.path("scratch"), worker: "one").adopt(study: "a").isEmpty)
    #expect(files.allSatisfy { place.exists($0) } && !place.exists("\(name)/lock"))
  }

  @Test("a spool on a shared file system takes over folders of its own host only")
  func sharedSpool() throws {
    let place = try Place()
    let root = place.path("spool")
    let report = AttemptReport(
      reference: AttemptReference(job: 1, attempt: 1), study: "a", outcome: .failed(reason: "none"))
    let (one, two) = (HostIdentity(name: "node", machine: "1"), HostIdentity(name: "node", machine: "2"))
    do { try Spool(root: root, worker: "node-1-a", host: one).store(report) }
    // As if the other machine's lock were not visible from here.
    #expect(try Spool(root: root, worker: "node-1-b", host: two).adopt(study: "a").isEmpty)
    #expect(try Spool(root: root, worker: "node-1-c", host: one).adopt(study: "a") == [report])
  }

  @Test("a spool that an earlier version left is taken over by the host that it is named after")
  func oldSpool() throws {
    let place = try Place()
    let root = place.path("spool")
    let report = AttemptReport(
      reference: AttemptReference(job: 1, attempt: 1), study: "a", outcome: .failed(reason: "none"))
    for (name, isOwn) in [("elsewhere-1-a", false), ("\(WorkerIdentity.plainHostName)-1-a", true)] {
      do { try Spool(root: root, worker: name).store(report) }
      try FileManager.default.removeItem(atPath: "\(root)/\(name)/host")
      #expect(try Spool(root: root, worker: "new").adopt(study: "a").isEmpty == !isOwn, "\(name)")
    }
  }

  @Test("a worker takes over what belongs to its study; the rest waits for a worker of its own, and is listed")
  func spoolOfSeveralStudies() throws {
    let place = try Place()
    let root = place.path("spool")
    func report(_ study: String, _ job: Int64) -> AttemptReport {
      AttemptReport(reference: AttemptReference(job: job, attempt: 1), study: study, outcome: .failed(reason: "none"))
    }
    do {
      let first = try Spool(root: root, worker: "one")
      for (study, job) in [("a", 1), ("a", 2), ("b", 1)] as [(String, Int64)] { try first.store(report(study, job)) }
      #expect(Spool.waiting(in: root).isEmpty, "they are a living worker's")
    }
    #expect(Spool.waiting(in: root).map(\.study) == ["a", "b"])
    do {
      let other = try Spool(root: root, worker: "two")
      #expect(other.adopt(study: "c").isEmpty)
      #expect(other.adopt(study: "b") == [report("b", 1)])
      #expect(Spool.waiting(in: root).map(\.count) == [2])
      // Welcomed by the coordinator of another study, the worker releases the reports.
      other.release(study: "b")
      let third = try Spool(root: root, worker: "three")
      #expect(third.adopt(study: "b") == [report("b", 1)])
      third.discard(report("b", 1).reference, study: "b")
    }
    #expect(Spool.waiting(in: root).map(\.study) == ["a"])
    // A report that is a month old is not adopted.
    let left = "\(root)/one/a.1.1.json"
    var times = [timeval(tv_sec: time(nil) - 31 * 86_400, tv_usec: 0), timeval(tv_sec: 0, tv_usec: 0)]
    times[1] = times[0]
    #expect(utimes(left, times) == 0)
    let last = try Spool(root: root, worker: "four")
    #expect(last.adopt(study: "a") == [report("a", 2)])
  }

  @Test(
    "whatever lies in a dead worker's spool: nothing is waited for, followed, or read without a bound",
    .timeLimit(.minutes(10)))
  func strangeSpool() throws {
    let place = try Place()
    let root = place.path("spool")
    let report = AttemptReport(
      reference: AttemptReference(job: 1, attempt: 1), study: "a", outcome: .failed(reason: "none"))
    do { try Spool(root: root, worker: "one").store(report) }
    let dead = "\(root)/one"
    #expect(mkfifo("\(dead)/a.2.1.json", 0o600) == 0)
    #expect(symlink("/dev/zero", "\(dead)/a.3.1.json") == 0)
    try place.write("secret", to: "elsewhere")
    #expect(symlink(place.path("elsewhere"), "\(dead)/a.4.1.json") == 0)
    for name in ["a.5.1.json", "strange.json"] {
      let descriptor = open("\(dead)/\(name)", O_WRONLY | O_CREAT, 0o600)
      #expect(ftruncate(descriptor, 3_000_000_000) == 0)
      close(descriptor)
    }
    for number in 0..<5000 { try place.write("{", to: "spool/one/a.\(number + 10).1.json") }
    let next = try Spool(root: root, worker: "two")
    #expect(next.adopt(study: "a") == [report])
    #expect(try FileManager.default.contentsOfDirectory(atPath: root) == ["two"])
    #expect(place.exists("elsewhere"))
    // A lock file that is a pipe, or a link to another place.
    for name in ["x", "y"] {
      try FileManager.default.createDirectory(atPath: "\(root)/\(name)", withIntermediateDirectories: true)
    }
    for name in ["x", "y"] { try place.write("\(HostIdentity.current)\n", to: "spool/\(name)/host") }
    #expect(mkfifo("\(root)/x/lock", 0o600) == 0)
    #expect(symlink(place.path("made"), "\(root)/y/lock") == 0)
    #expect(next.adopt(study: "a").isEmpty && Spool.waiting(in: root).isEmpty)
    #expect(!place.exists("made"))
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
}
