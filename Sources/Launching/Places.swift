import Files

/// Makes the place of a launch from its record: for its launcher, and for commands in another shell.
package enum Places {
  package static func place(of record: LaunchRecord, in folder: LaunchFolder) throws(LaunchError) -> any Place {
    switch record.kind {
    case .local: LocalPlace(folder)
    case .ssh: try SSHPlace(folder, record.settings)
    case .slurm: slurm(record, in: FilePath.join(folder.path, "slurm"))
    case .kubernetes: KubernetesPlace(record.settings)
    }
  }

  private static func slurm(_ record: LaunchRecord, in folder: String) -> any Place {
    let request = SlurmRequest(settings: record.settings)
    if let job = record.settings[SlurmAllocation.jobSetting].flatMap({ Int($0) }) {
      return SlurmAllocation(job: job, graceSeconds: request.graceSeconds, folder: folder)
    }
    return SlurmPlace(request, folder: folder)
  }
}
