import Foundation
import TestSupport
import Testing

extension RunningCommand {
  /// Returns the port of this machine at which the command serves its page.
  func page() async throws -> UInt16 {
    try await wait(for: "page") { output.contains("page at ") || !isRunning }
    let line = output.split(separator: "\n").first { $0.hasPrefix("page at http://127.0.0.1:") }
    let port = line.flatMap { UInt16($0.dropFirst("page at http://127.0.0.1:".count).dropLast()) }
    return try #require(port, "\(output) \(errors)")
  }
}

/// A listener that occupies a port.
final class RunningListener {
  private let descriptor: Int32
  let port: Int

  init() throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    port = try freePort()
    let code = withLoopback(port: UInt16(port)) { [descriptor] in bind(descriptor, $0, $1) }
    guard code == 0, listen(descriptor, 1) == 0 else { throw POSIXError(.EADDRINUSE) }
  }

  deinit { close(descriptor) }
}
