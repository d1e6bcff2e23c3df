/// The place of a launch, made of its record: for its launcher, and for whoever looks at it from another shell.
package enum Places {
  package static func place(of record: LaunchRecord, in folder: LaunchFolder) throws(LaunchError) -> any Place {
    switch record.kind {
    case .local: LocalPlace(folder)
    case .ssh: try SSHPlace(folder, record.settings)
    case .slurm, .kubernetes: throw .usage("this build cannot start workers in \(record.kind.rawValue)")
    }
  }
}
