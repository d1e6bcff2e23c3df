import Files
import Foundation

/// The number of simultaneous trainings that the limits of this process have room for.
enum SlotLimit {
  /// The pipes to and from an engine process.
  private static let filesASlot = 3
  /// Further files of the worker: sockets, the spool, a process that is being started.
  private static let filesInReserve = 16
  /// The engine's own threads, and the two that read its output.
  private static let threadsASlot = 6
  private static let threadsInReserve = 8

  /// - Returns: at most `wanted`, and the reason if it is less.
  package static func slots(wanted: Int) throws(ServiceError) -> (slots: Int, reason: String?) {
    var (slots, reason): (Int, String?) = (wanted, nil)
    func restrict(to allowed: Int, _ text: String) {
      if allowed < slots { (slots, reason) = (max(0, allowed), text) }
    }
    if let limit = limit(RLIMIT_NOFILE.rawValue) {
      restrict(
        to: (limit - openFiles - filesInReserve) / filesASlot, "\(limit) open files are allowed (ulimit -n)")
    }
    // This limit does not apply to the superuser.
    if geteuid() != 0, let limit = limit(__RLIMIT_NPROC.rawValue) {
      restrict(
        to: (limit - threadsOfUser - threadsInReserve) / threadsASlot,
        "\(limit) processes and threads are allowed (ulimit -u)")
    }
    guard slots > 0 else { throw .noRoom(reason ?? "") }
    return (slots, reason)
  }

  /// Returns the limit; `nil` if there is none.
  private static func limit(_ resource: UInt32) -> Int? {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(resource), &limit) == 0, limit.rlim_cur < 1 << 40 else { return nil }
    return Int(limit.rlim_cur)
  }

  private static var openFiles: Int { Folder.names(in: "/proc/self/fd").count }

  /// The number of threads of all processes of this user.
  private static var threadsOfUser: Int {
    let user = geteuid()
    return Folder.names(in: "/proc").filter { $0.allSatisfy(\.isNumber) }.reduce(0) { sum, process in
      var status = stat()
      guard stat("/proc/\(process)", &status) == 0, status.st_uid == user else { return sum }
      return sum + Folder.names(in: "/proc/\(process)/task").count
    }
  }
}
