import ReadableText

/// What Slurm is asked for, for each worker.
package struct SlurmRequest: Codable, Hashable, Sendable {
  /// Nil: the site's standard limit.
  package var time: SlurmTime?
  package var partition: String?
  package var account: String?
  package var qos: String?
  package var constraint: String?
  /// Bytes; nil: the site's standard, or all that a node has where whole nodes are asked for.
  package var memoryPerSlot: Int?
  /// How long a worker that is told to leave goes on with trainings that end in it.
  package var graceSeconds: Double
  /// More options of sbatch, which stand last.
  package var options: [String]

  package init(
    time: SlurmTime? = nil, partition: String? = nil, account: String? = nil, qos: String? = nil,
    constraint: String? = nil, memoryPerSlot: Int? = nil, graceSeconds: Double = standardGraceSeconds,
    options: [String] = []
  ) {
    self.time = time
    self.partition = partition
    self.account = account
    self.qos = qos
    self.constraint = constraint
    self.memoryPerSlot = memoryPerSlot
    self.graceSeconds = graceSeconds
    self.options = options
  }

  /// Below the 30 s (`KillWait`) that most sites leave a preempted or cancelled job after its first signal.
  package static let standardGraceSeconds = 20.0

  /// Seconds before the time limit at which a worker is told to leave: its grace, and time for results to arrive and
  /// processes to end. Slurm may be up to 60 s early with it, never late.
  package var leadSeconds: Int { Int(graceSeconds.rounded(.up)) + 15 }

  /// Seconds that a worker works for certain; nil without a time limit of its own.
  package var workingSeconds: Int? { time.map { $0.seconds - leadSeconds - 60 } }

  /// With memory for a study's trainings where its user asks for none of his own: half as much again as one takes,
  /// for final trainings have more images, and for the worker beside them. Whole nodes have all that there is.
  /// - Parameters:
  ///   - bytes: what a training takes; nil where that is not known.
  ///   - slots: of each worker; nil for whole nodes.
  package func fitted(toTrainingsOf bytes: Int?, slots: Int?) -> SlurmRequest {
    guard let bytes, let slots, memoryPerSlot == nil, !options.contains(where: { $0.hasPrefix("--mem") }) else {
      return self
    }
    var request = self
    request.memoryPerSlot = bytes / 2 * 3 + Self.workerBytes / slots
    return request
  }

  private static let workerBytes = 300 << 20

  /// As a launch keeps it; `init(settings:)` reads it.
  package var settings: [String: String] {
    var settings = ["grace": "\(graceSeconds)"]
    settings["time"] = time?.description
    settings["partition"] = partition
    settings["account"] = account
    settings["qos"] = qos
    settings["constraint"] = constraint
    settings["memory-per-slot"] = memoryPerSlot.map(String.init)
    // No option of sbatch has a line break in it.
    settings["sbatch"] = options.isEmpty ? nil : options.joined(separator: "\n")
    return settings
  }

  package init(settings: [String: String]) {
    self.init(
      time: settings["time"].flatMap { SlurmTime($0) }, partition: settings["partition"], account: settings["account"],
      qos: settings["qos"], constraint: settings["constraint"],
      memoryPerSlot: settings["memory-per-slot"].flatMap { Int($0) },
      graceSeconds: settings["grace"].flatMap { Double($0) }.flatMap { (0...86_400).contains($0) ? $0 : nil }
        ?? Self.standardGraceSeconds,
      options: settings["sbatch"]?.split(separator: "\n").map(String.init) ?? [])
  }

  /// Arguments of sbatch.
  /// - Parameters:
  ///   - count: workers, a task of an array each where there are several.
  ///   - slots: processors of each; nil: whole nodes.
  package func submission(
    of count: Int, slots: Int?, name: String, script: String, logs: String, isTest: Bool = false
  ) -> [String] {
    var words = [isTest ? "--test-only" : "--parsable", "--job-name=\(name)", "--nodes=1", "--ntasks=1"]
    if let slots {
      words.append("--cpus-per-task=\(slots)")
    } else {
      words.append("--exclusive")
    }
    if let memoryPerSlot {
      words.append("--mem-per-cpu=\((memoryPerSlot + 1_048_575) / 1_048_576)M")
    } else if slots == nil {
      words.append("--mem=0")
    }
    if let time { words.append("--time=\(time)") }
    let named = [("partition", partition), ("account", account), ("qos", qos), ("constraint", constraint)]
    for case (let option, let value?) in named { words.append("--\(option)=\(value)") }
    // A percent sign begins what Slurm replaces.
    let file = "\(logs.replacing("%", with: "%%"))/\(count > 1 ? "%A_%a" : "%j").log"
    // To the script alone, which tells the worker, once. TERM reaches all processes of a job that is cancelled or
    // preempted.
    words += [
      "--requeue", "--open-mode=append", "--output=\(file)",
      "--signal=B:\(SlurmScript.timeLimitSignal)@\(min(leadSeconds, 65_535))",
    ]
    words += options
    if count > 1 { words.append("--array=0-\(count - 1)") }
    return words + [script]
  }
}
