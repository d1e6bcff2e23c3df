import ArgumentParser
import Foundation
import Launching
import ReadableText
import Terminal

struct LaunchStatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Shows launches: each worker with its state, since when, and why.",
    discussion: Examples.folded(
      """
      States: pending (requested, with the place's reason), running, leaving, done, cancelled, preempted, node \
      failure, time limit, out of memory, failed.

      Examples:
        layersearch launch status
        layersearch launch status --name slurm-10.0.0.1-5555 --json
      """))

  @Option(help: ArgumentHelp("Show only this launch (default: all).", valueName: "name"))
  var name: String?

  @Flag(help: "Print one JSON object.")
  var json = false

  func run() async throws {
    let folders = try name.map { [try LaunchFolder($0)] } ?? LaunchFolder.known
    var launches: [LaunchView] = []
    var problems: [any Error] = []
    for folder in folders {
      do { launches.append(try await LaunchView(folder)) } catch { problems.append(error) }
    }
    if launches.isEmpty, let first = problems.first { throw first }
    for problem in problems { StandardError.shared.writeLine("layersearch: warning: \(problem)") }
    if json { return try JSONOutput.print(["launches": launches]) }
    guard !launches.isEmpty else { return StandardOutput.writeLine("no launches in \(LaunchFolder.all)") }
    for launch in launches { for line in launch.lines { StandardOutput.writeLine(line) } }
  }
}

/// A launch as `launch status` shows it.
struct LaunchView: Encodable {
  struct Worker: Encodable {
    var id: String
    var state: String
    var host: String?
    var process: Int?
    var slots: Int?
    /// In ISO 8601.
    var since: String?
    var reason: String?
  }

  var name: String
  var kind: String
  var connect: String
  var wanted: String
  /// The process of the launcher; omitted if none is at work.
  var launcherProcess: Int32?
  var launcherHost: String?
  var workers: [Worker] = []
  /// The reason why the place's workers cannot be listed.
  var problem: String?

  init(_ folder: LaunchFolder) async throws {
    let record = try folder.read()
    name = folder.name
    kind = record.kind.rawValue
    connect = record.worker.connect
    wanted = "\(record.workers)"
    if folder.isLed {
      launcherProcess = folder.launcher?.process ?? record.processID
      launcherHost = record.host
    }
    do throws(LaunchError) {
      workers = try await Places.place(of: record, in: folder).list().map { worker in
        Worker(
          id: worker.id, state: worker.state.word, host: worker.host, process: worker.processID,
          slots: worker.slots ?? record.worker.slots,
          since: worker.since.map { TimeText.iso($0.timeIntervalSince1970) }, reason: worker.state.reason?.inOneLine)
      }
    } catch {
      problem = "\(error)"
    }
  }

  var lines: [String] {
    let launcher = launcherProcess.map { "its launcher is process \($0)" } ?? "no launcher is running"
    let head = "launch \(name): \(kind), \(wanted) workers for \(connect); \(launcher)"
    if let problem { return [head, "  the workers cannot be listed: \(problem)"] }
    guard !workers.isEmpty else { return [head, "  no workers"] }
    // Text is left-aligned.
    let rows =
      [["WORKER", "STATE", "HOST", "SLOTS", "SINCE", "REASON"]]
      + workers.map { worker in
        [
          worker.id, worker.state, worker.host ?? "", worker.slots.map { "\($0)" } ?? "", worker.since ?? "",
          worker.reason ?? "",
        ]
      }
    let widths = (0..<6).map { column in rows.map { $0[column].count }.max() ?? 0 }
    return [head]
      + rows.map { row in
        let cells = zip(row, widths).map { $0.padding(toLength: $1, withPad: " ", startingAt: 0) }
        let line = "  " + cells.joined(separator: "  ")
        return String(line.reversed().drop { $0 == " " }.reversed())
      }
  }
}
