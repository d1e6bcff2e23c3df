import Files

/// The place of a launch, made of its record: for its launcher, and for whoever looks at it from another shell.
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
