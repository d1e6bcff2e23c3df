/// What accompanies a received message besides its contents. The driver adds it to every message.
public struct Delivery: Hashable, Sendable {
  /// The key that the connection proved to hold; `nil` without keys.
  public var key: String?
  /// A random number that no worker can guess, used for what is sent in answer.
  public var ticket: UInt64

  public init(key: String? = nil, ticket: UInt64 = 0) {
    self.key = key
    self.ticket = ticket
  }
}
