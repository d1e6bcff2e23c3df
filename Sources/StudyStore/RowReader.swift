import GRDB

/// Reads the values of one row, by position. GRDB's own subscripts stop the process if a value has an unexpected type,
/// which is possible in a damaged file; these methods throw instead.
struct RowReader {
  let row: Row
  let directory: String
  /// What a row is, for error messages.
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
    .damaged(directory, "\(what) has an invalid \(Array(row.columnNames)[index])")
  }
}
