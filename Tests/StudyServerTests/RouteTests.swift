import Foundation
import SearchCore
import StudyPages
import TestSupport
import Testing

@testable import StudyServer

@Suite("what a server answers", .serialized)
struct RouteTests {
  private static let paths = [
    "/", "/live.css", "/live.js", "/parts/found", "/parts/details", "/login", "/healthz", "/readyz", "/metrics",
    "/api/study", "/api/jobs", "/api/jobs/1", "/api/workers", "/api/frontier", "/api/events",
  ]

  @Test("every route is only read, and has the headers that keep a page to itself")
  func methods() async throws {
    let served = try await ServedStudy.make()
    served.begin()
    for path in Self.paths {
      for method in ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"] + (path == "/login" ? [] : ["POST"]) {
        let answer = try await served.get(path, method: method)
        #expect(answer.status == 405 && answer.headers["allow"]?.hasPrefix("GET") == true, "\(method) \(path)")
      }
      // A method that HTTP does not define has no route at all.
      #expect(try await served.get(path, method: "BREW").status == 404)
      guard path != "/api/events" else { continue }
      let answer = try await served.get(path)
      #expect(
        answer.status == (path.hasPrefix("/parts") || path == "/api/frontier" ? 404 : path == "/login" ? 303 : 200))
      #expect(answer.headers["content-security-policy"]?.contains("default-src 'none'") == true)
      #expect(answer.headers["referrer-policy"] == "same-origin" && answer.headers["x-frame-options"] == "DENY")
      #expect(answer.headers["x-content-type-options"] == "nosniff" && answer.headers["cache-control"] == "no-store")
      let head = try await served.get(path, method: "HEAD")
      #expect(head.status == answer.status && head.body.isEmpty, "\(path)")
      if path != "/metrics", path != "/" {
        #expect(head.headers["content-length"] == answer.headers["content-length"], "\(path)")
      }
    }
    #expect(try await served.get("/live.js", method: "HEAD").headers["content-length"] != "0")
  }

  @Test("every route is refused to others' names, pages and sizes")
  func refusals() async throws {
    let served = try await ServedStudy.make()
    served.begin()
    for path in Self.paths + ["/nothing"] {
      #expect(try await served.get(path, ["Host": "evil.example:\(served.port)"]).status == 421, "\(path)")
      #expect(try await served.get(path, ["Host": ""]).status == 421, "\(path)")
      #expect(try await served.get(path, ["Origin": "http://evil.example"]).status == 403, "\(path)")
      #expect(
        try await served.get(path, method: "POST", body: String(repeating: "x", count: 5000)).status == 413, "\(path)")
      // An event stream has no end.
      guard path != "/api/events" else { continue }
      #expect(try await served.get(path, ["X-Long": String(repeating: "x", count: 1000)]).status < 405, "\(path)")
    }
    for path in [
      "/nothing", "/api", "/api/", "/api/jobs/", "/api/jobs/0", "/api/jobs/-1", "/api/jobs/x", "/api/jobs/99",
      "//", "/../etc/passwd", "/%2e%2e/etc/passwd", "/live.js/", "/API/study", "/metrics%00", "*",
    ] {
      let answer = try await served.get(path)
      #expect(answer.status == 404, "\(path): \(answer.status)")
      #expect(!path.hasPrefix("/api/") || answer.body.hasPrefix("{\"error\":"), "\(answer.body)")
    }
    #expect(try await served.get("/" + String(repeating: "a", count: 3000)).status == 414)
    for query in ["after=x", "count=0", "count=201", "count=x", "state=sleeping", "after=99999999999999999999"] {
      #expect(try await served.get("/api/jobs?\(query)").status == 400, "\(query)")
    }
    #expect(try await served.get("/api/workers?count=0").status == 400)
  }

  @Test("with a token nothing of a study is shown without it")
  func tokens() async throws {
    let served = try await ServedStudy.make(token: AccessToken(ServedStudy.token))
    served.begin()
    let bearer = ["Authorization": "Bearer \(ServedStudy.token)"]
    for path in Self.paths where path != "/api/events" {
      let answer = try await served.get(path)
      switch path {
      case "/": #expect(answer.status == 303 && answer.headers["location"] == "/login")
      case "/login", "/live.css", "/healthz", "/readyz": #expect(answer.status == 200)
      default:
        #expect(answer.status == 401 && answer.headers["www-authenticate"]?.hasPrefix("Bearer") == true, "\(path)")
        #expect(!answer.body.contains("served"))
      }
      #expect(try await served.get(path, bearer).status != 401, "\(path)")
    }
    #expect(try await served.get("/api/events").status == 401)
    let form = ["Content-Type": "application/x-www-form-urlencoded"]
    let wrong = try await served.get("/login", form, method: "POST", body: "token=wrong")
    #expect(wrong.status == 401 && wrong.headers["set-cookie"] == nil && wrong.body.contains("not the token"))
    let foreign = form.merging(["Origin": "http://evil.example"]) { $1 }
    #expect(try await served.get("/login", foreign, method: "POST", body: "token=\(ServedStudy.token)").status == 403)
    let right = try await served.get("/login", form, method: "POST", body: "a=b&token=0123456789abcdef%2Dtoken")
    let cookie = try #require(right.headers["set-cookie"])
    #expect(right.status == 303 && cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"))
    #expect(!cookie.contains(ServedStudy.token))
    let shown = ["Cookie": String(cookie.prefix { $0 != ";" })]
    for path in ["/", "/api/study"] { #expect(try await served.get(path, shown).status == 200) }
    var answers: [Int] = []
    // A few more are allowed as time passes.
    while answers.last != 429, answers.count < 300 {
      answers.append(try await served.get("/login", form, method: "POST", body: "token=no").status)
    }
    #expect(answers.last == 429)
  }

  @Test("it is ready once its coordinator has told something")
  func readiness() async throws {
    let served = try await ServedStudy.make(isOpen: false)
    #expect(try await served.get("/healthz").status == 200)
    for path in ["/", "/readyz", "/api/study", "/api/jobs", "/api/workers"] {
      #expect(try await served.get(path).status == 503, "\(path)")
    }
    #expect(try await served.get("/metrics").body.contains("layersearch_build_info"))
    try served.server.board.begin(served.study, jobs: [])
    #expect(try await served.get("/readyz").status == 503)
    #expect(try await served.json("/api/study")["state"] as? String == "starting")
    served.tell([])
    #expect(try await served.get("/readyz").status == 200)
    #expect(try await served.json("/api/study")["state"] as? String == "running")
  }

  @Test("jobs and workers come a page at a time, with what is trained")
  func pages() async throws {
    let served = try await ServedStudy.make()
    served.begin()
    for (step, time) in [(1, 1001.0), (3, 1002), (5, 1004)] {
      served.tell(
        [], progress: [ServedStudy.progress(of: 1, step: step, loss: 3 - 0.1 * Double(step))], at: time)
    }
    let workers = try await served.json("/api/workers")
    #expect(workers["version"] as? Int == 1 && workers["total"] as? Int == 1 && workers["next"] is NSNull)
    let worker = try #require((workers["workers"] as? [[String: Any]])?.first)
    #expect(worker["id"] as? String == "w1" && worker["host"] as? String == "node1" && worker["slots"] as? Int == 2)
    let training = try #require((worker["trainings"] as? [[String: Any]])?.first)
    #expect(training["job"] as? Int == 1 && training["epoch"] as? Int == 2 && training["epochs"] as? Int == 2)
    #expect(training["step"] as? Int == 5 && training["steps"] as? Int == 8)
    #expect(training["loss"] as? Double == 2.5 && training["memory_bytes"] as? Int == 50 << 20)
    #expect((training["curve"] as? [[Double]])?.map { $0[0] } == [1, 3, 5])
    // 2 steps of 16 images in a second, then 1 step in a second. The older rate has more weight in the mean.
    let rate = try #require(training["images_per_second"] as? Double)
    #expect(abs(rate - (32 + 0.3 * (16 - 32))) < 1e-9)
    let jobs = try await served.json("/api/jobs?count=2")
    #expect((jobs["jobs"] as? [[String: Any]])?.map { $0["job"] as? Int } == [1, 2] && jobs["next"] as? Int == 2)
    let rest = try await served.json("/api/jobs?count=2&after=2")
    #expect((rest["jobs"] as? [[String: Any]])?.map { $0["job"] as? Int } == [3] && rest["next"] is NSNull)
    let running = try await served.json("/api/jobs?state=running")
    #expect((running["jobs"] as? [[String: Any]])?.map { $0["worker"] as? String } == ["w1"])
    #expect(try await served.json("/api/jobs/1")["explanation"] is [String: Any])
  }

  @Test("hostile names of workers, candidates and reasons do not become markup, nor lines of a stream or of metrics")
  func hostileNames() async throws {
    let served = try await ServedStudy.make()
    served.begin(worker: ServedStudy.hostile)
    let stream = try WebConnection(port: served.port)
    stream.send("GET /api/events HTTP/1.1\r\nHost: localhost:\(served.port)\r\n\r\n")
    served.tell([
      .attemptEnded(job: 1, attempt: 1, .failed(reason: "\n\nevent: study\ndata: {}\n\n" + ServedStudy.hostile)),
      .jobSetAside(job: 1, reason: "\n\nevent: study\ndata: forged\n\n" + ServedStudy.hostile),
      .workerLeft(id: ServedStudy.hostile, reason: "\r\nevent: end\r\n"),
    ])
    for path in ["/", "/api/jobs", "/api/workers"] {
      let answer = try await served.get(path)
      #expect(answer.headers["content-type"]?.hasPrefix("text/html") != true || !answer.body.contains("<script>"))
      #expect(answer.status == 200)
    }
    let told = try await stream.receive(until: "worker left")
    #expect(!told.contains("\nevent: end") && !told.contains("\ndata: forged"))
  }

  @Test("a stream begins with what is, goes on with what happens, and catches up after a break")
  func stream() async throws {
    let served = try await ServedStudy.make()
    served.begin()
    func connect(_ last: String? = nil) throws -> WebConnection {
      let connection = try WebConnection(port: served.port)
      let header = last.map { "Last-Event-ID: \($0)\r\n" } ?? ""
      connection.send("GET /api/events HTTP/1.1\r\nHost: 127.0.0.1:\(served.port)\r\n\(header)\r\n")
      return connection
    }
    let first = try connect()
    let begin = try await first.receive(until: "event: study")
    #expect(begin.contains("text/event-stream") && begin.contains("event: hello") && begin.contains("worker joined"))
    served.tell([.noted("one thing")])
    let more = try await first.receive(until: "one thing")
    let id = try #require(more.split(separator: "\n").last { $0.contains("id: ") }?.split(separator: " ").last)
      .trimmingCharacters(in: .whitespacesAndNewlines)
    served.tell([.noted("another thing"), .noted("a third")])
    let again = try connect(id)
    let caught = try await again.receive(until: "event: study")
    #expect(caught.contains("another thing") && caught.contains("a third") && !caught.contains("one thing"))
    // The id is an earlier server's, so everything is sent again.
    let other = try await connect("00000000-3").receive(until: "event: study")
    #expect(other.contains("one thing") && other.contains("worker joined"))
    for text in ["", "x", "\(served.server.board.hub.boot)-9223372036854775807", "\(id)9999999999999999999", "-1"] {
      _ = try await connect(text).receive(until: "event: study")
    }
    served.tell([.studyFinished], isFinished: true, isLast: true)
    served.server.stop()
    let rest = try await first.receiveAll()
    #expect(rest.contains("study finished") && rest.contains("event: end"))
  }

  @Test("figures are made where somebody looks, and again when there are results")
  func figures() async throws {
    let served = try await ServedStudy.make()
    let changes: [StudyChange] = [
      .workerJoined(ServedStudy.worker("w1")), .jobAdded(JobRecord(id: 1, work: served.works[0])),
      .attemptStarted(job: 1, attempt: 1, worker: "w1"),
      .jobFinished(job: 1, attempt: 1, worker: "w1", result: ServedStudy.result(0.6)),
    ]
    try served.study.store.record(changes)
    served.tell(changes)
    let stream = try WebConnection(port: served.port)
    stream.send("GET /api/events HTTP/1.1\r\nHost: localhost:\(served.port)\r\n\r\n")
    _ = try await stream.receive(until: "event: figures")
    #expect(try await served.get("/parts/found").body.contains("<svg"))
    #expect(try await served.get("/parts/details").body.contains("configuration.yaml"))
    let frontier = try await served.json("/api/frontier")
    let report = try #require(frontier["report"] as? [String: Any])
    #expect(report["study"] as? String == "served" && (report["candidates"] as? [Any])?.count == 1)
    #expect(try await served.json("/api/study")["frontier_candidates"] as? Int == 1)
    let second: [StudyChange] = [
      .jobAdded(JobRecord(id: 2, work: served.works[1])), .attemptStarted(job: 2, attempt: 1, worker: "w1"),
      .jobFinished(job: 2, attempt: 1, worker: "w1", result: ServedStudy.result(0.5)),
    ]
    try served.study.store.record(second)
    served.tell(second)
    _ = try await stream.receive(until: "\"version\":2", within: 300)
    #expect(((try await served.json("/api/frontier"))["report"] as? [String: Any])?["trained_candidates"] as? Int == 2)
  }

  @Test("what is asked too often is not answered, and its connection ends")
  func rate() async throws {
    let served = try await ServedStudy.make(limits: .init(requestsAtOnce: 3, requestsASecond: 1e-6))
    let connection = try WebConnection(port: served.port)
    for _ in 1...3 {
      connection.send("GET /healthz HTTP/1.1\r\nHost: localhost:\(served.port)\r\n\r\n")
      #expect(try await connection.receive(until: "\r\n\r\nok\n").hasPrefix("HTTP/1.1 200 "))
    }
    connection.send("GET /healthz HTTP/1.1\r\nHost: localhost:\(served.port)\r\n\r\n")
    #expect(try await connection.receiveAll().hasPrefix("HTTP/1.1 429 "))
    #expect(try await served.get("/api/study").status == 429)
  }
}
