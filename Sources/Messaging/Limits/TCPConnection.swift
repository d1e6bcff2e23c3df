#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Ends TCP connections.
package enum TCPConnection {
  /// Ends a connection at once: what its peer sent and was not read yet is discarded. The descriptor stays open.
  package static func reset(_ descriptor: Int32) {
    var unspecified = sockaddr()
    unspecified.sa_family = sa_family_t(AF_UNSPEC)
    if connect(descriptor, &unspecified, socklen_t(MemoryLayout<sockaddr>.size)) != 0 {
      shutdown(descriptor, Int32(SHUT_RDWR))
    }
  }
}

/// The byte counters of a TCP connection in Linux (`struct tcp_info`, whose newer fields the C library's header lacks).
package struct TCPTraffic {
  package var received: UInt64
  /// The number of sent bytes that the other side's kernel has acknowledged.
  package var acknowledged: UInt64

  /// `nil` if the descriptor is not a TCP socket any more.
  package init?(_ descriptor: Int32) {
    var info = [UInt8](repeating: 0, count: 256)
    var size = socklen_t(info.count)
    guard getsockopt(descriptor, Int32(IPPROTO_TCP), TCP_INFO, &info, &size) == 0, size >= 136 else { return nil }
    // tcpi_bytes_acked and tcpi_bytes_received.
    acknowledged = info.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: 120, as: UInt64.self) }
    received = info.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: 128, as: UInt64.self) }
  }
}
