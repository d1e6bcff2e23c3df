import FlyingFox
import Foundation
import TestSupport
import Testing

@testable import StudyServer

@Suite("who may look")
struct GateTests {
  private func request(
    _ headers: [String: String], _ target: String = "/", method: HTTPMethod = .GET, body: Int = 0
  ) -> HTTPRequest {
    HTTPRequest(
      method: method, version: .http11, target: .init(path: target, query: ""),
      headers: HTTPHeaders(Dictionary(uniqueKeysWithValues: headers.map { (HTTPHeader($0.key), $0.value) })),
      body: HTTPBodySequence(data: Data(repeating: 0x61, count: body)))
  }

  private func status(_ gate: RequestGate, _ request: HTTPRequest, isOpen: Bool = false) -> Int {
    switch gate.judge(request, isOpen: isOpen) {
    case .admitted: 200
    case .unknown: 401
    case .refused(let status, _): status.code
    }
  }

  @Test(
    "a server is called by its address or localhost, with its port",
    arguments: [
      ("127.0.0.1:8080", 200), ("localhost:8080", 200), ("LOCALHOST:8080", 200), ("[::1]:8080", 200),
      ("127.0.0.1", 421), ("127.0.0.1:80", 421), ("127.0.0.1:8080:8080", 421), ("evil.example:8080", 421),
      ("evil.example", 421), ("localhost.evil.example:8080", 421), ("10.0.0.1:8080", 421), ("", 421), (":8080", 421),
      ("[::1:8080", 421), ("localhost:99999", 421), ("localhost:x", 421),
    ])
  func hosts(host: String, expected: Int) throws {
    let gate = RequestGate(address: try HTTPAddress("127.0.0.1:8080"), port: 8080, token: nil)
    #expect(status(gate, request(["Host": host])) == expected)
  }

  @Test("without a name there is no answer; off loopback numbers are names, too")
  func otherHosts() throws {
    let near = RequestGate(address: try HTTPAddress("127.0.0.1:8080"), port: 8080, token: nil)
    #expect(status(near, request([:])) == 421)
    let far = RequestGate(address: try HTTPAddress("*:8080"), port: 8080, token: AccessToken("a"))
    let shown = ["Authorization": "Bearer a"]
    for (host, expected) in [("10.1.2.3:8080", 200), ("[fe80::1]:8080", 200), ("evil.example:8080", 421)] {
      #expect(status(far, request(shown.merging(["Host": host]) { $1 })) == expected)
    }
  }

  @Test(
    "a page of another site gets nothing, a link may lead to the page",
    arguments: [
      (["Origin": "http://localhost:8080"], 200), (["Origin": "http://evil.example"], 403), (["Origin": "null"], 403),
      (["Origin": "https://localhost:8080"], 403), (["Origin": "http://localhost:8081"], 403),
      (["Sec-Fetch-Site": "same-origin"], 200), (["Sec-Fetch-Site": "none"], 200),
      (["Sec-Fetch-Site": "cross-site"], 403), (["Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors"], 403),
      (["Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"], 200),
    ])
  func origins(headers: [String: String], expected: Int) throws {
    let gate = RequestGate(address: try HTTPAddress("127.0.0.1:8080"), port: 8080, token: nil)
    #expect(status(gate, request(headers.merging(["Host": "localhost:8080"]) { $1 })) == expected)
    let isNavigation = headers["Sec-Fetch-Mode"] == "navigate"
    let post = request(headers.merging(["Host": "localhost:8080"]) { $1 }, method: .POST)
    #expect(status(gate, post) == (isNavigation ? 403 : expected))
  }

  @Test(
    "the token opens, as bearer or by its cookie; anything else does not",
    arguments: [
      (["Authorization": "Bearer secret-of-the-lab"], 200), (["Authorization": "bearer secret-of-the-lab"], 200),
      (["Authorization": "Bearer secret-of-the-la"], 401), (["Authorization": "Bearer "], 401),
      (["Authorization": "Basic secret-of-the-lab"], 401), ([:], 401), (["Cookie": "layersearch-8080=x"], 401),
      (["Cookie": "layersearch-8080=secret-of-the-lab"], 401), (["Cookie": "a=b; layersearch-8080=COOKIE"], 200),
      (["Cookie": "layersearch-8081=COOKIE"], 401), (["Cookie": "COOKIE"], 401),
      (["Cookie": "layersearch-8080=COOKIE", "Authorization": "Bearer wrong"], 401),
    ])
  func tokens(headers: [String: String], expected: Int) throws {
    let token = AccessToken("secret-of-the-lab")
    let gate = RequestGate(address: try HTTPAddress("127.0.0.1:8080"), port: 8080, token: token)
    var headers = headers.mapValues { $0.replacing("COOKIE", with: token.cookie) }
    headers["Host"] = "localhost:8080"
    #expect(status(gate, request(headers)) == expected)
    #expect(status(gate, request(headers), isOpen: true) == 200)
    #expect(!token.cookie.contains("secret"))
  }

  @Test("what is too long is refused before anything is done with it")
  func sizes() throws {
    let gate = RequestGate(address: try HTTPAddress("127.0.0.1:8080"), port: 8080, token: nil)
    let host = ["Host": "localhost:8080"]
    #expect(status(gate, request(host, "/" + String(repeating: "a", count: 2100))) == 414)
    #expect(status(gate, request(host, method: .POST, body: 4096)) == 200)
    #expect(status(gate, request(host, method: .POST, body: 4097)) == 413)
    let many = Dictionary(uniqueKeysWithValues: (0..<70).map { ("X-\($0)", "x") })
    #expect(status(gate, request(host.merging(many) { $1 })) == 431)
  }

  @Test("an allowance is spent, and comes back with time")
  func allowance() {
    let allowance = Allowance(most: 2, aSecond: 1)
    #expect(allowance.spend(at: 0) && allowance.spend(at: 0) && !allowance.spend(at: 0.5))
    #expect(allowance.spend(at: 1.5) && !allowance.spend(at: 1.5))
    #expect(allowance.spend(at: 100) && allowance.spend(at: 100) && !allowance.spend(at: 100))
  }
}

@Suite("addresses and tokens of a page")
struct AddressTests {
  @Test(
    "addresses are read as people write them",
    arguments: [
      ("127.0.0.1:8080", "127.0.0.1", 8080, true), ("localhost:0", "localhost", 0, true), ("[::1]:1", "::1", 1, true),
      ("*:8080", "*", 8080, false), ("0.0.0.0:80", "0.0.0.0", 80, false), ("[::]:80", "::", 80, false),
      ("10.0.0.1:65535", "10.0.0.1", 65535, false),
    ])
  func good(text: String, host: String, port: UInt16, isLoopback: Bool) throws {
    let address = try HTTPAddress(text)
    #expect(address.host == host && address.port == port && address.isLoopback == isLoopback)
    _ = try address.socketAddress()
  }

  @Test(
    "and what is none is told in one line",
    arguments: [
      "8080", ":8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536", "127.0.0.1:-1", "::1:80", "[::1]",
      "http://127.0.0.1:80", "tcp://127.0.0.1:80", "[::1%lo]:80", "", "127.0.0.1:*",
    ])
  func bad(text: String) {
    let error = #expect(throws: StudyServerError.self) { _ = try HTTPAddress(text) }
    #expect(error?.isUsage == true && error?.description.contains("\n") == false)
    #expect(error?.description.contains("127.0.0.1:8080") == true, "\(error?.description ?? "")")
  }

  @Test("a token is one long line of a file that others cannot read")
  func tokens() throws {
    let place = try Place()
    func token(_ text: String, mode: Int = 0o600) throws -> AccessToken {
      try place.write(text, to: "token")
      try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: place.path("token"))
      return try AccessToken(file: place.path("token"))
    }
    let good = try token("0123456789abcdef\n")
    #expect(good.matches("0123456789abcdef") && !good.matches("0123456789abcdeF") && !good.matches(""))
    #expect(good.matches(cookie: good.cookie) && !good.matches(cookie: "0123456789abcdef"))
    for (text, mode, problem) in [
      ("0123456789abcdef", 0o640, "others can read"), ("0123456789abcdef", 0o604, "chmod 600"), ("short", 0o600, "16"),
      ("", 0o600, "one line"), ("0123456789abcdef\nfedcba9876543210", 0o600, "one line"),
      ("0123456789 abcdef", 0o600, "without spaces"), ("0123456789abcdé€", 0o600, "without spaces"),
    ] {
      let error = #expect(throws: StudyServerError.self) { _ = try token(text, mode: mode) }
      #expect(error?.isUsage == true && error?.description.contains(problem) == true, "\(error?.description ?? "")")
    }
    #expect(throws: StudyServerError.self) { _ = try AccessToken(file: place.path("none")) }
  }
}
