#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Ends connections to a listening socket on which a message has no end, before they take up the memory of the process.
///
/// Costs next to nothing while memory does not grow: connections are looked at only when the process has grown by
/// `growthBytes` since the last time. Belongs to one thread. Sees TCP only.
struct ConnectionWatch {
  /// Between two looks at the memory.
  static let intervalMilliseconds = 100
  private static let growthBytes = 32 << 20

  private let port: UInt16
  private var messages = UnfinishedMessages()
  private var due = ContinuousClock.now
  private var residentBytes = Self.residentBytesNow()

  /// Nil where `endpoint` is not of TCP.
  init?(endpoint: String) {
    guard endpoint.hasPrefix("tcp://"), let colon = endpoint.lastIndex(of: ":"),
      let port = UInt16(endpoint[endpoint.index(after: colon)...])
    else { return nil }
    self.port = port
  }

  mutating func noteMessage(on descriptor: Int32) { messages.noteMessage(on: descriptor) }

  /// Looks, if it is time to and memory has grown.
  mutating func attend() {
    let now = ContinuousClock.now
    guard now >= due else { return }
    due = now + .milliseconds(Self.intervalMilliseconds)
    let resident = Self.residentBytesNow()
    residentBytes = min(residentBytes, resident)
    guard resident > residentBytes + Self.growthBytes else { return }
    residentBytes = resident
    messages.look(at: Self.connections(to: port)).forEach(Self.end)
  }

  /// libzmq reads the end of the connection and closes it. Its peer is not waited for, but told at once (a reset).
  private static func end(_ descriptor: Int32) {
    var nothing = linger(l_onoff: 1, l_linger: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &nothing, socklen_t(MemoryLayout<linger>.size))
    shutdown(descriptor, Int32(SHUT_RD))
  }

  private static func residentBytesNow() -> Int {
    var text = [UInt8](repeating: 0, count: 128)
    let descriptor = open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return 0 }
    defer { close(descriptor) }
    let count = read(descriptor, &text, text.count)
    // Size, then what is resident, in pages.
    let fields = text.prefix(max(0, count)).split(separator: UInt8(ascii: " "))
    guard fields.count > 1, let pages = Int(String(decoding: fields[1], as: UTF8.self)) else { return 0 }
    return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
  }

  /// The process's connections whose own end is `port`.
  private static func connections(to port: UInt16) -> [UnfinishedMessages.Connection] {
    guard let folder = opendir("/proc/self/fd") else { return [] }
    defer { closedir(folder) }
    var found: [UnfinishedMessages.Connection] = []
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      guard let descriptor = Int32(name), let own = address(of: descriptor, getsockname), Self.port(own) == port,
        let peer = address(of: descriptor, getpeername), let bytes = bytesReceived(descriptor)
      else { continue }
      found.append(.init(descriptor: descriptor, peer: peer, bytesReceived: bytes))
    }
    return found
  }

  private static func address(
    of descriptor: Int32, _ get: (Int32, UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32
  ) -> [UInt8]? {
    var storage = sockaddr_storage()
    var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let code = withUnsafeMutablePointer(to: &storage) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { get(descriptor, $0, &size) }
    }
    guard code == 0 else { return nil }
    let families = [sa_family_t(AF_INET), sa_family_t(AF_INET6)]
    guard families.contains(storage.ss_family) else { return nil }
    return withUnsafeBytes(of: &storage) { Array($0.prefix(Int(size))) }
  }

  /// Of an address of either version of IP: after the family, the higher byte first.
  private static func port(_ address: [UInt8]) -> UInt16? {
    address.count >= 4 ? UInt16(address[2]) << 8 | UInt16(address[3]) : nil
  }

  /// `tcpi_bytes_received` of Linux's `struct tcp_info`, which the C library's header does not know.
  private static func bytesReceived(_ descriptor: Int32) -> UInt64? {
    let place = 128
    var info = [UInt8](repeating: 0, count: 256)
    var size = socklen_t(info.count)
    guard getsockopt(descriptor, Int32(IPPROTO_TCP), TCP_INFO, &info, &size) == 0, Int(size) >= place + 8 else {
      return nil
    }
    return info.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: place, as: UInt64.self) }
  }
}
