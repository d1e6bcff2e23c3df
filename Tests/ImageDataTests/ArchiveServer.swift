import FlyingFox
import FlyingSocks
import Foundation

/// An HTTP server on 127.0.0.1, at a port that the system chooses, that serves one archive in the way a test wants.
final class ArchiveServer: Sendable {
  enum Behavior: Sendable {
    /// The whole archive, or the part that a `Range` header asks for.
    case whole
    /// The whole archive, whatever the range.
    case ignoresRange
    /// The whole archive, without saying how long it is.
    case unmeasured
    /// A status without an archive.
    case status(HTTPStatusCode)
    /// Announces the whole archive, sends this many bytes and closes the connection.
    case cut(after: Int)
  }

  /// The `Range` header of each request; `nil` for a request without one.
  struct Log: Sendable {
    var ranges: [String?] = []
  }

  let address: String
  private let server: HTTPServer
  private let running: Task<Void, any Error>
  private let requests: Requests

  private actor Requests {
    var behaviors: [Behavior]
    var log = Log()

    init(_ behaviors: [Behavior]) { self.behaviors = behaviors }

    /// Returns the next behavior. The last one serves all further requests.
    func next(range: String?) -> Behavior {
      log.ranges.append(range)
      return behaviors.count > 1 ? behaviors.removeFirst() : behaviors[0]
    }
  }

  /// The n-th request is answered with the n-th behavior.
  init(archive: Data, _ behaviors: Behavior...) async throws {
    let requests = Requests(behaviors)
    self.requests = requests
    let server = HTTPServer(address: try .inet(ip4: "127.0.0.1", port: 0), logger: .disabled)
    self.server = server
    await server.appendRoute("GET /archive.tar.gz") { request in
      let range = request.headers[.range]
      return ArchiveServer.answer(await requests.next(range: range), archive: archive, range: range)
    }
    running = Task { try await server.run() }
    // Only a guard against hangs: tests that keep the threads busy may delay the start.
    try await server.waitUntilListening(timeout: 300)
    guard case .ip4(_, let port) = await server.listeningAddress else { throw CocoaError(.featureUnsupported) }
    address = "http://127.0.0.1:\(port)/archive.tar.gz"
  }

  deinit { running.cancel() }

  func ranges() async -> [String?] { await requests.log.ranges }

  /// Ends the server; its port refuses connections afterwards.
  func stop() async { await server.stop() }

  private static func answer(_ behavior: Behavior, archive: Data, range: String?) -> HTTPResponse {
    switch behavior {
    case .status(let code):
      return HTTPResponse(statusCode: code, body: Data("no archive here".utf8))
    case .cut(let count):
      return HTTPResponse(
        statusCode: .ok,
        body: HTTPBodySequence(from: CutBody(data: archive.prefix(count)), count: archive.count))
    case .unmeasured:
      return HTTPResponse(statusCode: .ok, body: HTTPBodySequence(from: CutBody(data: archive, breaks: false)))
    case .ignoresRange:
      return HTTPResponse(statusCode: .ok, body: archive)
    case .whole:
      guard let range, let first = Int(range.dropFirst("bytes=".count).dropLast()) else {
        return HTTPResponse(statusCode: .ok, body: archive)
      }
      guard first < archive.count else {
        return HTTPResponse(
          statusCode: HTTPStatusCode(416, phrase: "Range Not Satisfiable"),
          headers: [.contentRange: "bytes */\(archive.count)"])
      }
      return HTTPResponse(
        statusCode: .partialContent,
        headers: [.contentRange: "bytes \(first)-\(archive.count - 1)/\(archive.count)"], body: archive.dropFirst(first)
      )
    }
  }
}

/// Yields some bytes, then ends or throws an error, upon which the server closes the connection.
private struct CutBody: AsyncBufferedSequence {
  typealias Element = UInt8
  let data: Data
  var breaks = true

  struct AsyncIterator: AsyncBufferedIteratorProtocol {
    var rest: Data
    let breaks: Bool

    mutating func next() async throws -> UInt8? {
      try await nextBuffer(suggested: 1)?.first
    }

    mutating func nextBuffer(suggested count: Int) async throws -> Data? {
      guard !rest.isEmpty else {
        if breaks { throw CocoaError(.featureUnsupported) }
        return nil
      }
      defer { rest = rest.dropFirst(count) }
      return rest.prefix(count)
    }
  }

  func makeAsyncIterator() -> AsyncIterator { AsyncIterator(rest: data, breaks: breaks) }
}
