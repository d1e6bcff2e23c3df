#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Reads from and writes to open file descriptors, without partial writes.
package enum Descriptor {
  /// Writes all bytes, even if the descriptor takes them in pieces, a signal interrupts, or a non-blocking descriptor
  /// takes none at the moment.
  package static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) throws(SystemError) {
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
      case let number: throw SystemError(number)
      }
    }
  }

  package static func write(_ bytes: [UInt8], to descriptor: Int32) throws(SystemError) {
    try bytes.withUnsafeBytes { bytes in Result { () throws(SystemError) in try write(bytes, to: descriptor) } }.get()
  }

  /// Writes all bytes into a regular file, from `offset` on.
  package static func write(
    _ bytes: UnsafeRawBufferPointer, to descriptor: Int32, at offset: Int
  ) throws(SystemError) {
    var done = 0
    while done < bytes.count {
      let count = pwrite(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done, off_t(offset + done))
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw SystemError(count < 0 ? errno : EIO) }
      done += count
    }
  }

  /// Flushes what was written to disk, if the descriptor has one behind it.
  package static func synchronize(_ descriptor: Int32) throws(SystemError) {
    // Pipes, terminals and other devices have nothing to synchronize.
    guard fsync(descriptor) != 0, ![EINVAL, ENOTSUP, EROFS].contains(errno) else { return }
    throw .last
  }
}

// Inside `Descriptor`, the name `write` means its own function, not the system call.
private func systemWrite(_ descriptor: Int32, _ buffer: UnsafeRawPointer?, _ count: Int) -> Int {
  write(descriptor, buffer, count)
}
