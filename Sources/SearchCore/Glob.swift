/// A pattern for layer names: `*` matches any characters (including dots), `?` one character, `[abc]` or `[a-c]` one of
/// these, `[!abc]` one character that is none of these. A pattern matches whole names.
public struct Glob: Hashable, Sendable {
  private enum Token: Hashable {
    case anything
    case one
    case literal(Character)
    case set([ClosedRange<Character>], negated: Bool)
  }

  public let text: String
  private let tokens: [Token]

  public init(_ text: String) throws(SearchError) {
    guard !text.isEmpty else { throw .pattern(text: text, problem: "it is empty; * matches every layer") }
    var tokens: [Token] = []
    var rest = Substring(text)
    while let character = rest.popFirst() {
      switch character {
      case "*": if tokens.last != .anything { tokens.append(.anything) }
      case "?": tokens.append(.one)
      case "[": tokens.append(try Self.set(from: &rest, of: text))
      default: tokens.append(.literal(character))
      }
    }
    self.text = text
    self.tokens = tokens
  }

  public func matches(_ name: String) -> Bool {
    let name = Array(name)
    var position = 0
    var token = 0
    // Where to continue if the characters after the last `*` do not match: one character later under that `*`.
    var retry: (token: Int, position: Int)?
    while position < name.count {
      if token < tokens.count, tokens[token] == .anything {
        retry = (token, position)
        token += 1
      } else if token < tokens.count, accepts(tokens[token], name[position]) {
        token += 1
        position += 1
      } else if let last = retry {
        retry = (last.token, last.position + 1)
        token = last.token + 1
        position = last.position + 1
      } else {
        return false
      }
    }
    return tokens[token...].allSatisfy { $0 == .anything }
  }

  private func accepts(_ token: Token, _ character: Character) -> Bool {
    switch token {
    case .anything, .one: return true
    case .literal(let literal): return literal == character
    case .set(let ranges, let negated): return ranges.contains { $0.contains(character) } != negated
    }
  }

  private static func set(from rest: inout Substring, of text: String) throws(SearchError) -> Token {
    var negated = false
    if rest.first == "!" {
      negated = true
      rest.removeFirst()
    }
    var ranges: [ClosedRange<Character>] = []
    while let first = rest.popFirst() {
      if first == "]", !ranges.isEmpty { return .set(ranges, negated: negated) }
      var last = first
      if rest.first == "-", let end = rest.dropFirst().first, end != "]" {
        rest.removeFirst(2)
        last = end
      }
      guard first <= last else { throw .pattern(text: text, problem: "the range \(first)-\(last) runs backwards") }
      ranges.append(first...last)
    }
    throw .pattern(text: text, problem: "the [ is never closed with ]")
  }
}
