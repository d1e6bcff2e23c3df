import Files
import GRDB
import ReadableText
import ShellCommands

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// An error of a study's folder. `description` is one line: what, where, and what to do.
public struct StoreError: Error, Hashable, Sendable {
  public enum Code: String, CaseIterable, Sendable {
    case missingFolder, noStudy, alreadyExists, inUse, damaged, newerVersion, differentConfiguration
    case missingRecords, diskFull, permission, busy, invalidChange, closed, inputOutput
  }

  public let code: Code
  /// The study's folder.
  public let directory: String
  /// What was wrong and what to do about it.
  public let message: String
  /// The process that holds the study, in its own words; `nil` if it is not known, or the error is another one.
  public let holder: String?

  init(_ code: Code, _ directory: String, _ message: String, holder: String? = nil) {
    self.holder = holder?.inOneLine
    self.code = code
    self.directory = directory
    self.message = message.inOneLine
  }
}

extension StoreError: CustomStringConvertible {
  public var description: String { "study \(directory): \(message)" }
}

extension StoreError {
  static func missingFolder(_ directory: String) -> StoreError {
    StoreError(.missingFolder, directory, "there is no such folder; check the path")
  }

  static func noStudy(_ directory: String) -> StoreError {
    StoreError(.noStudy, directory, "the folder holds no study (no \(StudyFolder.databaseName) in it); check the path")
  }

  /// The creation of the study was cut off before anything was in it.
  static func emptyStudy(_ directory: String) -> StoreError {
    StoreError(
      .noStudy, directory, "the folder holds no study (its \(StudyFolder.databaseName) is empty); check the path")
  }

  static func alreadyExists(_ directory: String) -> StoreError {
    StoreError(
      .alreadyExists, directory, "there is a study already; resume it, or choose another folder for the new one")
  }

  /// The command that saves what can be read of a study.
  public static func salvageCommand(_ directory: String) -> String {
    ShellCommand.line(["layersearch", "salvage", directory, "--output", "FOLDER"])
  }

  static func damaged(_ directory: String, _ what: String) -> StoreError {
    StoreError(
      .damaged, directory,
      "\(StudyFolder.databaseName) is damaged (\(what)); save what can be read into a new study with: "
        + salvageCommand(directory))
  }

  /// The database is whole but of an earlier time.
  static func missingRecords(_ directory: String, _ missing: MissingRecords) -> StoreError {
    StoreError(
      .missingRecords, directory,
      "\(missing): \(StudyFolder.databaseName) or its journal was damaged or replaced by an older one; save what can "
        + "be read into a new study and continue that one, with: \(salvageCommand(directory)); to continue with what "
        + "is here instead, delete \(StudyFolder.markName)")
  }

  static func invalidChange(_ directory: String, _ what: String) -> StoreError {
    StoreError(
      .invalidChange, directory, "nothing of this batch was recorded: \(what); this is a defect, please report it")
  }

  /// An error of the operating system. `number` is `errno` right after the call.
  static func system(_ directory: String, _ number: CInt, _ action: String) -> StoreError {
    switch number {
    case EACCES, EPERM, EROFS:
      return StoreError(
        .permission, directory, "cannot \(action): \(SystemError(number)); check owner and permissions")
    case ENOSPC, EDQUOT: return diskFull(directory, action)
    default:
      return StoreError(.inputOutput, directory, "cannot \(action): \(SystemError(number))")
    }
  }

  private static func diskFull(_ directory: String, _ action: String) -> StoreError {
    StoreError(
      .diskFull, directory,
      "cannot \(action): the disk is full; free space and start again; nothing recorded so far is lost")
  }

  /// Converts any error, such as GRDB's, that was thrown while `action` was under way.
  init(_ error: any Error, _ directory: String, _ action: String) {
    if let error = error as? StoreError {
      self = error
      return
    }
    guard let error = error as? DatabaseError else {
      self.init(.inputOutput, directory, "cannot \(action): \(error)")
      return
    }
    let said = error.message ?? "SQLite code \(error.extendedResultCode.rawValue)"
    switch error.resultCode {
    case .SQLITE_CORRUPT, .SQLITE_NOTADB: self = .damaged(directory, said)
    case .SQLITE_FULL: self = .diskFull(directory, action)
    case .SQLITE_PERM, .SQLITE_READONLY, .SQLITE_AUTH, .SQLITE_CANTOPEN:
      self.init(
        .permission, directory,
        "cannot \(action): \(said); check owner and permissions of the folder and of \(StudyFolder.databaseName)")
    case .SQLITE_BUSY, .SQLITE_LOCKED:
      self.init(.busy, directory, "cannot \(action): another program has locked the database; close it and try again")
    case .SQLITE_CONSTRAINT: self = .invalidChange(directory, said)
    case .SQLITE_MISUSE: self.init(.closed, directory, "cannot \(action): the study was closed")
    case .SQLITE_IOERR where error.extendedResultCode == .SQLITE_IOERR_CORRUPTFS: self = .damaged(directory, said)
    default: self.init(.inputOutput, directory, "cannot \(action): \(said); check the disk and try again")
    }
  }
}
