import BasisEngine
import Engines
import Files
import Foundation
import ImageData
import Messaging
import Processes
import ReadableText
import StudyStore

/// What `doctor` finds out about this machine.
package struct MachineExamination: Encodable {
  /// The processor's name as the system reports it.
  package static var processor: String { ProcessorDescription.name }

  package enum State: String, Encodable {
    case good
    /// Works, but could be better.
    case advice
    /// Studies cannot run like this.
    case missing
  }

  package struct Finding: Encodable {
    package var subject: String
    package var state: State
    package var text: String

    package var line: String {
      let mark =
        switch state {
        case .good: "✓"
        case .advice: "!"
        case .missing: "✗"
        }
      return "\(mark) \(subject.padding(toLength: 10, withPad: " ", startingAt: 0)) \(text)"
    }
  }

  package let version = Version.number
  /// The kernels and the OpenBLAS core type of a training started here; `nil` if none can run.
  package let kernelVariant: String?
  let openblasCoreType: String?
  /// The value that OPENBLAS_CORETYPE should have; `nil` if the loaded core type fits.
  package let betterCoreType: String?
  let zeromqVersion: String
  let sqliteVersion: String
  let freeDiskBytes: Int?
  /// The number of processors of the machine.
  package let cores: Int
  /// The number of processors that a process started here may use.
  package let usableCores: Int
  /// The most memory that a process started here may have.
  package let memoryBytes: Int?
  /// The limits of this process's control groups, with the files that state them; `nil` without a limit. In order:
  /// processor time in processors, processors that it may run on, bytes.
  let processorTimeLimit: ControlGroups.Limit?
  let processorsLimit: ControlGroups.Limit?
  let memoryLimit: ControlGroups.Limit?
  package let dataValid: Bool
  package let findings: [Finding]

  package init(dataFolder: String) {
    var findings: [Finding] = []
    func add(_ subject: String, _ state: State, _ text: String) {
      findings.append(Finding(subject: subject, state: state, text: text))
    }

    let processors = UsableProcessors.current
    cores = processors.online
    usableCores = processors.count
    add("processor", .good, "\(ProcessorDescription.name), \(processors.text), \(ProcessorDescription.features)")
    memoryBytes = MemoryShortage.limit
    if let text = MemoryShortage.text { add("memory", .good, text) }
    let groups = ControlGroups.current
    processorTimeLimit = groups.processors
    processorsLimit = groups.allowedProcessors
    memoryLimit = groups.memory
    let variant = Result { () throws(KernelSelectionError) in try KernelSelection.variantDescription() }
    kernelVariant = try? variant.get()
    switch variant {
    case .success(let text): add("kernels", .good, String(text.prefix { $0 != "+" }))
    case .failure(let error): add("kernels", .missing, error.description)
    }
    openblasCoreType = OpenBLASEnvironment.loadedCoreType
    betterCoreType = OpenBLASEnvironment.betterCoreType
    if let openblasCoreType {
      if let betterCoreType {
        add(
          "OpenBLAS", .advice,
          "\(openblasCoreType) kernels, which leave AVX-512 unused; workers set OPENBLAS_CORETYPE=\(betterCoreType) "
            + "for their engines themselves; for other programs, set it in your shell")
      } else {
        add("OpenBLAS", .good, "\(openblasCoreType) kernels, which fit this processor")
      }
    }
    zeromqVersion = ZeroMQLibrary.version
    add("ZeroMQ", .good, zeromqVersion + (ZeroMQLibrary.hasCurve ? ", with encryption" : ", without encryption"))
    sqliteVersion = SQLiteLibrary.version ?? "does not work"
    add("SQLite", .good, sqliteVersion)
    // The folder in which studies are created.
    freeDiskBytes = FreeSpace.bytes(at: ".")
    if let freeDiskBytes {
      add(
        "disk", freeDiskBytes < 1_000_000_000 ? .advice : .good, "\(Readable.bytes(freeDiskBytes)) free in this folder")
    }
    let report = Result { () throws(ImageDataError) in try DataPlaces.report(on: dataFolder) }
    dataValid = (try? report.get()) != nil
    switch report {
    case .success(let report):
      let kind = report.authenticity.text(set: report.set)
      add(report.set, .good, "\(dataFolder): \(kind), content \(report.contentHash.prefix(12))…")
    case .failure(let error): add(DataPlace(dataFolder).set.rawValue, .advice, error.description)
    }
    add("shapes10", .good, "embedded, content \(DataContent.shapes10.identity)")
    for waiting in Spool.waiting(in: Spool.standardFolder) {
      add(
        "spool", .advice,
        "\(waiting.count) results of study \(waiting.study) were not delivered, the oldest for "
          + "\(Readable.duration(seconds: waiting.oldestAge)), in \(Spool.standardFolder); a worker of that study "
          + "delivers them; after 30 days they are removed")
    }
    self.findings = findings
  }
}

/// The processor as the system describes it.
enum ProcessorDescription {
  package static var name: String { value(of: "model name") ?? "unknown processor" }

  /// The vector instructions that matter to the kernels.
  package static var features: String {
    let flags = Set((value(of: "flags") ?? "").split(separator: " ").map(String.init))
    let wanted = ["avx2", "fma", "avx512f", "avx512bw", "avx512dq", "avx512vl", "avx512_bf16"]
    let found = wanted.filter(flags.contains)
    return found.isEmpty ? "no vector instructions known" : found.joined(separator: " ")
  }

  private static func value(of key: String) -> String? {
    guard let text = KernelFile.text("/proc/cpuinfo") else { return nil }
    for line in text.split(separator: "\n") where line.hasPrefix(key) {
      guard let colon = line.firstIndex(of: ":") else { continue }
      return line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
    }
    return nil
  }
}
