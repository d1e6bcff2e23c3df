import Foundation
import Processes
import TestSupport
import Testing

@testable import Services

@Suite("what a worker without a connection says")
struct ConnectionTests {
  @Test("advice is given once a reason, with the time of the first")
  func advice() {
    var advice = ConnectionAdvice(endpoint: "tcp://x:1")
    let first = advice.text(for: .refused, breaksOff: false, now: "T1")
    #expect(first == "no coordinator at tcp://x:1 since T1: connection refused, nothing listens there; still trying")
    #expect(advice.text(for: .refused, breaksOff: false, now: "T2") == nil)
    #expect(
      advice.text(for: .noAnswer(seconds: 5), breaksOff: false, now: "T3")?.contains("since T1: now no answer") == true)
    #expect(
      advice.text(for: .accepts, breaksOff: true, now: "T4")?.contains("closes the connection in the") == true)
    advice.connected()
    #expect(advice.text(for: .refused, breaksOff: false, now: "T5")?.contains("since T5: connection refused") == true)
  }

  @Test("a socket of a coordinator that was killed is one where nothing listens")
  func localSockets() throws {
    let folder = try Place()
    let path = folder.path("ipc")
    let endpoint = "ipc://\(path)"
    #expect(ConnectionProbe.finding(at: endpoint) == .missingSocket(path: path))
    let listener = try LocalListener(name: "ipc", in: folder.path(""))
    #expect(ConnectionProbe.finding(at: endpoint) == .accepts)
    let left = folder.path("left")
    try FileManager.default.linkItem(atPath: path, toPath: left)
    listener.close()
    #expect(ConnectionProbe.finding(at: "ipc://\(left)") == .refused)
    #expect(ConnectionProbe.finding(at: endpoint) == .missingSocket(path: path))
    #expect(ConnectionProbe.finding(at: "ipc://@abstract") == nil)
  }

  @Test("host and port of an endpoint, with source, brackets and all")
  func addresses() {
    func pair(_ endpoint: String) -> String? { ConnectionProbe.address(of: endpoint).map { "\($0.host) \($0.port)" } }
    #expect(pair("tcp://node1:5555") == "node1 5555" && pair("tcp://[::1]:7") == "::1 7")
    #expect(pair("tcp://eth0;10.0.0.1:7") == "10.0.0.1 7" && pair("tcp://:7") == nil && pair("ipc://x") == nil)
    #expect(pair("tcp://") == nil && pair("tcp://a") == nil)
  }
}
