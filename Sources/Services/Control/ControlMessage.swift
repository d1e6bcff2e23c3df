import Foundation
import SearchCore

/// A message on a study's control socket: a request or its answer, one line each.
struct ControlMessage: Codable {
  static let version = 1
  static let mostBytes = 16 << 10

  var version = Self.version
  var verb: String?
  var subject: String?
  var repetitions: Int?
  var author: String?
  var done: String?
  var refused: String?

  init(_ intervention: Intervention, by author: String) {
    verb = intervention.verb.rawValue
    subject = intervention.subject
    repetitions = intervention.repetitions
    self.author = author
  }

  init(_ answer: InterventionAnswer) {
    switch answer {
    case .done(let text): done = text
    case .refused(let reason): refused = reason
    }
  }

  /// `nil` if the line is not a message.
  init?(_ line: [UInt8]) {
    guard let message = try? JSONDecoder().decode(Self.self, from: Data(line)) else { return nil }
    self = message
  }

  var line: [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return (try? encoder.encode(self)).map(Array.init) ?? []
  }

  /// Returns what a request asks for.
  func intervention() throws(InterventionProblem) -> Intervention {
    try Intervention(verb: verb ?? "", subject: subject, repetitions: repetitions)
  }

  /// The content of an answer; `nil` if the message is not one.
  var answer: InterventionAnswer? { done.map { .done($0) } ?? refused.map { .refused($0) } }
}
