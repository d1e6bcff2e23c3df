import Files

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

extension OutputFile {
  /// Why nothing may be written here: it would destroy a study, or a file that the command reads. `nil` if the output
  /// destroys nothing.
  package func loss(reading inputs: [String?]) -> String? {
    if isOfStudy { return "\(path) is a file of a study; name another file" }
    return inputs.compactMap(\.self).first(where: replaces).map {
      "\(path) is the same file as the input \($0); name another file"
    }
  }

  private var isOfStudy: Bool {
    guard let file else { return false }
    let (folder, name) = (FilePath.folder(of: file), FilePath.name(of: file))
    let own = [StudyFolder.configurationName, StudyFolder.lockName, StudyFolder.markName]
    // A database without a mark is an exported copy, not a study.
    guard access(StudyFolder(folder).mark, F_OK) == 0 else { return false }
    return name.hasPrefix(StudyFolder.databaseName) || own.contains(name)
  }
}
