#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

extension Descriptor {
  /// Reads `count` bytes of a regular file from `offset` on, or fewer if the file ends before.
  package static func read(_ count: Int, from descriptor: Int32, at offset: Int) throws(SystemError) -> [UInt8] {
    var failure: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      while filled < count {
        let done = pread(descriptor, buffer.baseAddress.map { $0 + filled }, count - filled, off_t(offset + filled))
        if done < 0, errno == EINTR { continue }
        guard done > 0 else {
          if done < 0 { failure = errno }
          return
        }
        filled += done
      }
    }
    if failure != 0 { throw SystemError(failure) }
    return bytes
  }

  /// Reads everything up to the end, from a file, a pipe or a device, however slowly and in whatever pieces it comes.
  package static func readToEnd(from descriptor: Int32, mostBytes: Int) throws(ReadError) -> [UInt8] {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      // Poll before reading: a named pipe that no process has opened for writing yet would read as ended.
      var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      guard poll(&waiting, 1, -1) >= 0 || errno == EINTR else { throw .unreadable(.last) }
      let count = systemRead(descriptor, &buffer, buffer.count)
      if count < 0, [EINTR, EAGAIN, EWOULDBLOCK].contains(errno) { continue }
      guard count >= 0 else { throw errno == EISDIR ? .folder : .unreadable(.last) }
      if count == 0 { return bytes }
      bytes += buffer[..<count]
      guard bytes.count <= mostBytes else { throw .tooLong(bytes: nil) }
    }
  }
}

// Inside `Descriptor`, the name `read` means its own function, not the system call.
private func systemRead(_ descriptor: Int32, _ buffer: UnsafeMutableRawPointer, _ count: Int) -> Int {
  read(descriptor, buffer, count)
}
