import GRDB

/// The SQLite library that this process runs with.
public enum SQLiteLibrary {
  /// The version, such as `3.40.1`; `nil` if SQLite cannot even open a database in memory.
  public static var version: String? {
    try? DatabaseQueue().read { try String.fetchOne($0, sql: "SELECT sqlite_version()") }
  }
}
