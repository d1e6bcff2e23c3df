#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What has been opened: writing to it until all is there.
public enum Descriptor {
  /// Writes all bytes, also where they are taken in pieces, where a signal interrupts, or where the descriptor does not block and
  /// is full for now.
  /// - Returns: 0, or what the system said (`errno`).
  public static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Int32 {
    var rest = bytes
    while !rest.isEmpty {
      let count = systemWrite(descriptor, rest.baseAddress, rest.count)
      if count > 0 {
        rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        continue
      }
      switch count < 0 ? errno : EIO {
      case EINTR: continue
      case EAGAIN, EWOULDBLOCK:
        var wanted = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        _ = poll(&wanted, 1, 1000)
      case let number: return number
      }
    }
    return 0
  }

  public static func write(_ bytes: [UInt8], to descriptor: Int32) -> Int32 {
    bytes.withUnsafeBytes { write($0, to: descriptor) }
  }

  /// Puts on the disk what was written, where there is a disk.
  /// - Returns: 0, or what the system said.
  static func synchronize(_ descriptor: Int32) -> Int32 {
    guard fsync(descriptor) != 0 else { return 0 }
    // Pipes, terminals and other devices have nothing to synchronize.
    return [EINVAL, ENOTSUP, EROFS].contains(errno) ? 0 : errno
  }
}

// Inside `Descriptor` the name of the system's function is taken by its own.
private func systemWrite(_ descriptor: Int32, _ buffer: UnsafeRawPointer?, _ count: Int) -> Int {
  write(descriptor, buffer, count)
}
