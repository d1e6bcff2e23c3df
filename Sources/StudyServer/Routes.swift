import FlyingFox
import Foundation
import Processes
import StudyPages
import StudyViews
import Synchronization

/// The server's answers to requests.
final class Routes: HTTPHandler {
  private struct State {
    /// `nil` until the port is known.
    var gate: RequestGate?
    var answers: [Int: Int] = [:]
  }

  let board: LiveBoard
  /// `nil` if readers cannot change the study.
  let control: ControlDesk?
  private let pool: ConnectionPool
  private let state = Mutex(State())
  private let requests: Allowance
  private let wrongTokens = Allowance(most: 10, aSecond: 0.5)

  init(board: LiveBoard, control: ControlDesk?, pool: ConnectionPool, limits: ConnectionTable.Limits) {
    self.board = board
    self.control = control
    self.pool = pool
    requests = Allowance(most: limits.requestsAtOnce, aSecond: limits.requestsASecond)
  }

  func open(_ gate: RequestGate) { state.withLock { $0.gate = gate } }

  private enum Route {
    case page, style, script, found, details, login, alive, ready, metrics
    case study, jobs, workers, frontier, events, control
    case job(Int64)

    init?(_ path: String) {
      switch path {
      case "/": self = .page
      case "/live.css": self = .style
      case "/live.js": self = .script
      case "/parts/found": self = .found
      case "/parts/details": self = .details
      case "/login": self = .login
      case "/healthz": self = .alive
      case "/readyz": self = .ready
      case "/metrics": self = .metrics
      case "/api/study": self = .study
      case "/api/jobs": self = .jobs
      case "/api/workers": self = .workers
      case "/api/frontier": self = .frontier
      case "/api/events": self = .events
      case "/api/control": self = .control
      default:
        let prefix = "/api/jobs/"
        guard path.hasPrefix(prefix), let job = Int64(path.dropFirst(prefix.count)), job > 0 else { return nil }
        self = .job(job)
      }
    }

    /// Whether the route is open to everyone, because it reveals nothing about a study.
    var isOpen: Bool {
      switch self {
      case .style, .login, .alive, .ready: true
      default: false
      }
    }

    var methods: [HTTPMethod] {
      switch self {
      case .login: [.GET, .HEAD, .POST]
      case .events: [.GET]
      case .control: [.POST]
      default: [.GET, .HEAD]
      }
    }
  }

  func handleRequest(_ request: HTTPRequest) async -> HTTPResponse {
    pool.recordRequest(from: request.remoteAddress)
    var response = await answer(request)
    await discardBody(of: request)
    if request.method == .HEAD, case .httpBody(let body) = response.payload {
      response.headers[.contentLength] = "\(body.count ?? 0)"
      response.payload = .httpBody(HTTPBodySequence())
    }
    let code = response.statusCode.code
    state.withLock { $0.answers[code / 100, default: 0] += 1 }
    // The body was not read, so what follows on the connection is not a request.
    if [400, 408, 413, 414, 429, 431].contains(code) {
      response.headers[.connection] = "close"
      pool.endAfterAnswer(request.remoteAddress)
    }
    return response
  }

  /// Reads the body of a request that is somewhat too long. Closing a connection with unread data resets it, and the
  /// reader may lose the answer. Bodies of more than twice the limit are not an accident, and are left unread.
  private func discardBody(of request: HTTPRequest) async {
    let most = RequestGate.longestBody
    guard let length = request.bodySequence.count, most < length, length <= 2 * most else { return }
    _ = try? await request.bodyData
  }

  private func answer(_ request: HTTPRequest) async -> HTTPResponse {
    let path = request.target.path()
    guard let gate = state.withLock({ $0.gate }) else {
      return Answer.failure(.serviceUnavailable, "not ready yet", path)
    }
    guard requests.spend() else {
      return Answer.failure(.tooManyRequests, "too many requests; wait a second", path)
    }
    let route = Route(path)
    switch gate.judge(request, isOpen: route?.isOpen ?? false) {
    case .admitted: break
    case .refused(let status, let reason): return Answer.failure(status, reason, path)
    case .unknown:
      if case .page? = route, request.method == .GET { return Answer.redirect(to: "/login") }
      var response = Answer.failure(.unauthorized, "a token is required: Authorization: Bearer TOKEN", path)
      response.headers[HTTPHeader("WWW-Authenticate")] = "Bearer realm=\"layersearch\""
      return response
    }
    guard let route else { return Answer.failure(.notFound, "there is nothing here", path) }
    guard route.methods.contains(request.method) else {
      let use = route.methods == [.POST] ? "use POST for this" : "this is read-only"
      var response = Answer.failure(.methodNotAllowed, use, path)
      response.headers[HTTPHeader("Allow")] = route.methods.map(\.rawValue).joined(separator: ", ")
      return response
    }
    return await answer(route, to: request, gate)
  }

  private func answer(_ route: Route, to request: HTTPRequest, _ gate: RequestGate) async -> HTTPResponse {
    let path = request.target.path()
    let notYet = Answer.failure(.serviceUnavailable, "the study is not open yet", path)
    switch route {
    case .page: return board.withStudy { Answer.html(LivePage($0, allowsControl: control != nil).text) } ?? notYet
    case .style: return Answer.text(LivePage.style, "text/css; charset=utf-8")
    case .script: return Answer.text(LivePage.script, "text/javascript; charset=utf-8")
    case .found, .details:
      guard let parts = figures?.parts else { return Answer.failure(.notFound, "there are no figures yet", path) }
      if case .found = route { return Answer.html(parts.found) }
      return Answer.html(parts.details)
    case .login: return await login(request, gate)
    case .alive: return Answer.text("ok\n")
    case .ready: return board.withStudy { $0.summary != nil } == true ? Answer.text("ready\n") : notYet
    case .metrics:
      let text = MetricsText(board, server: counts, usage: ProcessUsage()).text
      return Answer.text(text, "text/plain; version=0.0.4; charset=utf-8")
    case .study: return board.withStudy { Answer.json(API.Study($0, figures: board.figures.latest)) } ?? notYet
    case .jobs: return jobs(request) ?? notYet
    case .job(let job): return await history(of: job, path)
    case .workers: return workers(request) ?? notYet
    case .frontier:
      guard let figures else { return Answer.failure(.notFound, "there is no result yet", path) }
      return Answer.json(text: API.frontier(figures))
    case .events: return events(request)
    case .control: return await control(request)
    }
  }

  /// The latest figures. Asking for them counts as looking at them, so that new ones are made.
  private var figures: FigureMaker.Figures? {
    board.figures.want(revision: nil, isRead: true)
    return board.figures.latest
  }

  private var counts: ServerCounts {
    ServerCounts(
      answers: state.withLock { $0.answers }, connections: pool.connections, streams: board.hub.count,
      cutOff: pool.cutOff + board.hub.dropped)
  }

  // MARK: Lists

  /// Returns `nil` before the study is open.
  private func jobs(_ request: HTTPRequest) -> HTTPResponse? {
    let path = request.target.path()
    guard let after = Int64(request.query["after"].flatMap { $0.isEmpty ? nil : $0 } ?? "0") else {
      return Answer.failure(.badRequest, "after must be the number of a job", path)
    }
    guard let count = Self.count(of: request) else { return Answer.wrongCount(path) }
    let name = request.query["state"].flatMap { $0.isEmpty ? nil : $0 }
    let state = name.flatMap { API.state(named: $0) }
    if name != nil, state == nil {
      return Answer.failure(.badRequest, "state must be waiting, running, finished or set_aside", path)
    }
    return board.withStudy { study in
      let page = study.jobs.page(in: state, after: after, atMost: count)
      let jobs = page.jobs.map { API.Job($0, in: study) }
      return Answer.json(API.Jobs(state: name, jobs: jobs, next: page.hasMore ? page.jobs.last?.id : nil))
    }
  }

  private func workers(_ request: HTTPRequest) -> HTTPResponse? {
    guard let count = Self.count(of: request) else { return Answer.wrongCount(request.target.path()) }
    return board.withStudy { study in
      let page = study.workers.page(after: request.query["after"] ?? "", atMost: count)
      return Answer.json(
        API.Workers(
          total: study.workers.count, workers: page.workers.map { API.Worker($0, in: study) },
          next: page.hasMore ? page.workers.last?.record.id : nil))
    }
  }

  /// Returns `nil` if the count is invalid.
  private static func count(of request: HTTPRequest) -> Int? {
    guard let text = request.query["count"] else { return API.usualOnPage }
    return Int(text).flatMap { (1...API.mostOnPage).contains($0) ? $0 : nil }
  }

  private func history(of job: Int64, _ path: String) async -> HTTPResponse {
    guard board.withStudy({ $0.jobs[job] != nil }) == true else {
      return Answer.failure(.notFound, "there is no job \(job)", path)
    }
    do {
      guard let text = try await board.histories.history(of: job) else {
        return Answer.failure(.serviceUnavailable, "the job's history cannot be read now", path)
      }
      return Answer.json(text: API.history(text))
    } catch { return Answer.failure(.serviceUnavailable, "too many histories are requested; try again", path) }
  }

  // MARK: Streams

  private func events(_ request: HTTPRequest) -> HTTPResponse {
    let last = request.headers[HTTPHeader("Last-Event-ID")] ?? request.query["last"]
    guard let stream = board.subscribe(last: last) else {
      return Answer.failure(.serviceUnavailable, "\(EventHub.mostReaders) streams are open", request.target.path())
    }
    pool.recordStream(to: request.remoteAddress)
    var headers = Answer.headers
    headers[.contentType] = "text/event-stream; charset=utf-8"
    headers[HTTPHeader("X-Accel-Buffering")] = "no"
    return HTTPResponse(statusCode: .ok, headers: headers, body: HTTPBodySequence(from: EventBody(stream: stream)))
  }

  // MARK: Logging in

  private func login(_ request: HTTPRequest, _ gate: RequestGate) async -> HTTPResponse {
    guard let token = gate.token else { return Answer.redirect(to: "/") }
    guard request.method == .POST else { return Answer.html(LivePage.login(isWrong: false)) }
    let body = (try? await request.bodyData) ?? Data()
    let given = String(decoding: body, as: UTF8.self).split(separator: "&").first { $0.hasPrefix("token=") }
    let text = given.map { $0.dropFirst(6).replacing("+", with: " ") }.flatMap { String($0).removingPercentEncoding }
    guard let text, token.matches(text) else {
      guard wrongTokens.spend() else {
        return Answer.failure(.tooManyRequests, "too many wrong tokens; wait a minute", request.target.path())
      }
      var response = Answer.html(LivePage.login(isWrong: true))
      response.statusCode = .unauthorized
      return response
    }
    var response = Answer.redirect(to: "/")
    response.headers[.setCookie] =
      "\(gate.cookieName)=\(token.cookie); Path=/; HttpOnly; SameSite=Strict; Max-Age=\(12 * 3600)"
    return response
  }
}

extension MetricsText {
  init(_ board: LiveBoard, server: ServerCounts, usage: ProcessUsage) {
    let figures = board.figures.latest
    let whole = board.withStudy { MetricsText($0, figures: figures, server: server, usage: usage) }
    self = whole ?? MetricsText(nil, figures: nil, server: server, usage: usage)
  }
}
