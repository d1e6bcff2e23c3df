#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What this process takes up of the machine's memory. Keeps its file open: there may be none left later.
package struct ResidentMemory: ~Copyable {
  private let descriptor = open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
  private let pageBytes = Int(sysconf(Int32(_SC_PAGESIZE)))

  package init() {}

  /// 0 where it cannot be known.
  package mutating func residentBytes() -> Int {
    var text = [UInt8](repeating: 0, count: 128)
    let count = pread(descriptor, &text, text.count, 0)
    // Size, then what is resident, in pages.
    let fields = text.prefix(max(0, count)).split(separator: UInt8(ascii: " "))
    guard fields.count > 1, let pages = Int(String(decoding: fields[1], as: UTF8.self)) else { return 0 }
    return pages * pageBytes
  }

  deinit { close(descriptor) }
}
