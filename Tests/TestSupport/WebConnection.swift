import Foundation

/// A TCP connection to a port of this machine, on which a test sends arbitrary text.
package final class WebConnection: Sendable {
  private let descriptor: Int32

  package struct Failure: Error, CustomStringConvertible {
    package var description: String
  }

  /// - Parameter receiveBuffer: the number of bytes that the system buffers while nothing is read; `nil` for its
  ///   default.
  package init(port: UInt16, receiveBuffer: Int32? = nil) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { throw Failure(description: "no socket") }
    if var bytes = receiveBuffer {
      setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &bytes, socklen_t(MemoryLayout<Int32>.size))
    }
    let code = withLoopback(port: port) { [descriptor] in connect(descriptor, $0, $1) }
    guard code == 0 else {
      close(descriptor)
      throw Failure(description: String(cString: strerror(errno)))
    }
  }

  deinit { close(descriptor) }

  /// Sends a text. Returns `false` if the other side no longer accepts it.
  @discardableResult
  package func send(_ text: String) -> Bool {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let sent = bytes.withUnsafeBytes {
        Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard sent > 0 else { return false }
      bytes = bytes.dropFirst(sent)
    }
    return true
  }

  /// Returns the next text received; `nil` at the end of the connection.
  package func receive(within seconds: Double = 600) async throws -> String? {
    try await onThread { try self.wait(within: seconds) }
  }

  private func wait(within seconds: Double) throws -> String? {
    var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    guard poll(&entry, 1, Int32(seconds * 1000)) > 0 else { throw Failure(description: "nothing came in \(seconds) s") }
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let count = recv(descriptor, &buffer, buffer.count, 0)
    return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : nil
  }

  /// Returns everything received until the end of the connection. Throws if the end does not come in time.
  package func receiveAll(within seconds: Double = 600) async throws -> String {
    var text = ""
    let deadline = Date().addingTimeInterval(seconds)
    while let more = try await receive(within: seconds) {
      text += more
      guard Date() < deadline else { throw Failure(description: "no end in \(seconds) s: \(text.suffix(2000))") }
    }
    return text
  }

  /// Reads until the received text contains `wanted`, and returns that text.
  package func receive(until wanted: String, within seconds: Double = 600) async throws -> String {
    var text = ""
    let deadline = Date().addingTimeInterval(seconds)
    while !text.contains(wanted) {
      guard Date() < deadline, let more = try await receive(within: seconds) else {
        throw Failure(description: "no \(wanted.debugDescription) in \(text.suffix(2000))")
      }
      text += more
    }
    return text
  }
}

/// A response of a web server.
package struct WebAnswer: Sendable {
  package var status: Int
  /// Header values by name, in lower case.
  package var headers: [String: String]
  package var body: String

  /// `nil` if the text is no HTTP response.
  package init?(_ text: String) {
    guard let end = text.range(of: "\r\n\r\n") else { return nil }
    let lines = text[..<end.lowerBound].components(separatedBy: "\r\n")
    guard let code = lines.first?.split(separator: " ").dropFirst().first, let status = Int(code) else { return nil }
    self.status = status
    headers = [:]
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { continue }
      let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
      headers[line[..<colon].lowercased()] = value
    }
    body = String(text[end.upperBound...])
  }

  /// - Parameter headers: headers by name that replace the default ones; an empty value omits a header.
  package static func of(
    _ path: String, port: UInt16, method: String = "GET", headers: [String: String] = [:], body: String = ""
  ) async throws -> WebAnswer {
    var all = ["Host": "127.0.0.1:\(port)", "Connection": "close"]
    if !body.isEmpty { all["Content-Length"] = "\(body.utf8.count)" }
    all.merge(headers) { $1 }
    let lines = all.filter { !$0.value.isEmpty }.map { "\($0.key): \($0.value)\r\n" }.sorted().joined()
    let connection = try WebConnection(port: port)
    connection.send("\(method) \(path) HTTP/1.1\r\n\(lines)\r\n\(body)")
    let text = try await connection.receiveAll()
    guard let answer = WebAnswer(text) else {
      throw WebConnection.Failure(description: "no answer: \(text.debugDescription)")
    }
    return answer
  }
}

/// Runs `body`, which blocks, on its own thread: the few threads of tasks must stay free for the servers that tests
/// wait for.
package func onThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
  try await withCheckedThrowingContinuation { continuation in
    Thread.detachNewThread { continuation.resume(with: Result { try body() }) }
  }
}
