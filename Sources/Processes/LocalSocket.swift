import Files

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Stream sockets between processes of one user on one machine, named by a file in a folder.
///
/// Socket addresses hold about a hundred bytes. A longer path is given through its folder, which is open meanwhile
/// (`/proc/self/fd`).
package enum LocalSocket {
  private static let mostPathBytes = MemoryLayout.size(ofValue: sockaddr_un().sun_path) - 1

  static func make() throws(SystemError) -> CInt {
    #if canImport(Glibc)
      let descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
    #else
      let descriptor = socket(AF_UNIX, SOCK_STREAM, 0)
    #endif
    guard descriptor >= 0 else { throw .last }
    return descriptor
  }

  /// Calls `body`, which is `bind` or `connect`, with the address of a path.
  static func withAddress(
    of name: String, in folder: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> CInt
  ) throws(SystemError) {
    var path = FilePath.join(folder, name)
    var place: CInt = -1
    if path.utf8.count > mostPathBytes {
      place = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
      guard place >= 0 else { throw .last }
      path = "/proc/self/fd/\(place)/\(name)"
    }
    defer { if place >= 0 { close(place) } }
    guard path.utf8.count <= mostPathBytes else { throw SystemError(ENAMETOOLONG) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let result = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard result == 0 else { throw .last }
  }

  /// Connects to the process that listens there.
  /// - Throws: ENOENT or ECONNREFUSED if no process listens.
  package static func connect(to name: String, in folder: String) throws(SystemError) -> LocalConnection {
    let connection = LocalConnection(descriptor: try make())
    try withAddress(of: name, in: folder) { address, length in
      #if canImport(Glibc)
        Glibc.connect(connection.descriptor, address, length)
      #else
        Darwin.connect(connection.descriptor, address, length)
      #endif
    }
    return connection
  }
}

/// One end of a connection, closed with the last reference.
package final class LocalConnection: Sendable {
  let descriptor: CInt

  init(descriptor: CInt) { self.descriptor = descriptor }

  deinit { close(descriptor) }

  /// The user of the process at the other end, according to the kernel; `nil` if the kernel does not tell.
  package var user: uid_t? {
    #if canImport(Glibc)
      // Process, user and group.
      var credentials: [UInt32] = [0, 0, 0]
      var length = socklen_t(3 * MemoryLayout<UInt32>.size)
      let result = getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &length)
      return result == 0 ? credentials[1] : nil
    #else
      var (user, group) = (uid_t(), gid_t())
      return getpeereid(descriptor, &user, &group) == 0 ? user : nil
    #endif
  }

  /// Whether the process at the other end runs as the same user as this one, or as the superuser.
  package var isOwn: Bool { user == geteuid() || user == 0 }

  /// Limits how long a read or a write waits.
  package func setPatience(seconds: Int) {
    var time = timeval(tv_sec: seconds, tv_usec: 0)
    for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
      setsockopt(descriptor, SOL_SOCKET, option, &time, socklen_t(MemoryLayout<timeval>.size))
    }
  }

  /// Reads up to the end of the line, and returns the line without its newline.
  /// - Returns: `nil` if the connection ends before, or the line is longer than `mostBytes`.
  /// - Throws: EAGAIN if nothing came in time.
  package func readLine(mostBytes: Int) throws(SystemError) -> [UInt8]? {
    var line: [UInt8] = []
    var portion = [UInt8](repeating: 0, count: 4096)
    while line.count <= mostBytes {
      let count = read(descriptor, &portion, portion.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw .last }
      guard count > 0 else { return nil }
      if let end = portion[..<count].firstIndex(of: UInt8(ascii: "\n")) {
        line += portion[..<end]
        return line.count <= mostBytes ? line : nil
      }
      line += portion[..<count]
    }
    return nil
  }

  package func write(line: [UInt8]) throws(SystemError) {
    try Descriptor.write(line + [UInt8(ascii: "\n")], to: descriptor)
  }
}

/// A socket that processes of the same user connect to. `close` removes its name; if the process was killed instead,
/// the next listener of that name does. The creator must know that no other process uses the name.
package final class LocalListener: Sendable {
  private let descriptor: CInt
  private let path: String
  /// The inode of the socket's file.
  private let inode: ino_t

  package init(name: String, in folder: String) throws(SystemError) {
    let path = FilePath.join(folder, name)
    let descriptor = try LocalSocket.make()
    do throws(SystemError) {
      if Self.inode(of: path) != nil { unlink(path) }
      try LocalSocket.withAddress(of: name, in: folder) { bind(descriptor, $0, $1) }
      // Until it listens, nobody can connect.
      guard chmod(path, 0o600) == 0, listen(descriptor, 16) == 0 else { throw SystemError.last }
    } catch {
      closeDescriptor(descriptor)
      throw error
    }
    self.path = path
    self.descriptor = descriptor
    inode = Self.inode(of: path) ?? 0
  }

  /// `nil` if there is no socket.
  private static func inode(of path: String) -> ino_t? {
    var status = stat()
    guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else { return nil }
    return status.st_ino
  }

  deinit { closeDescriptor(descriptor) }

  /// The next connection; `nil` once `close` was called.
  package func nextConnection() -> LocalConnection? {
    while true {
      let accepted = accept(descriptor, nil, nil)
      if accepted >= 0 {
        _ = fcntl(accepted, F_SETFD, FD_CLOEXEC)
        return LocalConnection(descriptor: accepted)
      }
      switch errno {
      case EINTR, ECONNABORTED: continue
      // No more files can be opened, until other connections end.
      case EMFILE, ENFILE, ENOBUFS, ENOMEM: usleep(100_000)
      default: return nil
      }
    }
  }

  /// Ends the waiting for connections and removes the name.
  package func close() {
    if Self.inode(of: path) == inode { unlink(path) }
    shutdown(descriptor, CInt(SHUT_RDWR))
  }
}

private func closeDescriptor(_ descriptor: CInt) { close(descriptor) }
