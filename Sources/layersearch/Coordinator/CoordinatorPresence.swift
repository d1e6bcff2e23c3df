import Foundation

/// Whether a coordinator is at work on a study, seen from outside.
enum CoordinatorPresence {
  /// nil where it cannot be known, because the last coordinator ran on another machine.
  ///
  /// Looks the study's lock up in the kernel's list instead of trying it, which could keep a coordinator from starting.
  static func isAtWork(studyFolder: String) -> Bool? {
    let lock = "\(studyFolder)/lock"
    var status = stat()
    guard stat(lock, &status) == 0, let holder = try? String(contentsOfFile: lock, encoding: .utf8) else {
      return false
    }
    guard holder.hasSuffix(" on \(hostName)"), let locks = try? String(contentsOfFile: "/proc/locks", encoding: .utf8)
    else { return nil }
    let inode = ":\(status.st_ino) "
    return locks.split(separator: "\n").contains { $0.contains("FLOCK") && $0.contains("WRITE") && $0.contains(inode) }
  }

  /// As the kernel has it, which is what the lock's text tells.
  private static var hostName: String {
    var name = [CChar](repeating: 0, count: 256)
    guard gethostname(&name, name.count - 1) == 0 else { return "" }
    return String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}
