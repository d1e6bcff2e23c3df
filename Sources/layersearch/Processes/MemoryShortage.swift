import Foundation

/// Whether this machine, or the group of processes that this one is confined to, ran out of memory.
enum MemoryShortage {
  /// Processes that the kernel has killed for lack of memory so far, as far as it tells: of the whole machine and of this
  /// control group. Only its growth means something.
  static var kills: Int {
    let machine = number(named: "oom_kill", in: "/proc/vmstat") ?? 0
    let groups = groupFolders.map { folder in
      number(named: "oom_kill", in: "\(folder)/memory.events") ?? number(
        named: "oom_kill", in: "\(folder)/memory.oom_control")
        ?? 0
    }
    return machine + groups.reduce(0, +)
  }

  /// Memory that is to be had at most, in bytes; nil where the system does not tell.
  static var limit: Int? {
    var limits = [number(named: "MemTotal:", in: "/proc/meminfo").map { $0 * 1024 }]
    for folder in groupFolders {
      for file in ["memory.max", "memory.limit_in_bytes"] {
        limits.append((try? String(contentsOfFile: "\(folder)/\(file)", encoding: .utf8)).flatMap(firstNumber))
      }
    }
    return limits.compactMap(\.self).min()
  }

  /// Whether a process that somebody killed was most likely killed for lack of memory.
  /// - Parameters:
  ///   - killsBefore: `kills` when it began.
  ///   - peakBytes: the most that it had resident.
  static func isSuspected(killsBefore: Int, peakBytes: Int) -> Bool {
    if kills > killsBefore { return true }
    guard let limit else { return false }
    return peakBytes > limit / 10 * 8
  }

  /// This process's own control groups for memory, in both versions of the interface.
  private static let groupFolders: [String] = {
    guard let text = try? String(contentsOfFile: "/proc/self/cgroup", encoding: .utf8) else { return [] }
    return text.split(separator: "\n").compactMap { line in
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3 else { return nil }
      if parts[0] == "0", parts[1].isEmpty { return "/sys/fs/cgroup\(parts[2])" }
      return parts[1].split(separator: ",").contains("memory") ? "/sys/fs/cgroup/memory\(parts[2])" : nil
    }
  }()

  /// From a file with lines `name number …`.
  private static func number(named name: String, in file: String) -> Int? {
    guard let text = try? String(contentsOfFile: file, encoding: .utf8) else { return nil }
    for line in text.split(separator: "\n") where line.hasPrefix(name + " ") {
      return firstNumber(String(line.dropFirst(name.count)))
    }
    return nil
  }

  private static func firstNumber(_ text: String) -> Int? {
    text.split(whereSeparator: { $0 == " " || $0 == "\n" }).first.flatMap { Int($0) }
  }
}
