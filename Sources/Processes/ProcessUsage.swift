import Files
import Foundation

/// The resources that this process uses now.
package struct ProcessUsage: Sendable, Hashable {
  /// User and system time.
  package var processorSeconds: Double
  package var residentBytes: Int
  package var virtualBytes: Int
  package var openFiles: Int
  package var mostOpenFiles: Int
  /// Seconds since 1970; `nil` if the system does not tell.
  package var started: Double?

  package init() {
    var usage = rusage()
    // RUSAGE_SELF, whose type differs between C libraries.
    let itself: Int32 = 0
    _ = getrusage(itself, &usage)
    processorSeconds = Self.seconds(usage.ru_utime) + Self.seconds(usage.ru_stime)
    // In pages: the whole size, then the resident part.
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

  /// The start in ticks since boot is field 22 of `stat`, the 20th after the name, which may contain spaces.
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
