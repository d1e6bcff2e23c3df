import ArgumentParser
import Foundation
import Launching
import Processes
import ReadableText
import Terminal

struct LaunchStopCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stop",
    abstract: "Ends a launch: its launcher, and its workers, which hand back their jobs.",
    discussion: Examples.folded(
      """
      Works from any shell of the same user, also if the launcher was killed.

      Example:
        layersearch launch stop --name ssh-10.0.0.1-5555 --now
      """))

  @Option(
    help: ArgumentHelp(
      "Name of the launch (default: the only one, or the only one with a running launcher).", valueName: "name"))
  var name: String?

  @Flag(help: "End the workers at once; other workers do their jobs.")
  var now = false

  private static let patience = 90.0

  func run() async throws {
    let folder = try LaunchChoice.folder(name)
    try folder.requireOwn()
    let record = try folder.read()
    let place = try Places.place(of: record, in: folder)
    if folder.isLed { try await stopLauncher(of: folder, record) }
    var present = try await place.list().filter { $0.state.isPresent }
    let count = present.count
    if !present.isEmpty { try await place.stop(present, now: now) }
    let end = MonotonicClock.now + Self.patience
    while !present.isEmpty {
      guard MonotonicClock.now < end else {
        throw Failure.failed(
          "launch \(folder.name): \(present.count) workers are still running"
            + (now ? "" : "; end them with: layersearch launch stop --now"))
      }
      try await Task.sleep(for: .milliseconds(500))
      present = try await place.list().filter { $0.state.isPresent }
    }
    guard place.silent.isEmpty else {
      throw Failure.failed(
        "launch \(folder.name): \(count) workers left, but \(place.silent.count) places did not answer, and workers "
          + "may still run there: \(place.silent.prefix(3).joined(separator: "; "))")
    }
    StandardOutput.writeLine(
      "launch \(folder.name) is stopped" + (count == 0 ? "" : ", \(count) worker\(count == 1 ? "" : "s") left"))
  }

  /// Stops the launcher, which asks its workers to leave and ends when they have left.
  private func stopLauncher(of folder: LaunchFolder, _ record: LaunchRecord) async throws {
    guard record.host == HostName.current else {
      throw Failure.usage("the launcher of \(folder.name) runs on \(record.host); stop it there")
    }
    let known = folder.launcher
    let launcher = known?.process ?? record.processID
    // To `kill`, smaller numbers are groups of processes.
    guard launcher > 1 else {
      throw Failure.failed(
        "launch \(folder.name): its files name \(launcher) as its launcher's process, which cannot be; use kill")
    }
    // The number of signals to send; one less if the launcher was asked to stop before, because its second signal, from
    // any process, ends its workers.
    var words = (known?.isStopping == true ? 0 : 1) + (now ? 1 : 0)
    let end = MonotonicClock.now + Self.patience
    while folder.isLed {
      guard MonotonicClock.now < end else {
        throw Failure.failed(
          "launch \(folder.name): its launcher, process \(launcher), is still running"
            + (now ? "" : "; end its workers with: layersearch launch stop --now"))
      }
      if words > 0, kill(launcher, SIGTERM) != 0, errno == EPERM {
        throw Failure.failed(
          "launch \(folder.name): its launcher, process \(launcher), belongs to another user; stop it as that user")
      }
      words -= 1
      try await Task.sleep(for: .milliseconds(500))
    }
  }
}

struct LaunchLogsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "logs",
    abstract: "Prints the last lines that a worker of a launch wrote.",
    discussion: Examples.folded(
      """
      Example:
        layersearch launch logs w1 --lines 200
      """))

  @Argument(help: ArgumentHelp("The worker, as launch status names it.", valueName: "worker"))
  var worker: String

  @Option(
    help: ArgumentHelp(
      "Name of the launch (default: the only one, or the only one with a running launcher).", valueName: "name"))
  var name: String?

  @Option(help: "Number of lines.", reading: Number.whole(1...100_000))
  var lines: Int = 50

  func run() async throws {
    let folder = try LaunchChoice.folder(name)
    let place = try Places.place(of: try folder.read(), in: folder)
    let workers = try await place.list()
    guard let found = workers.first(where: { $0.id == worker }) else {
      throw Failure.usage(
        "launch \(folder.name) has no worker \(worker); list its workers with: \(LaunchAdvice.status(folder.name))")
    }
    StandardOutput.write(try await place.log(of: found, lines: lines))
  }
}

/// The launch that a command is about.
enum LaunchChoice {
  /// Returns the launch with this name; without a name the only launch, or the only one whose launcher is at work.
  static func folder(_ name: String?) throws -> LaunchFolder {
    if let name { return try LaunchFolder(name) }
    let known = LaunchFolder.known
    let led = known.filter(\.isLed)
    if let only = known.count == 1 ? known.first : led.count == 1 ? led.first : nil { return only }
    guard !known.isEmpty else { throw Failure.usage("there are no launches in \(LaunchFolder.all)") }
    let names = known.map(\.name).joined(separator: ", ").cut(toCharacters: 300)
    throw Failure.usage("there are several launches; choose one with --name (\(names))")
  }
}
