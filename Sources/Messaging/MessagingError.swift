import CZeroMQ

/// A ZeroMQ call that failed: what was being done, on what, with the library's code and text.
public struct MessagingError: Error, Hashable, Sendable {
  /// `errno` at the moment of the failure.
  public var code: Int32
  /// What was attempted, such as `listen on`.
  public var operation: String
  /// What it was attempted on, such as `tcp://127.0.0.1:5555`.
  public var subject: String

  /// Must be created directly after the call that failed, before anything else can change `errno`.
  init(_ operation: String, on subject: String, code: Int32 = zmq_errno()) {
    self.code = code
    self.operation = operation
    self.subject = subject
  }

  public var isAddressInUse: Bool { code == EADDRINUSE }
}

extension MessagingError: CustomStringConvertible {
  public var description: String {
    let text = zmq_strerror(code).map { String(cString: $0) } ?? "error \(code)"
    let advice =
      switch code {
      case EADDRINUSE: ": another process listens there; stop it, or choose another port (port 0 picks a free one)"
      case EADDRNOTAVAIL, ENODEV: ": this machine has no such address; tcp://*:PORT listens on all of them"
      case EAFNOSUPPORT: ": this machine has no IPv6; use an IPv4 address"
      case EACCES: ": ports below 1024 need privileges; choose a higher one"
      case EINVAL, EPROTONOSUPPORT, ENOCOMPATPROTO:
        ": an endpoint looks like tcp://127.0.0.1:5555 or tcp://[::1]:5555"
      case ENOTSUP, EOPNOTSUPP:
        ": the ZeroMQ library here was built without encryption; install one with CURVE"
      case EMFILE: ": too many open files; raise the limit (ulimit -n)"
      default: ""
      }
    return "cannot \(operation) \(subject): \(text)\(advice)"
  }
}

/// The ZeroMQ library that this process runs with.
public enum ZeroMQLibrary {
  public static var version: String {
    var major: Int32 = 0
    var minor: Int32 = 0
    var patch: Int32 = 0
    zmq_version(&major, &minor, &patch)
    return "\(major).\(minor).\(patch)"
  }

  /// Whether the library supports encryption (CURVE).
  public static var hasCurve: Bool { zmq_has("curve") == 1 }
}
