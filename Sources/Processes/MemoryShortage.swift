import Files
import Foundation
import ReadableText

/// Whether this machine, or the control groups of this process, ran out of memory.
package enum MemoryShortage {
  /// The number of processes that the kernel has killed so far for lack of memory, on the whole machine and in this
  /// process's control groups, as far as the kernel tells. Only an increase is meaningful.
  package static var kills: Int {
    (number(named: "oom_kill", in: "/proc/vmstat") ?? 0) + ControlGroups.current.memoryKills
  }

  /// The most memory available to this process, in bytes: the machine's, or the limit of a control group; `nil` if the
  /// system does not tell.
  package static var limit: Int? {
    [machine, ControlGroups.current.memory.map { Int($0.value) }].compactMap(\.self).min()
  }

  /// The machine's memory, in bytes.
  package static var machine: Int? { number(named: "MemTotal:", in: "/proc/meminfo").map { $0 * 1024 } }

  /// `16 GB`, or `16 GB, of which this process may have 2 GB (…/memory.max)`.
  package static var text: String? {
    guard let machine else { return nil }
    guard let group = ControlGroups.current.memory, Int(group.value) < machine else { return Readable.bytes(machine) }
    let (all, allowed) = (Readable.bytes(machine), Readable.bytes(Int(group.value)))
    return "\(all), of which this process may have \(allowed) (\(group.file))"
  }

  /// Whether a process that was killed from outside was most likely killed for lack of memory.
  /// - Parameters:
  ///   - killsBefore: the value of `kills` when the process began.
  ///   - peakBytes: the process's largest resident memory.
  package static func isSuspected(killsBefore: Int, peakBytes: Int) -> Bool {
    if kills > killsBefore { return true }
    guard let limit else { return false }
    return peakBytes > limit / 10 * 8
  }

  /// Reads from a file with lines `name number …`.
  private static func number(named name: String, in file: String) -> Int? {
    guard let text = KernelFile.text(file) else { return nil }
    for line in text.split(separator: "\n") where line.hasPrefix(name + " ") {
      return firstNumber(String(line.dropFirst(name.count)))
    }
    return nil
  }

  private static func firstNumber(_ text: String) -> Int? {
    text.split(whereSeparator: { $0 == " " || $0 == "\n" }).first.flatMap { Int($0) }
  }
}
