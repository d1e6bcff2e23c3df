import Randomness

/// Which study a folder holds: enough to refuse one that belongs to another configuration.
public struct StudyIdentity: Hashable, Sendable {
  /// Unique, given when the study is made.
  public var studyID: String
  public var name: String
  /// The configuration file as it was given.
  public var configurationText: String
  /// Equal exactly where everything is equal that results depend on.
  public var fingerprint: String
  /// What the fingerprint covers: full key, such as `proxy.batch`, → canonical value.
  public var entries: [String: String]
  /// Most jobs in all; nil for no bound. It may change.
  public var budget: Int?

  public init(
    studyID: String, name: String, configurationText: String, fingerprint: String, entries: [String: String],
    budget: Int? = nil
  ) {
    self.budget = budget
    self.studyID = studyID
    self.name = name
    self.configurationText = configurationText
    self.fingerprint = fingerprint
    self.entries = entries
  }

  /// Of these values: 16 hexadecimal digits.
  public static func fingerprint(of entries: [String: String]) -> String {
    StableHash.hexadecimal(of: entries)
  }

  /// Among the entries of studies of schemas 1 to 3.
  static let budgetKey = "budget.jobs"

  /// Of a study of schemas 1 to 3, whose fingerprint covers the budget: as a study of today has it.
  var withBudgetApart: StudyIdentity {
    var identity = self
    identity.budget = identity.entries.removeValue(forKey: Self.budgetKey).flatMap { Int($0) }
    // One that does not follow from the entries stays what it is.
    if fingerprint == Self.fingerprint(of: entries) {
      identity.fingerprint = Self.fingerprint(of: identity.entries)
    }
    return identity
  }

  /// A key that two configurations give different values; nil where one lacks the key.
  public struct Difference: Hashable, Sendable, CustomStringConvertible {
    public var key: String
    public var mine: String?
    public var other: String?

    public var description: String { "\(key) is \(mine ?? "not set") here and \(other ?? "not set") there" }
  }

  /// Keys whose values differ, in alphabetical order.
  public func differences(from other: StudyIdentity) -> [Difference] {
    Set(entries.keys).union(other.entries.keys).sorted().compactMap { key in
      entries[key] == other.entries[key]
        ? nil : Difference(key: key, mine: entries[key], other: other.entries[key])
    }
  }
}
