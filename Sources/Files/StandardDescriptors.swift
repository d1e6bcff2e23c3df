#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Standard input, output and error of this process.
public enum StandardDescriptors {
  /// Opens those that were closed at start on /dev/null. Must be called before anything else is opened: otherwise the
  /// next file gets the free number, and output meant for the terminal is written into it.
  public static func openClosed() {
    for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 && errno == EBADF {
      let opened = open("/dev/null", O_RDWR)
      // open() takes the lowest free number, which is this one.
      if opened >= 0, opened != descriptor {
        dup2(opened, descriptor)
        close(opened)
      }
    }
  }
}
