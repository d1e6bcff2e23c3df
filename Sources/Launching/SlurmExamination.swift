import Files
import Foundation
import ReadableText

extension SlurmPlace {
  /// Checks that Slurm's commands are there and that it would accept such a job. The script checks on the node, before
  /// a worker starts, whether the node can read the keys and reach the coordinator.
  package func examine(_ worker: WorkerInvocation) async throws(LaunchError) {
    try await findCommands()
    try checkOptions(worker)
    try checkKeys(worker.keys)
    try await checkPartition()
    try prepare(worker)
    let test = try await run(Command("sbatch", submission(of: 1, worker, isTest: true)))
    guard test.status == 0 else {
      throw .usage("Slurm refuses such a job: \(Self.refusal(test)); change the request")
    }
  }

  /// This place with memory for a study's trainings; `nil` if the user has specified the memory, or the trainings' need
  /// is not known.
  /// - Parameter bytes: the memory of a training; `nil` if it is not known.
  /// - Throws: `LaunchError` if Slurm refuses such a job.
  package func fitted(toTrainingsOf bytes: Int?, _ worker: WorkerInvocation) async throws(LaunchError) -> SlurmPlace? {
    let request = request.fitted(toTrainingsOf: bytes, slots: worker.slots)
    guard request != self.request else { return nil }
    let place = SlurmPlace(request, folder: files.folder, run: run)
    try await place.examine(worker)
    return place
  }

  /// Throws if a worker's time is up before one training is done: workers would be started for nothing, again and
  /// again.
  /// - Parameter jobSeconds: the forecast duration of a training.
  package func allow(jobSeconds: Double) throws(LaunchError) {
    guard let time = request.time, Double(time.seconds - request.leadSeconds) < jobSeconds else { return }
    let needed = SlurmTime(seconds: Int(min(jobSeconds, 1e9).rounded(.up)) + request.leadSeconds + 60)
    throw .usage(
      """
      --time \(time) is too short: a training takes about \(Readable.duration(seconds: jobSeconds)) and workers are \
      told to leave \(request.leadSeconds) s before the limit; give \(needed) or more
      """)
  }

  private func findCommands() async throws(LaunchError) {
    do {
      let result = try await run(Command("sbatch", ["--version"]))
      guard result.status == 0 else { throw LaunchError.failure("sbatch: \(result.lastLine)") }
    } catch {
      throw .failure(
        "Slurm's sbatch cannot be run here: run this on a machine from which you submit jobs (\(error))")
    }
  }

  private func checkOptions(_ worker: WorkerInvocation) throws(LaunchError) {
    if worker.options.contains(where: { $0 == "--grace" || $0.hasPrefix("--grace=") }) {
      throw .usage("with Slurm, give --grace before --: it also sets the time of the signal before the time limit")
    }
    if let working = request.workingSeconds, let time = request.time, working < 0 {
      throw .usage(
        """
        --time \(time) leaves no time to work: workers are told to leave \(request.leadSeconds) s before it, or up to \
        60 s earlier; give a longer --time, or a shorter --grace
        """)
    }
  }

  private func checkKeys(_ keys: String?) throws(LaunchError) {
    guard let keys else { return }
    for name in ["secret-key", "coordinator-key"] {
      let file = FilePath.join(keys, name)
      guard access(file, R_OK) == 0 else { throw .usage("\(file): cannot be read: \(SystemError.last)") }
    }
  }

  /// Checks the partition before a job is submitted: unless a site configures it otherwise, Slurm lets jobs wait
  /// forever that ask for more time than their partition allows.
  private func checkPartition() async throws(LaunchError) {
    let arguments = ["--noheader", "--format=%P|%a|%l"] + (request.partition.map { ["--partition=\($0)"] } ?? [])
    let result = try await run(Command("sinfo", arguments))
    guard result.status == 0 else { throw .failure("sinfo: \(result.lastLine)") }
    let partitions = try SlurmPartition.partitions(result.output)
    if let name = request.partition, !name.contains(","), !partitions.contains(where: { $0.name == name }) {
      let names = try await run(Command("sinfo", ["--noheader", "--format=%R"])).output
      let list = Set(names.split(whereSeparator: \.isNewline).map(String.init)).sorted().joined(separator: ", ")
      throw .usage("--partition \(name.inOneLine): Slurm has no partition of this name; there are \(list.inOneLine)")
    }
    // Without --partition, jobs go to the default one.
    let usable = request.partition == nil ? partitions.filter(\.isStandard) : partitions
    if !usable.isEmpty, !usable.contains(where: \.isUp) {
      throw .usage("the partition \(usable.map(\.name).joined(separator: ", ")) is disabled or accepts no jobs now")
    }
    guard let time = request.time, !usable.isEmpty else { return }
    let limits = usable.map(\.limitSeconds)
    if limits.allSatisfy({ ($0 ?? .max) < time.seconds }), let longest = limits.compactMap(\.self).max() {
      throw .usage(
        """
        --time \(time): the partition \(usable.map(\.name).joined(separator: ", ")) allows \
        \(SlurmTime(seconds: longest)) at most
        """)
    }
  }
}

/// A partition, as sinfo describes it.
struct SlurmPartition: Hashable {
  var name: String
  /// Whether jobs go here that name no partition.
  var isStandard: Bool
  var isUp: Bool
  /// `nil` if the partition has no time limit.
  var limitSeconds: Int?

  static func partitions(_ text: String) throws(LaunchError) -> [SlurmPartition] {
    var partitions: [SlurmPartition] = []
    for line in text.split(whereSeparator: \.isNewline) {
      let fields = line.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
      // Seconds come last, even if there are only two numbers.
      guard fields.count == 3, let limit = limit(fields[2]) else {
        throw .failure("sinfo: unexpected line: \(String(line).inOneLine)")
      }
      let isStandard = fields[0].hasSuffix("*")
      partitions.append(
        SlurmPartition(
          name: isStandard ? String(fields[0].dropLast()) : fields[0], isStandard: isStandard, isUp: fields[1] == "up",
          limitSeconds: limit == .max ? nil : limit))
    }
    return partitions
  }

  /// `Int.max` for no limit; `nil` if the text is not a time limit.
  private static func limit(_ text: String) -> Int? {
    text == "infinite" || text == "n/a" ? .max : SlurmTime(text)?.seconds
  }
}
