import GRDB

/// The SQLite library that this process runs with.
public enum SQLiteLibrary {
  /// Such as `3.40.1`; nil where it does not even open a database in memory.
  public static var version: String? {
    try? DatabaseQueue().read { try String.fetchOne($0, sql: "SELECT sqlite_version()") }
  }
}
