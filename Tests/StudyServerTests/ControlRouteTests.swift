import Foundation
import SearchCore
import Synchronization
import TestSupport
import Testing

@testable import StudyServer

@Suite("what readers may ask of a study", .serialized)
struct ControlRouteTests {
  private static let bearer = ["Authorization": "Bearer \(ServedStudy.token)", "Content-Type": "application/json"]

  /// Takes requests in the place of a coordinator.
  private final class Coordinator: Sendable {
    let asked = Mutex<[(Intervention, author: String)]>([])
    let answer: InterventionAnswer

    init(_ answer: InterventionAnswer) { self.answer = answer }

    func open(_ desk: ControlDesk) {
      desk.open { [self] intervention, author, answer in
        asked.withLock { $0.append((intervention, author)) }
        // From another thread, as a coordinator does.
        Thread.detachNewThread { answer(self.answer) }
      }
    }
  }

  private func served(_ control: ControlDesk?) async throws -> ServedStudy {
    let served = try await ServedStudy.make(token: AccessToken(ServedStudy.token), control: control)
    served.begin()
    return served
  }

  private func ask(
    _ served: ServedStudy, _ body: String, _ headers: [String: String] = bearer, method: String = "POST"
  ) async throws -> WebAnswer {
    try await served.get("/api/control", headers, method: method, body: body)
  }

  @Test("it reaches the coordinator in the words of the command, with name and address, and is answered")
  func done() async throws {
    let (desk, coordinator) = (ControlDesk(), Coordinator(.done("the study is paused")))
    let served = try await served(desk)
    let early = try await ask(served, #"{"verb": "pause"}"#)
    #expect(early.status == 503 && early.body.contains("not open yet"), "\(early)")
    coordinator.open(desk)
    let answer = try await ask(served, #"{"verb": "pause", "author": " ann "}"#)
    #expect(answer.status == 200 && answer.body.contains(#""done":"the study is paused""#), "\(answer)")
    _ = try await ask(served, #"{"verb": "add", "subject": "layer1.0.conv1=4", "repetitions": 3}"#)
    _ = try await ask(served, #"{"verb": "resume", "subject": ""}"#)
    let asked = coordinator.asked.withLock { $0 }
    #expect(asked.map(\.0) == [.pause, .add(candidate: "layer1.0.conv1=4", repetitions: 3), .resume])
    #expect(asked.map(\.author) == ["ann (127.0.0.1)", "127.0.0.1", "127.0.0.1"])
  }

  @Test("what the coordinator refuses is told with its reason")
  func refused() async throws {
    let (desk, coordinator) = (ControlDesk(), Coordinator(.refused("the study has no job 77")))
    let served = try await served(desk)
    coordinator.open(desk)
    let answer = try await ask(served, #"{"verb": "cancel", "subject": "77"}"#)
    #expect(answer.status == 409 && answer.body.contains(#""error":"the study has no job 77""#), "\(answer)")
  }

  @Test("nothing reaches it without the token, from pages of others, in other forms, or that is no verb")
  func kept() async throws {
    let (desk, coordinator) = (ControlDesk(), Coordinator(.done("")))
    let served = try await served(desk)
    coordinator.open(desk)
    let pause = #"{"verb": "pause"}"#
    #expect(try await ask(served, pause, ["Content-Type": "application/json"]).status == 401)
    #expect(try await ask(served, pause, Self.bearer.merging(["Origin": "http://evil.example"]) { $1 }).status == 403)
    #expect(try await ask(served, pause, Self.bearer.merging(["Sec-Fetch-Site": "cross-site"]) { $1 }).status == 403)
    #expect(try await ask(served, pause, Self.bearer.merging(["Host": "evil.example"]) { $1 }).status == 421)
    for type in ["text/plain", "application/x-www-form-urlencoded", ""] {
      #expect(try await ask(served, pause, Self.bearer.merging(["Content-Type": type]) { $1 }).status == 415, "\(type)")
    }
    for method in ["GET", "HEAD", "PUT", "DELETE"] {
      let answer = try await ask(served, "", Self.bearer, method: method)
      #expect(answer.status == 405 && answer.headers["allow"] == "POST", "\(method)")
    }
    for (body, text) in [
      ("", "an object with"), ("[]", "an object with"), (#"{"verb": 1}"#, "an object with"),
      (#"{"verb": "pauze"}"#, "did you mean pause?"), (#"{"verb": "cancel"}"#, "cancel needs a job's number"),
      (#"{"verb": "add", "subject": "dense", "repetitions": 0}"#, "from 1 to 1000 repetitions"),
    ] {
      let answer = try await ask(served, body)
      #expect(answer.status == 400 && answer.body.contains(text), "\(body): \(answer)")
    }
    #expect(try await ask(served, String(repeating: "x", count: 5000)).status == 413)
    #expect(coordinator.asked.withLock { $0.isEmpty })
  }

  @Test("a page that is only read has no buttons, and refuses what is asked all the same")
  func onlyRead() async throws {
    let served = try await served(nil)
    let answer = try await ask(served, #"{"verb": "pause"}"#)
    #expect(answer.status == 403 && answer.body.contains("--http-control"), "\(answer)")
    #expect(try await served.get("/", Self.bearer).body.contains("id=\"control\"") == false)
    let acting = try await self.served(ControlDesk())
    #expect(try await acting.get("/", Self.bearer).body.contains("id=\"control\""))
  }
}
