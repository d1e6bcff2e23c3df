#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Measures this process's resident memory. Keeps its file open, because later no descriptor may be free.
package struct ResidentMemory: ~Copyable {
  private let descriptor = open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
  private let pageBytes = Int(sysconf(Int32(_SC_PAGESIZE)))

  package init() {}

  /// The resident memory in bytes; 0 if it cannot be determined.
  package mutating func residentBytes() -> Int {
    var text = [UInt8](repeating: 0, count: 128)
    let count = pread(descriptor, &text, text.count, 0)
    // In pages: the whole size, then the resident part.
    let fields = text.prefix(max(0, count)).split(separator: UInt8(ascii: " "))
    guard fields.count > 1, let pages = Int(String(decoding: fields[1], as: UTF8.self)) else { return 0 }
    return pages * pageBytes
  }

  deinit { close(descriptor) }
}
