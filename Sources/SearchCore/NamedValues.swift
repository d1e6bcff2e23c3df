/// A handful of values by name, in the order of the names: one array with a linear search.
///
/// Inlinable, so that other modules compile it for their own types of values: every result passes through it several
/// times.
public struct NamedValues<Name: Comparable & Hashable & Sendable, Value: Hashable & Sendable>: Hashable, Sendable {
  public struct Entry: Hashable, Sendable {
    public let name: Name
    public var value: Value

    @usableFromInline init(name: Name, value: Value) {
      self.name = name
      self.value = value
    }
  }

  @usableFromInline var entries: [Entry] = []

  @inlinable public init() {}

  @inlinable public subscript(name: Name) -> Value? {
    get { entries.first { $0.name == name }?.value }
    set {
      // Values that come in the order of their names are appended.
      var index = entries.count
      while index > 0, entries[index - 1].name > name { index -= 1 }
      let isKnown = index > 0 && entries[index - 1].name == name
      switch (newValue, isKnown) {
      case (let value?, true): entries[index - 1].value = value
      case (let value?, false): entries.insert(Entry(name: name, value: value), at: index)
      case (nil, true): entries.remove(at: index - 1)
      case (nil, false): break
      }
    }
  }

  @inlinable public mutating func reserveCapacity(_ count: Int) { entries.reserveCapacity(count) }

  mutating func removeAll(where isUnwanted: (Entry) -> Bool) { entries.removeAll(where: isUnwanted) }
}

extension NamedValues: RandomAccessCollection {
  @inlinable public var startIndex: Int { entries.startIndex }
  @inlinable public var endIndex: Int { entries.endIndex }
  @inlinable public subscript(position: Int) -> Entry { entries[position] }
}

extension NamedValues: ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral {
  public init(dictionaryLiteral elements: (Name, Value)...) {
    for (name, value) in elements { self[name] = value }
  }

  /// Creates the values of the literal `[]`.
  public init(arrayLiteral elements: Entry...) {
    for entry in elements { self[entry.name] = entry.value }
  }
}
