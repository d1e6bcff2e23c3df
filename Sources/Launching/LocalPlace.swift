import Files
import Processes

/// This machine: workers are processes that continue without their launcher.
package struct LocalPlace: Place {
  package let kind = PlaceKind.local
  /// The folder of the workers' folders.
  private let folder: String

  package init(_ launch: LaunchFolder) { folder = FilePath.join(launch.path, "workers") }

  package func examine(_ worker: WorkerInvocation) async throws(LaunchError) {
    _ = try await run(.examine, [worker.executable] + worker.probeArguments(keys: worker.keys))
  }

  package func start(_ count: Int, _ worker: WorkerInvocation) async throws(LaunchError) -> [PlacedWorker] {
    var next = WorkerNumbers.next(after: try await list().map(\.id), prefix: "w")
    var started: [PlacedWorker] = []
    for _ in 0..<count {
      do throws(LaunchError) {
        _ = try await run(.start, ["w\(next)", worker.executable] + worker.arguments(keys: worker.keys))
      } catch {
        // Return the workers that have begun.
        if started.isEmpty { throw error }
        break
      }
      started.append(PlacedWorker(id: "w\(next)", host: HostName.current, slots: worker.slots, state: .running))
      next += 1
    }
    return started
  }

  package func list() async throws(LaunchError) -> [PlacedWorker] {
    try await run(.list, []).output.split(separator: "\n").compactMap {
      HostScript.worker($0, host: HostName.current)
    }
  }

  package func stop(_ workers: [PlacedWorker], now: Bool) async throws(LaunchError) {
    _ = try await run(now ? .kill : .stop, workers.map(\.id))
  }

  package func log(of worker: PlacedWorker, lines: Int) async throws(LaunchError) -> String {
    try await run(.log, [worker.id, "\(lines)"]).output
  }

  private func run(_ action: HostScript.Action, _ arguments: [String]) async throws(LaunchError) -> Command.Result {
    let command = Command("sh", ["-s"], input: try HostScript.input(action, folder: folder, arguments))
    let result = try await command.run()
    guard result.status == 0 else { throw .failure(result.lastLine.withoutErrorPrefix) }
    return result
  }
}

enum WorkerNumbers {
  /// Returns one more than the highest number in names such as w7.
  static func next(after names: [String], prefix: String) -> Int {
    let numbers = names.compactMap { $0.hasPrefix(prefix) ? Int($0.dropFirst(prefix.count)) : nil }
    return (numbers.filter { $0 < Int(Int32.max) }.max() ?? 0) + 1
  }
}

extension String {
  /// An error message of layersearch, without the program's name before it.
  var withoutErrorPrefix: String {
    let prefix = "layersearch: error: "
    return hasPrefix(prefix) ? String(dropFirst(prefix.count)) : self
  }
}
