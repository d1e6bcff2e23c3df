/// What came along with a message, besides what it says: the driver adds it to each, whatever the message is.
public struct Delivery: Hashable, Sendable {
  /// That the connection proved to hold; nil without keys.
  public var key: String?
  /// A random number that no worker can guess, for what is sent in answer.
  public var ticket: UInt64

  public init(key: String? = nil, ticket: UInt64 = 0) {
    self.key = key
    self.ticket = ticket
  }
}
