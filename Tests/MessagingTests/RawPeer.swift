import Foundation

/// Speaks ZMTP 3.0 without keys by hand (rfc.zeromq.org/spec/23), to send what libzmq never sends: messages without an
/// end, ids that only a router may assign, and partial handshakes.
final class RawPeer: @unchecked Sendable {
  // Safe to share: holds only a number, which is passed to system calls.
  private let descriptor: Int32

  /// Connects and sends nothing yet. `nil` if the connection is refused.
  init?(port: UInt16) {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    let code = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard code == 0 else { return nil }
  }

  /// Connects and performs the handshake. An empty id leaves the choice to the router.
  convenience init?(port: UInt16, id: [UInt8]) {
    self.init(port: port)
    guard introduce(id: id) else { return nil }
  }

  deinit { close(descriptor) }

  static let greeting: [UInt8] = {
    let start: [UInt8] = [0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 0] + Array("NULL".utf8)
    return start + [UInt8](repeating: 0, count: 64 - start.count)
  }()

  /// Performs the handshake. Returns `false` if the other side closed the connection.
  @discardableResult
  func introduce(id: [UInt8]) -> Bool {
    func property(_ name: String, _ value: [UInt8]) -> [UInt8] {
      [UInt8(name.utf8.count)] + Array(name.utf8) + [0, 0, 0, UInt8(value.count)] + value
    }
    let ready =
      [5] + Array("READY".utf8) + property("Socket-Type", Array("DEALER".utf8)) + property("Identity", id)
    guard write(Self.greeting + [4, UInt8(ready.count)] + ready) > 0 else { return false }
    // Reads the other side's part of the handshake, which precedes its messages.
    guard let theirs = read(64 + 2), let length = theirs.last else { return false }
    return read(Int(length)) != nil
  }

  /// Waits for `count` bytes; `nil` if the other side closes the connection before.
  private func read(_ count: Int) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: count)
    var taken = 0
    while taken < count {
      let received = bytes[taken...].withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
      guard received > 0 else { return nil }
      taken += received
    }
    return bytes
  }

  /// Returns the bytes of a message on the wire.
  static func wire(_ frames: [[UInt8]]) -> [UInt8] {
    var bytes: [UInt8] = []
    for (index, frame) in frames.enumerated() {
      let more: UInt8 = index < frames.count - 1 ? 1 : 0
      if frame.count > 255 {
        bytes += [2 | more] + (0..<8).map { UInt8(truncatingIfNeeded: frame.count >> (56 - 8 * $0)) }
      } else {
        bytes += [more, UInt8(frame.count)]
      }
      bytes += frame
    }
    return bytes
  }

  /// Sends all bytes, and waits for that. Returns the number of bytes sent, which is smaller if the other side closed
  /// the connection.
  @discardableResult
  func write(_ bytes: [UInt8]) -> Int {
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes {
        Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { break }
      sent += count
    }
    return sent
  }

  /// Repeats a part of a message until `atMost` bytes are sent or the other side closes the connection. Returns the
  /// number of bytes sent.
  func write(endlessly frame: [UInt8], atMost: Int) -> Int {
    let block = (0..<max(1, 65536 / frame.count)).flatMap { _ in frame }
    var sent = 0
    while sent < atMost {
      let count = write(block)
      sent += count
      if count < block.count { break }
    }
    return sent
  }

  /// Whether the other side has closed the connection. Reads and discards what it sent.
  var isOver: Bool {
    var bytes = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = recv(descriptor, &bytes, bytes.count, Int32(MSG_DONTWAIT))
      if count > 0 { continue }
      return count == 0 || (errno != EAGAIN && errno != EINTR)
    }
  }
}
