import Randomness

/// Identifies the study in a folder: enough to refuse a study of another configuration.
public struct StudyIdentity: Hashable, Sendable {
  /// Unique, assigned when the study is created.
  public var studyID: String
  public var name: String
  /// The text of the configuration file as it was given.
  public var configurationText: String
  /// Equal for two studies exactly if everything that results depend on is equal.
  public var fingerprint: String
  /// What the fingerprint covers: full key, such as `proxy.batch`, → canonical value.
  public var entries: [String: String]
  /// The largest number of jobs in all; `nil` for no bound. It may change.
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

  /// The fingerprint of these entries: 16 hexadecimal digits.
  public static func fingerprint(of entries: [String: String]) -> String {
    StableHash.hexadecimal(of: entries)
  }

  /// The key of the budget among the entries of studies of schemas 1 to 3.
  static let budgetKey = "budget.jobs"

  /// The identity in the form of schema 4, for a study of schemas 1 to 3, whose fingerprint covers the budget.
  var withBudgetApart: StudyIdentity {
    var identity = self
    identity.budget = identity.entries.removeValue(forKey: Self.budgetKey).flatMap { Int($0) }
    // A fingerprint that does not follow from the entries stays as it is.
    if fingerprint == Self.fingerprint(of: entries) {
      identity.fingerprint = Self.fingerprint(of: identity.entries)
    }
    return identity
  }

  /// A key to which two configurations give different values. A value is `nil` if its configuration lacks the key.
  public struct Difference: Hashable, Sendable, CustomStringConvertible {
    public var key: String
    public var mine: String?
    public var other: String?

    public var description: String { "\(key) is \(mine ?? "not set") here and \(other ?? "not set") there" }
  }

  /// The keys whose values differ, in alphabetical order.
  public func differences(from other: StudyIdentity) -> [Difference] {
    Set(entries.keys).union(other.entries.keys).sorted().compactMap { key in
      entries[key] == other.entries[key]
        ? nil : Difference(key: key, mine: entries[key], other: other.entries[key])
    }
  }
}
