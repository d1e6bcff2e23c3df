import ReadableText
import TextInput

/// What a launch requests from Slurm for each worker.
package struct SlurmRequest: Codable, Hashable, Sendable {
  /// `nil` for the site's default limit.
  package var time: SlurmTime?
  package var partition: String?
  package var account: String?
  package var qos: String?
  package var constraint: String?
  /// `nil` if the user has not specified it: the site's default, unless it is fitted to a study's trainings.
  package var memory: SlurmMemory?
  /// How long a worker that is told to leave goes on with trainings that end within this time.
  package var graceSeconds: Double
  /// More options of sbatch, which come last.
  package var options: [String]

  package init(
    time: SlurmTime? = nil, partition: String? = nil, account: String? = nil, qos: String? = nil,
    constraint: String? = nil, memory: SlurmMemory? = nil, graceSeconds: Double = standardGraceSeconds,
    options: [String] = []
  ) {
    self.time = time
    self.partition = partition
    self.account = account
    self.qos = qos
    self.constraint = constraint
    self.memory = memory
    self.graceSeconds = graceSeconds
    self.options = options
  }

  /// Less than the 30 s (`KillWait`) that most sites give a preempted or cancelled job after its first signal.
  package static let standardGraceSeconds = 20.0

  /// The number of seconds before the time limit at which a worker is told to leave: its grace, and time for results to
  /// arrive and processes to end. Slurm may send the signal up to 60 s early, never late.
  package var leadSeconds: Int { Int(graceSeconds.rounded(.up)) + 15 }

  /// The number of seconds that a worker is sure to work; `nil` without a time limit of its own.
  package var workingSeconds: Int? { time.map { $0.seconds - leadSeconds - 60 } }

  /// This request with memory for a study's trainings, if the user asks for none: a quarter more than a training takes,
  /// plus a share of the worker's own memory. Whole nodes have all the memory that there is.
  /// - Parameters:
  ///   - bytes: the memory of a training; `nil` if it is not known.
  ///   - slots: the slots of each worker; `nil` for whole nodes.
  package func fitted(toTrainingsOf bytes: Int?, slots: Int?) -> SlurmRequest {
    let asksItself = options.contains { option in
      option == "--mem" || ["--mem=", "--mem-per-"].contains { option.hasPrefix($0) }
    }
    guard let bytes, let slots, memory == nil, !asksItself else { return self }
    var request = self
    request.memory = .perSlot(bytes: bytes / 4 * 5 + Self.workerBytes / slots)
    return request
  }

  private static let workerBytes = 300 << 20

  /// The key of `memory` in a launch's settings.
  package static let memorySetting = "memory-per-slot"

  /// This request as a launch's settings, which `init(settings:)` reads.
  package var settings: [String: String] {
    var settings = ["grace": "\(graceSeconds)"]
    settings["time"] = time?.description
    settings["partition"] = partition
    settings["account"] = account
    settings["qos"] = qos
    settings["constraint"] = constraint
    settings[Self.memorySetting] = memory?.description
    // No option of sbatch contains a line break.
    settings["sbatch"] = options.isEmpty ? nil : options.joined(separator: "\n")
    return settings
  }

  package init(settings: [String: String]) {
    self.init(
      time: settings["time"].flatMap { SlurmTime($0) }, partition: settings["partition"], account: settings["account"],
      qos: settings["qos"], constraint: settings["constraint"],
      memory: settings[Self.memorySetting].flatMap { SlurmMemory($0) },
      graceSeconds: settings["grace"].flatMap { Double($0) }.flatMap { (0...86_400).contains($0) ? $0 : nil }
        ?? Self.standardGraceSeconds,
      options: settings["sbatch"]?.split(separator: "\n").map(String.init) ?? [])
  }

  /// The arguments of sbatch.
  /// - Parameters:
  ///   - count: the number of workers; several become the tasks of an array.
  ///   - slots: the processors of each worker; `nil` for whole nodes.
  package func submission(
    of count: Int, slots: Int?, name: String, script: String, logs: String, isTest: Bool = false
  ) -> [String] {
    var words = [isTest ? "--test-only" : "--parsable", "--job-name=\(name)", "--nodes=1", "--ntasks=1"]
    if let slots {
      words.append("--cpus-per-task=\(slots)")
    } else {
      words.append("--exclusive")
    }
    if case .perSlot(let bytes) = memory {
      words.append("--mem-per-cpu=\((bytes + 1_048_575) / 1_048_576)M")
    } else if slots == nil {
      words.append("--mem=0")
    }
    if let time { words.append("--time=\(time)") }
    let named = [("partition", partition), ("account", account), ("qos", qos), ("constraint", constraint)]
    for case (let option, let value?) in named { words.append("--\(option)=\(value)") }
    // A percent sign begins a placeholder of Slurm.
    let file = "\(logs.replacing("%", with: "%%"))/\(count > 1 ? "%A_%a" : "%j").log"
    // The signal goes to the script alone, which tells the worker, once. It is not TERM, which reaches all processes of
    // a cancelled or preempted job.
    words += [
      "--requeue", "--open-mode=append", "--output=\(file)",
      "--signal=B:\(SlurmScript.timeLimitSignal)@\(min(leadSeconds, 65_535))",
    ]
    words += options
    if count > 1 { words.append("--array=0-\(count - 1)") }
    return words + [script]
  }
}

/// The memory of a slot in Slurm.
package enum SlurmMemory: Codable, Hashable, Sendable, LosslessStringConvertible {
  case perSlot(bytes: Int)
  /// The site's default, or all memory of a node if whole nodes are requested.
  case site

  package init?(_ text: String) {
    if text == "site" {
      self = .site
    } else if let bytes = MemorySize(text)?.bytes {
      self = .perSlot(bytes: bytes)
    } else {
      return nil
    }
  }

  package static let allowed = "a size such as 800MB, 4GB, 4GiB or plain bytes, or `site` for the site's own"

  package var description: String {
    switch self {
    case .perSlot(let bytes): "\(bytes)"
    case .site: "site"
    }
  }
}
