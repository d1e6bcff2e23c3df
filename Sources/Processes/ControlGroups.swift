import Files
import Foundation

/// The control groups of this process: what a container, a batch system or systemd confines it to. Supports both
/// versions of the interface. Every group up to the mounted root counts, because each confines the groups below it.
///
/// Works on texts and a root folder, so that tests can make up any machine.
package struct ControlGroups: Sendable {
  /// The groups of one hierarchy, from the process's own group up to the mount.
  private struct Hierarchy: Sendable {
    /// Empty for version 2, which has all controllers in one hierarchy.
    var controllers: Set<String>
    var isVersion2: Bool
    var folders: [String]
  }

  private let root: String
  private let hierarchies: [Hierarchy]

  /// The groups of this process.
  package static let current = ControlGroups(
    root: "", groups: read("/proc/self/cgroup") ?? "", mounts: read("/proc/self/mountinfo") ?? "")

  /// - Parameters:
  ///   - root: a folder to prefix to every path; empty for this machine.
  ///   - groups: the text of `/proc/self/cgroup`.
  ///   - mounts: the text of `/proc/self/mountinfo`.
  package init(root: String, groups: String, mounts: String) {
    self.root = root
    let mounted = mounts.split(separator: "\n").compactMap(Mount.init)
    hierarchies = groups.split(separator: "\n").compactMap { line in
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
      guard parts.count == 3 else { return nil }
      let controllers = Set(parts[1].split(separator: ",").map(String.init))
      let isVersion2 = parts[0] == "0" && controllers.isEmpty
      let mount = mounted.first {
        isVersion2 ? $0.type == "cgroup2" : $0.type == "cgroup" && !$0.options.isDisjoint(with: controllers)
      }
      guard let mount else { return nil }
      return Hierarchy(controllers: controllers, isVersion2: isVersion2, folders: mount.folders(of: parts[2]))
    }
  }

  /// A line of mountinfo: number, parent, device, root, mount point, options, optional fields, a dash, type, source,
  /// options.
  private struct Mount {
    var root: String
    var point: String
    var type: String
    var options: Set<String>

    init?(_ line: Substring) {
      let fields = line.split(separator: " ").map { Self.unescaped(String($0)) }
      guard let dash = fields.firstIndex(of: "-"), dash >= 6, fields.count > dash + 3 else { return nil }
      (root, point, type) = (fields[3], fields[4], fields[dash + 1])
      options = Set(fields[dash + 3].split(separator: ",").map(String.init))
    }

    /// Space, tab, newline and backslash are written as three octal digits.
    private static func unescaped(_ text: String) -> String {
      text.replacing("\\040", with: " ").replacing("\\011", with: "\t").replacing("\\012", with: "\n").replacing(
        "\\134", with: "\\")
    }

    /// The folders of a group, from its own up to the mount point. A container's mount shows only its own part of the
    /// tree; groups above it cannot be seen.
    func folders(of group: String) -> [String] {
      var below = group
      if root != "/" {
        if group == root || group.hasPrefix(root + "/") {
          below = String(group.dropFirst(root.count))
        } else {
          // The path is of another namespace: take the top of the mount for the process's group.
          below = ""
        }
      }
      var parts = below.split(separator: "/").map(String.init).filter { $0 != ".." }
      var folders: [String] = []
      while true {
        folders.append(([point] + parts).joined(separator: "/"))
        guard !parts.isEmpty else { return folders }
        parts.removeLast()
      }
    }
  }

  /// A limit, and the file that sets it.
  package struct Limit: Hashable, Codable, Sendable {
    package var value: Double
    package var file: String
  }

  // MARK: Limits

  /// The smallest limit of processor time, in processors, possibly a fraction; `nil` without a limit.
  package var processors: Limit? {
    var least: Limit?
    func add(_ quota: Double, _ period: Double, _ file: String) {
      guard quota > 0, period > 0, least.map({ quota / period < $0.value }) ?? true else { return }
      least = Limit(value: quota / period, file: file)
    }
    for hierarchy in hierarchies {
      for folder in hierarchy.folders {
        if hierarchy.isVersion2 {
          let words = words("\(folder)/cpu.max")
          if words.count >= 2, let quota = Double(words[0]), let period = Double(words[1]) {
            add(quota, period, "\(folder)/cpu.max")
          }
        } else if hierarchy.controllers.contains("cpu") {
          let file = "\(folder)/cpu.cfs_quota_us"
          if let quota = words(file).first.flatMap(Double.init),
            let period = words("\(folder)/cpu.cfs_period_us").first.flatMap(Double.init)
          {
            add(quota, period, file)
          }
        }
      }
    }
    return least
  }

  /// The smallest number of processors that the groups may run on; `nil` if no group tells.
  package var allowedProcessors: Limit? {
    hierarchies.flatMap { hierarchy -> [Limit] in
      guard hierarchy.isVersion2 || hierarchy.controllers.contains("cpuset") else { return [] }
      // The first file of version 1 also lists only the processors that are there, but not all kernels have it.
      let names = hierarchy.isVersion2 ? ["cpuset.cpus.effective"] : ["cpuset.effective_cpus", "cpuset.cpus"]
      return hierarchy.folders.flatMap { folder in
        names.compactMap { name in
          let file = "\(folder)/\(name)"
          guard let list = words(file).first, let count = UsableProcessors.count(inList: list) else { return nil }
          return Limit(value: Double(count), file: file)
        }
      }
    }.min { $0.value < $1.value }
  }

  /// The smallest memory limit in bytes; `nil` without a limit.
  package var memory: Limit? {
    memoryFolders.flatMap { folder, isVersion2 in
      (isVersion2 ? ["memory.max"] : ["memory.limit_in_bytes"]).compactMap { name -> Limit? in
        let file = "\(folder)/\(name)"
        // Version 1 writes "no limit" as a whole number of pages that no machine has.
        guard let bytes = words(file).first.flatMap(Double.init), bytes > 0, bytes < 1e18 else { return nil }
        return Limit(value: bytes, file: file)
      }
    }.min { $0.value < $1.value }
  }

  /// The number of processes of these groups that the kernel has killed so far for lack of memory. Only an increase is
  /// meaningful.
  package var memoryKills: Int {
    memoryFolders.reduce(0) { sum, entry in
      let file = "\(entry.folder)/\(entry.isVersion2 ? "memory.events" : "memory.oom_control")"
      let lines = (Self.read(root + file) ?? "").split(separator: "\n")
      let number = lines.first { $0.hasPrefix("oom_kill ") }?.split(separator: " ").last.flatMap { Int($0) }
      return sum + (number ?? 0)
    }
  }

  private var memoryFolders: [(folder: String, isVersion2: Bool)] {
    hierarchies.filter { $0.isVersion2 || $0.controllers.contains("memory") }.flatMap { hierarchy in
      hierarchy.folders.map { ($0, hierarchy.isVersion2) }
    }
  }

  private func words(_ file: String) -> [String] {
    (Self.read(root + file) ?? "").split(whereSeparator: \.isWhitespace).map(String.init)
  }

  private static func read(_ file: String) -> String? { KernelFile.text(file) }
}
