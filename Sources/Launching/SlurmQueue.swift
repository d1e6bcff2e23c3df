import ReadableText

/// A job, or a task of an array, as squeue or sacct lists it.
package struct SlurmRow: Hashable, Sendable {
  /// `123` or `123_4`.
  package var id: String
  /// Slurm's word, such as `PENDING`.
  package var state: String
  package var nodes: String?
  package var reason: String?

  package init(id: String, state: String, nodes: String? = nil, reason: String? = nil) {
    self.id = id
    self.state = state
    self.nodes = nodes
    self.reason = reason
  }

  /// Gives one line per job or task, including ended ones as long as the controller keeps them.
  package static let queueArguments = ["--noheader", "--array", "--states=all", "--format=%i|%T|%N|%r"]
  /// Gives one line for each time that a job was queued, the last one last.
  package static let accountArguments = [
    "--noheader", "--parsable2", "--allocations", "--duplicates", "--format=JobID,State,NodeList,Reason",
  ]

  /// - Parameter program: the program that wrote the text, for the error.
  package static func rows(_ text: String, of program: String) throws(LaunchError) -> [SlurmRow] {
    var rows: [SlurmRow] = []
    for line in text.split(whereSeparator: \.isNewline) {
      let fields = line.split(separator: "|", maxSplits: 3, omittingEmptySubsequences: false).map(String.init)
      // sacct appends to the state who cancelled a job.
      guard fields.count == 4, fields[0].first?.isNumber == true, let state = fields[1].split(separator: " ").first,
        state.allSatisfy({ $0.isUppercase || $0 == "_" })
      else {
        throw .failure("\(program): unexpected line: \(String(line).inOneLine)")
      }
      // Skip other kinds of this user's jobs: 123+0 is a part of a heterogeneous one.
      guard isID(fields[0]) else { continue }
      rows.append(
        SlurmRow(
          id: fields[0], state: String(state), nodes: ["", "None assigned"].contains(fields[2]) ? nil : fields[2],
          reason: ["", "None"].contains(fields[3]) ? nil : fields[3]))
    }
    return rows
  }

  private static func isID(_ text: String) -> Bool {
    // sacct lists all waiting tasks of an array as 123_[4-7].
    let parts = text.split(separator: "_", omittingEmptySubsequences: false)
    return (1...2).contains(parts.count) && parts[0].allSatisfy(\.isNumber) && !parts.contains("")
  }

  /// Parses the output of `sbatch --parsable`: the number, then a semicolon and the cluster.
  package static func jobNumber(_ output: String) throws(LaunchError) -> Int {
    let line = output.split(whereSeparator: \.isNewline).last ?? ""
    guard let number = line.split(separator: ";").first.flatMap({ Int($0) }), number > 0 else {
      throw .failure("sbatch: no job number in its output: \(String(line).inOneLine)")
    }
    return number
  }
}
