import Foundation

/// A kernel control group made for one test; `nil` if a test may not make any. Supports version 1, and version 2 with
/// its controllers in one tree.
final class ConfinedGroup {
  private let folders: [String]
  private let isVersion2: Bool

  /// The controllers in use; version 1 has a tree for each.
  private static let controllers = ["cpu", "cpuset", "memory"]
  private static let root = "/sys/fs/cgroup"

  static let canBeMade: Bool = ConfinedGroup() != nil

  init?() {
    let name = "layersearch-\(UUID().uuidString)"
    isVersion2 = access("\(Self.root)/cgroup.controllers", F_OK) == 0
    folders = isVersion2 ? ["\(Self.root)/\(name)"] : Self.controllers.map { "\(Self.root)/\($0)/\(name)" }
    for folder in folders where mkdir(folder, 0o755) != 0 { return nil }
    if isVersion2 {
      let there = (try? String(contentsOfFile: "\(folders[0])/cgroup.controllers", encoding: .utf8)) ?? ""
      guard Set(there.split(whereSeparator: \.isWhitespace).map(String.init)).isSuperset(of: Self.controllers) else {
        return nil
      }
    } else {
      // A process can enter a cpuset of version 1 only if both are set.
      for file in ["cpuset.cpus", "cpuset.mems"] {
        guard let all = try? String(contentsOfFile: "\(Self.root)/cpuset/\(file)", encoding: .utf8),
          write(all, to: file, of: "cpuset")
        else { return nil }
      }
    }
  }

  /// Removes the group once it is empty, which takes the kernel a moment after the end of the last process.
  deinit {
    for folder in folders {
      var attempts = 500
      while rmdir(folder) != 0, errno == EBUSY, attempts > 0 {
        usleep(10_000)
        attempts -= 1
      }
    }
  }

  func limit(processors: Double) -> Bool {
    let quota = Int(processors * 100_000)
    return isVersion2
      ? write("\(quota) 100000", to: "cpu.max", of: "cpu") : write("\(quota)", to: "cpu.cfs_quota_us", of: "cpu")
  }

  func limit(memory bytes: Int) -> Bool {
    write("\(bytes)", to: isVersion2 ? "memory.max" : "memory.limit_in_bytes", of: "memory")
  }

  func allow(processors list: String) -> Bool { write(list, to: "cpuset.cpus", of: "cpuset") }

  /// The number of processes in the group that were killed for lack of memory.
  var memoryKills: Int {
    let file = "\(folder(of: "memory"))/\(isVersion2 ? "memory.events" : "memory.oom_control")"
    let lines = ((try? String(contentsOfFile: file, encoding: .utf8)) ?? "").split(separator: "\n")
    return lines.first { $0.hasPrefix("oom_kill ") }?.split(separator: " ").last.flatMap { Int($0) } ?? 0
  }

  func run(_ arguments: String..., in place: Place) throws -> RunningCommand {
    let enters = folders.map { "echo $$ >'\($0)/cgroup.procs' && " }.joined()
    return try RunningCommand(
      ["-c", "\(enters)exec \"$0\" \"$@\"", RunningCommand.executable.path] + arguments, in: place,
      executable: URL(fileURLWithPath: "/bin/sh"))
  }

  func folder(of controller: String) -> String {
    isVersion2 ? folders[0] : folders[Self.controllers.firstIndex(of: controller) ?? 0]
  }

  private func write(_ text: String, to file: String, of controller: String) -> Bool {
    (try? text.write(toFile: "\(folder(of: controller))/\(file)", atomically: false, encoding: .utf8)) != nil
  }
}
