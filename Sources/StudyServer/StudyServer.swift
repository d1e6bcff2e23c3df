import Dispatch
import FlyingFox
import FlyingSocks
import Foundation
import Logging
import Synchronization

/// Serves a running study over HTTP, in its own tasks and threads. The coordinator knows only the observer `board`, and
/// continues whatever happens to the server.
package final class StudyServer: Sendable {
  package let board: LiveBoard
  /// `nil` if readers cannot change the study.
  package let control: ControlDesk?
  /// `http://127.0.0.1:8080/`, with the actual port if the system chose it.
  package let url: String
  private let pool: ConnectionPool
  private let running: Task<Void, Never>
  private let current: Current

  /// The current server; another one after the previous one has ended.
  private final class Current: Sendable {
    private struct State {
      var server: HTTPServer?
      var isStopped = false
    }

    private let state = Mutex(State())

    /// Returns false after `stop()`, when no server may run.
    func set(_ server: HTTPServer) -> Bool {
      state.withLock { state in
        state.server = server
        return !state.isStopped
      }
    }

    func stop() -> HTTPServer? {
      state.withLock { state in
        state.isStopped = true
        return state.server
      }
    }
  }

  private static let secondsBetweenServers = 0.5
  /// The time from the last byte of a request to the first byte of its answer.
  private static let answerSeconds = 45.0
  private static let stopSeconds = 1.0

  /// Starts the server, which is listening when the initializer returns.
  /// - Parameters:
  ///   - token: The token that readers must present; `nil` if only processes of this machine can reach the address.
  ///   - control: Passes on requests that change the study; `nil` if readers can only look.
  package convenience init(
    address: HTTPAddress, token: AccessToken?, control: ControlDesk? = nil, sources: PageSources, log: Logger
  ) throws(StudyServerError) {
    try self.init(address: address, token: token, control: control, sources: sources, log: log, limits: .init())
  }

  init(
    address: HTTPAddress, token: AccessToken?, control: ControlDesk? = nil, sources: PageSources, log: Logger,
    limits: ConnectionTable.Limits
  ) throws(StudyServerError) {
    let board = LiveBoard(sources)
    let pool: ConnectionPool
    do { pool = try ConnectionPool(limits: limits) } catch { throw .unbound(address.description, reason: "\(error)") }
    let routes = Routes(board: board, control: control, pool: pool, limits: limits)
    let current = Current()
    let first = Self.server(at: try address.socketAddress(), pool, routes)
    _ = current.set(first)
    let start = Start()
    running = Task.detached(priority: .utility) {
      await Self.run(first, address, pool, routes, current, start, log)
    }
    let port: UInt16
    switch start.wait() {
    case .success(let bound): port = bound
    case .failure(.failed(_, EADDRINUSE, _)): throw .inUse(address.description)
    case .failure(.failed(_, EADDRNOTAVAIL, _)):
      throw .address(address.description, problem: "this machine has no such address")
    case .failure(.failed(_, let number, _)):
      throw .unbound(address.description, reason: String(cString: strerror(number)))
    case .failure(let error): throw .unbound(address.description, reason: error.localizedDescription)
    }
    routes.open(RequestGate(address: address, port: port, token: token))
    self.board = board
    self.control = control
    self.pool = pool
    self.current = current
    let host = ["*", "::"].contains(address.host) ? "localhost" : address.host
    url = "http://\(host.contains(":") ? "[\(host)]" : host):\(port)/"
  }

  /// The outcome of starting the first server: set once, from any task.
  private final class Start: Sendable {
    private let result = Mutex<Result<UInt16, SocketError>?>(nil)
    private let isKnown = DispatchSemaphore(value: 0)

    func set(_ result: Result<UInt16, SocketError>) {
      let isFirst = self.result.withLock { known in
        defer { if known == nil { known = result } }
        return known == nil
      }
      if isFirst { isKnown.signal() }
    }

    func wait() -> Result<UInt16, SocketError> {
      isKnown.wait()
      return result.withLock { $0 } ?? .failure(.disconnected)
    }
  }

  private static func server(at address: any SocketAddress, _ pool: ConnectionPool, _ routes: Routes) -> HTTPServer {
    func logger(_ logger: some FlyingSocks.Logging) -> any FlyingSocks.Logging { logger }
    func configuration(_ address: some SocketAddress) -> HTTPServer.Configuration {
      .init(
        address: address, timeout: answerSeconds, sharedRequestBufferSize: 4096, sharedRequestReplaySize: 4096,
        pool: pool, logger: logger(.disabled))
    }
    return HTTPServer(config: configuration(address), handler: routes)
  }

  /// Runs the server, and starts another one if it ends without `stop()`: a server ends if it cannot accept a
  /// connection, for lack of file descriptors for example.
  private static func run(
    _ first: HTTPServer, _ address: HTTPAddress, _ pool: ConnectionPool, _ routes: Routes, _ current: Current,
    _ start: Start, _ log: Logger
  ) async {
    var server = first
    var bound: Socket.Address?
    var hasTold = false
    while true {
      let this = server
      let listening = Task { () -> Socket.Address? in
        try? await this.waitUntilListening(timeout: 60)
        guard let address = await this.listeningAddress else { return nil }
        if let port = port(of: address) { start.set(.success(port)) }
        return address
      }
      do { try await this.run() } catch let error as SocketError { start.set(.failure(error)) } catch {
        start.set(.failure(.disconnected))
      }
      listening.cancel()
      if bound == nil { bound = await listening.value }
      guard let bound, let again = socketAddress(bound) else { return }
      try? await Task.sleep(for: .seconds(secondsBetweenServers))
      server = Self.server(at: again, pool, routes)
      guard current.set(server) else { return }
      if !hasTold { log.warning("the page's server was restarted; readers reconnect by themselves") }
      hasTold = true
    }
  }

  private static func port(of address: Socket.Address) -> UInt16? {
    switch address {
    case .ip4(_, let port), .ip6(_, let port): port
    case .unix: nil
    }
  }

  private static func socketAddress(_ address: Socket.Address) -> (any SocketAddress)? {
    switch address {
    case .ip4(let number, let port): try? sockaddr_in.inet(ip4: number, port: port)
    case .ip6(let number, let port): try? sockaddr_in6.inet6(ip6: number, port: port)
    case .unix: nil
    }
  }

  /// Delivers the last news to the readers, and ends the server.
  package func stop() {
    board.close()
    let server = current.stop()
    let isOver = DispatchSemaphore(value: 0)
    Task.detached(priority: .userInitiated) {
      await server?.stop(timeout: Self.stopSeconds)
      isOver.signal()
    }
    _ = isOver.wait(timeout: .now() + 2 * Self.stopSeconds)
    running.cancel()
    pool.close()
  }
}
