#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The machine's memory, and the resident memory of processes.
public enum ProcessMemory {
  /// The largest resident memory of this process so far, in bytes: Linux's `VmHWM`, else `ru_maxrss`; 0 if neither is
  /// available.
  public static func peakBytes() -> Int {
    // Linux's ru_maxrss survives exec: a child would report its parent's peak.
    peakFromStatus() ?? peakFromResourceUsage()
  }

  /// The machine's memory in bytes; `nil` if the system does not tell.
  package static func physicalBytes() -> Int? {
    let (pages, size) = (sysconf(Int32(_SC_PHYS_PAGES)), sysconf(Int32(_SC_PAGESIZE)))
    return pages > 0 && size > 0 ? pages * size : nil
  }

  /// The current and the largest resident memory of another process, in bytes; `nil` if it has ended or the system does
  /// not tell.
  public static func bytes(of processID: Int32) -> (resident: Int, peak: Int)? {
    guard let resident = status(of: "\(processID)", "VmRSS:"), let peak = status(of: "\(processID)", "VmHWM:") else {
      return nil
    }
    return (resident, peak)
  }

  private static func peakFromStatus() -> Int? { status(of: "self", "VmHWM:") }

  private static func status(of process: String, _ name: String) -> Int? {
    guard let file = fopen("/proc/\(process)/status", "r") else { return nil }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 256)
    while fgets(&line, Int32(line.count), file) != nil {
      let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      guard text.hasPrefix(name) else { continue }
      return Int(text.filter { "0"..."9" ~= $0 }).map { $0 * 1024 }
    }
    return nil
  }

  private static func peakFromResourceUsage() -> Int {
    var usage = rusage()
    #if canImport(Darwin)
      let unit = 1
    #else
      let unit = 1024
    #endif
    // RUSAGE_SELF, whose type differs between C libraries.
    let itself: Int32 = 0
    return getrusage(itself, &usage) == 0 ? Int(usage.ru_maxrss) * unit : 0
  }
}
