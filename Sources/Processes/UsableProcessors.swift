import Files
import Foundation

/// The number of processors that this process may keep busy: those that it may run on, limited by the processor time of
/// its control groups and by what a batch system granted it.
package struct UsableProcessors: Hashable, Sendable {
  /// At least 1.
  package let count: Int
  /// The number of processors of the machine that are online.
  package let online: Int
  /// Why `count` is less than `online`; `nil` if it is not.
  package let reason: String?

  package static var current: UsableProcessors {
    UsableProcessors(
      online: max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))), affinity: affinity,
      allowed: ControlGroups.current.allowedProcessors, quota: ControlGroups.current.processors,
      grant: Grant(ProcessInfo.processInfo.environment))
  }

  /// What a batch system granted this process, whether or not the kernel enforces it.
  package struct Grant: Hashable, Sendable {
    /// At least 1.
    package var processors: Int
    /// The environment variable that contains the number.
    package var variable: String

    /// Slurm's grant for the task or, for a job with one task per node, for the node; `nil` outside of Slurm jobs.
    package init?(_ environment: [String: String]) {
      guard environment["SLURM_JOB_ID"] != nil else { return nil }
      for variable in ["SLURM_CPUS_PER_TASK", "SLURM_CPUS_ON_NODE"] {
        guard let count = environment[variable].flatMap({ Int($0) }), count > 0 else { continue }
        (processors, self.variable) = (count, variable)
        return
      }
      return nil
    }
  }

  /// - Parameters:
  ///   - affinity: the number of processors that the process may run on, which its control groups limit too; `nil` if
  ///     the
  ///     system does not tell.
  ///   - allowed: the number of processors that its control groups allow. If `affinity` is the same number, it comes
  ///     from
  ///     there.
  ///   - quota: its control groups' limit of processor time.
  ///   - grant: a batch system's grant.
  package init(
    online: Int, affinity: Int?, allowed: ControlGroups.Limit? = nil, quota: ControlGroups.Limit?, grant: Grant? = nil
  ) {
    let affinity = affinity ?? allowed.map { Int($0.value) }
    self.online = online
    // A fraction of a processor still keeps one more slot busy at times, and no slots could do no work at all.
    let timed = quota.map { max(1, Int(min($0.value, 1e6).rounded(.up))) }
    count = max(1, [online, affinity, timed, grant?.processors].compactMap(\.self).min() ?? 1)
    if let grant, grant.processors == count, count < [online, affinity, timed].compactMap(\.self).min() ?? online {
      reason = grant.variable
    } else if let quota, timed == count, count < min(online, affinity ?? online) {
      reason = quota.file
    } else if let affinity, affinity < online {
      reason = allowed.flatMap { Int($0.value) == affinity ? $0.file : nil } ?? "its processor affinity"
    } else {
      reason = nil
    }
  }

  /// `2 cores`, or `2 cores, of which this process may use 1 (cpu.max …)`.
  package var text: String {
    let all = "\(online) core\(online == 1 ? "" : "s")"
    return reason.map { "\(all), of which this process may use \(count) (\($0))" } ?? all
  }

  private static var affinity: Int? {
    processors(inStatus: KernelFile.text("/proc/self/status") ?? "")
  }

  /// Reads the text of `/proc/self/status`, which has a line such as `Cpus_allowed_list: 0-3,8`. The C library's
  /// function for this is not available from Swift.
  package static func processors(inStatus text: String) -> Int? {
    let name = "Cpus_allowed_list:"
    guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix(name) }) else { return nil }
    return count(inList: line.dropFirst(name.count))
  }

  /// The number of processors in a list such as `0-3,8`; `nil` if it is not such a list.
  static func count(inList list: some StringProtocol) -> Int? {
    var count = 0
    for range in list.split(whereSeparator: { $0 == "," || $0.isWhitespace }) {
      let ends = range.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
      guard let first = ends.first ?? nil, let last = ends.last ?? nil, ends.count <= 2, first >= 0, last >= first,
        last < 1 << 20
      else { return nil }
      count += last - first + 1
    }
    return count > 0 ? count : nil
  }
}
