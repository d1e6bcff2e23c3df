import Foundation

/// What a worker's script wrote about itself: a line when it begins, when it is told to leave, when it cannot work and
/// when it ends, for each time that Slurm started it.
package struct SlurmRecord: Hashable, Sendable {
  package struct Run: Hashable, Sendable {
    package var since: Date
    /// The number of processors that Slurm granted; `nil` if it did not say.
    package var processors: Int?
    package var host: String
    /// The worker's process.
    package var processID: Int?
    /// `time-limit`, `stop` or `end` if the worker was told to leave.
    package var told: String?
    /// Why the worker cannot work there.
    package var failure: String?
    /// The worker's exit code.
    package var ended: Int?
  }

  package var runs: [Run] = []

  package init() {}

  /// Ignores a truncated line, as a node that dies leaves it.
  package init(_ text: String) {
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ", maxSplits: 1).map(String.init)
      guard words.count == 2 else { continue }
      if words[0] == "started" {
        let fields = words[1].split(separator: " ", maxSplits: 2).map(String.init)
        guard fields.count == 3, let seconds = Double(fields[0]), let processors = Int(fields[1]) else { continue }
        runs.append(
          Run(
            since: Date(timeIntervalSince1970: seconds),
            processors: SlurmAllocation.processorCounts.contains(processors) ? processors : nil,
            host: fields[2]))
      } else if !runs.isEmpty {
        let last = runs.count - 1
        switch words[0] {
        case "at": runs[last].processID = Int(words[1])
        case "told": runs[last].told = words[1]
        case "failed": runs[last].failure = words[1]
        case "ended": runs[last].ended = Int(words[1])
        default: break
        }
      }
    }
  }
}
