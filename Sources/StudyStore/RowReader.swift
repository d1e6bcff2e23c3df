import GRDB

/// Values of one row, by position. GRDB's own subscripts stop the process where a value has another type than expected;
/// in a damaged file it may, so that these throw.
struct RowReader {
  let row: Row
  let directory: String
  /// What a row is, for the message.
  let what: String

  func value<Value: DatabaseValueConvertible>(_ index: Int, as type: Value.Type = Value.self) throws -> Value {
    guard let value = Value.fromDatabaseValue(row[index]) else { throw damaged(index) }
    return value
  }

  func optional<Value: DatabaseValueConvertible>(_ index: Int, as type: Value.Type = Value.self) throws -> Value? {
    let stored: DatabaseValue = row[index]
    if stored.isNull { return nil }
    guard let value = Value.fromDatabaseValue(stored) else { throw damaged(index) }
    return value
  }

  func damaged(_ index: Int) -> StoreError {
    .damaged(directory, "\(what) has an impossible \(Array(row.columnNames)[index])")
  }
}
