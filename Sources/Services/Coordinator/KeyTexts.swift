import Messaging

/// The authorized keys as texts, in which the coordinator's state machine knows them, with their names. Each key is
/// converted once, since every message carries its sender's key.
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

  /// Returns the text of a key, even of one that is not authorized any more.
  package func text(of key: PublicKey) -> String { texts[key] ?? key.hexadecimal }

  /// Returns the name of a key; `nil` if it is not authorized.
  package func name(of text: String) -> String? { names[text] }
}
