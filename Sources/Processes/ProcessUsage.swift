import Files
import Foundation

/// What this process takes of the machine, now.
package struct ProcessUsage: Sendable, Hashable {
  /// User and system.
  package var processorSeconds: Double
  package var residentBytes: Int
  package var virtualBytes: Int
  package var openFiles: Int
  package var mostOpenFiles: Int
  /// Seconds since 1970; nil where the system does not tell.
  package var started: Double?

  package init() {
    var usage = rusage()
    // RUSAGE_SELF, whose type differs between C libraries.
    let itself: Int32 = 0
    _ = getrusage(itself, &usage)
    processorSeconds = Self.seconds(usage.ru_utime) + Self.seconds(usage.ru_stime)
    // Pages: the whole size, then what is resident.
    let pages = (KernelFile.text("/proc/self/statm") ?? "").split(separator: " ").compactMap { Int($0) }
    let pageBytes = sysconf(Int32(_SC_PAGESIZE))
    virtualBytes = (pages.first ?? 0) * pageBytes
    residentBytes = (pages.dropFirst().first ?? 0) * pageBytes
    openFiles = Folder.names(in: "/proc/self/fd").count
    var limit = rlimit()
    _ = getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    mostOpenFiles = Int(clamping: limit.rlim_cur)
    started = Self.beginning
  }

  private static func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) * 1e-6 }

  /// From the system's boot, in ticks: field 22 of `stat`, the 20th behind the name, which may have blanks.
  private static let beginning: Double? = {
    guard let text = KernelFile.text("/proc/self/stat"), let name = text.lastIndex(of: ")"),
      let system = KernelFile.text("/proc/stat")
    else { return nil }
    let fields = text[text.index(after: name)...].split(separator: " ")
    let boot = system.split(separator: "\n").first { $0.hasPrefix("btime ") }.flatMap { Double($0.dropFirst(6)) }
    guard fields.count > 19, let ticks = Double(fields[19]), let boot else { return nil }
    return boot + ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
  }()
}
