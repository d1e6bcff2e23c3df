import Messaging

/// The authorized keys as the coordinator's machine knows them, as texts, with their names. A text is made once for a
/// key: each message brings its sender's.
struct KeyTexts {
  private var texts: [PublicKey: String] = [:]
  private var names: [String: String] = [:]

  init() {}

  init(_ keys: AuthorizedKeys) {
    for (key, name) in keys.names {
      let text = key.hexadecimal
      texts[key] = text
      names[text] = name
    }
  }

  package var all: Set<String> { Set(texts.values) }

  /// Also of a key that is not authorized any more.
  package func text(of key: PublicKey) -> String { texts[key] ?? key.hexadecimal }

  /// Nil for keys that are not authorized.
  package func name(of text: String) -> String? { names[text] }
}
