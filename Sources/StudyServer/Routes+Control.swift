import FlyingFox
import Foundation
import SearchCore
import Studies

/// Requests that change the study, if the coordinator allows them.
extension Routes {
  func control(_ request: HTTPRequest) async -> HTTPResponse {
    let path = request.target.path()
    guard let desk = control else {
      return Answer.failure(.forbidden, "this page is read-only; --http-control allows requests", path)
    }
    // A form of another site cannot send this content type.
    let type = request.headers[.contentType]?.prefix { $0 != ";" }.trimmingCharacters(in: .whitespaces)
    guard type?.lowercased() == "application/json" else {
      return Answer.failure(.unsupportedMediaType, "expected an application/json object", path)
    }
    let asked: API.ControlRequest
    do {
      asked = try JSONDecoder().decode(API.ControlRequest.self, from: try await request.bodyData)
    } catch {
      return Answer.failure(.badRequest, "expected an object with the texts verb and subject", path)
    }
    let intervention: Intervention
    do {
      intervention = try Intervention(
        verb: asked.verb, subject: asked.subject.flatMap { $0.isEmpty ? nil : $0 }, repetitions: asked.repetitions)
    } catch { return Answer.failure(.badRequest, "\(error)", path) }
    if case .add(let text, _) = intervention, CandidateNames.needsFrontier(text) {
      return Answer.failure(
        .badRequest, "\(text): only layersearch control knows rows and the knee; write a label or layer=rank pairs",
        path)
    }
    do {
      switch try await desk.answer(to: intervention, by: author(asked.author, request)) {
      case .done(let text): return Answer.json(API.Done(done: text))
      case .refused(let reason): return Answer.failure(.conflict, reason, path)
      }
    } catch .notOpen {
      return Answer.failure(.serviceUnavailable, "the study is not open yet", path)
    } catch {
      return Answer.failure(
        .gatewayTimeout, "the coordinator has not answered yet; the events show whether it was done", path)
    }
  }

  /// `ann (10.0.0.7)`: the name is the person's own claim, the address is not.
  private func author(_ name: String?, _ request: HTTPRequest) -> String {
    let address =
      switch request.remoteAddress {
      case .ip4(let ip, port: _), .ip6(let ip, port: _): ip
      case .unix(let path): path
      case nil: "over HTTP"
      }
    let given = name?.trimmingCharacters(in: .whitespacesAndNewlines) ?? ""
    return given.isEmpty ? address : "\(given.prefix(100)) (\(address))"
  }
}
