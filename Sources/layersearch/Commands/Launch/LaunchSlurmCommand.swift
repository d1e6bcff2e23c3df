import ArgumentParser
import Launching
import TextInput

struct LaunchSlurmCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "slurm",
    abstract: "Starts workers as Slurm jobs.",
    discussion: Examples.folded(
      """
      Run it where you submit jobs. A worker is a job on one node, with a slot per core that Slurm grants: --slots of \
      them or, without --slots, all of the node. The program and --keys must be in folders that the nodes share. A \
      worker is told to hand back its jobs --grace and 15 s before its time limit; a job that is preempted, or whose \
      node fails, is queued again. Inside an allocation, --inside starts workers on its nodes with srun.

      Examples:
        layersearch launch slurm --connect tcp://login1:5555 --keys keys/worker-1 --workers 2:50 --time 2:00:00 \
      --partition short
        layersearch launch slurm --connect tcp://login1:5555 --workers 4 --inside
      """))

  @Option(
    help: ArgumentHelp(
      "Time limit of a worker, in Slurm's format (default: the partition's).", valueName: "time"),
    transform: Number.value(SlurmTime.allowed) { SlurmTime($0) })
  var time: SlurmTime?

  @Option(help: ArgumentHelp("Partitions to run in.", valueName: "names"))
  var partition: String?

  @Option(help: ArgumentHelp("Account to charge.", valueName: "name"))
  var account: String?

  @Option(help: ArgumentHelp("Quality of service.", valueName: "name"))
  var qos: String?

  @Option(help: ArgumentHelp("Features that nodes must have, such as avx512.", valueName: "features"))
  var constraint: String?

  @Option(
    help: ArgumentHelp(
      """
      Memory of each slot, or 'site' for the site's default (default: by what the study's trainings take, if the \
      coordinator knows that and --slots is given; whole nodes have all of theirs).
      """, valueName: "size"),
    transform: Number.value(SlurmMemory.allowed) { SlurmMemory($0) })
  var memoryPerSlot: SlurmMemory?

  @Option(
    help: ArgumentHelp(
      """
      Time that a worker has to finish trainings after it is told to leave; those that would take longer are handed \
      back. At most 1h.
      """, valueName: "time"),
    reading: TimeSpan.init(option:))
  var grace: TimeSpan = TimeSpan(seconds: SlurmRequest.standardGraceSeconds)

  @Option(
    help: ArgumentHelp(
      "One more option for sbatch, such as --sbatch=--nice=10; may be given several times.", valueName: "option"))
  var sbatch: [String] = []

  @Flag(help: "Start workers inside the current allocation, one per node.")
  var inside = false

  @OptionGroup var options: LaunchOptions

  func validate() throws {
    let named = [("--partition", partition), ("--account", account), ("--qos", qos), ("--constraint", constraint)]
    for (option, value) in named + sbatch.map({ ("--sbatch", $0) }) {
      guard let value else { continue }
      if value.isEmpty || value.contains(where: \.isNewline) {
        throw ValidationError("\(option) needs a value of one line")
      }
    }
    if let wrong = sbatch.first(where: { !$0.hasPrefix("-") || $0 == "-" || $0 == "--" }) {
      throw ValidationError("--sbatch \(wrong): an option of sbatch begins with -, such as --sbatch=--nice=10")
    }
    if grace.seconds > 3600 { throw ValidationError("--grace must be at most 1h") }
    let requests: [Any?] = [time, partition, account, qos, constraint, memoryPerSlot]
    if inside, requests.contains(where: { $0 != nil }) || !sbatch.isEmpty {
      throw ValidationError(
        "--inside uses the current allocation; leave out --time, --partition and other options of an allocation")
    }
  }

  func run() async throws {
    let request = SlurmRequest(
      time: time, partition: partition, account: account, qos: qos, constraint: constraint,
      memory: memoryPerSlot, graceSeconds: grace.seconds, options: sbatch)
    var settings = request.settings
    if inside {
      guard let job = SlurmAllocation.current() else {
        throw Failure.usage("--inside: not in an allocation of Slurm; start one with salloc or sbatch")
      }
      settings[SlurmAllocation.jobSetting] = "\(job)"
    }
    try await runLaunch(.slurm, options, settings: settings, executable: try OwnExecutable.path())
  }
}
