import ArgumentParser

struct LaunchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "launch",
    abstract: "Starts workers on this machine, on hosts over ssh or in clusters: as many as a study can use.",
    discussion: Examples.folded(
      """
      A launch asks the coordinator how much work there is, starts workers in the given place, replaces those that are \
      lost, stops those that idle, and ends when the study is done. Ctrl-C asks its workers to hand back their jobs \
      and leave; a second one ends them. If a launcher was killed, the same command starts it again, and it continues \
      with the workers that are there.

      Examples:
        layersearch launch local --connect tcp://127.0.0.1:5555 --workers 1:2
        layersearch launch ssh --hosts cluster/hosts --connect tcp://10.0.0.1:5555 --keys keys --workers 1:20
        layersearch launch slurm --connect tcp://login1:5555 --keys keys/worker-1 --workers 2:50 --time 2:00:00
        layersearch launch kubernetes --connect tcp://layersearch-coordinator:5555 --workers 1:20
        layersearch launch status
        layersearch launch stop
      """),
    subcommands: [
      LaunchLocalCommand.self, LaunchSSHCommand.self, LaunchSlurmCommand.self, LaunchKubernetesCommand.self,
      LaunchStatusCommand.self, LaunchStopCommand.self, LaunchLogsCommand.self,
    ])
}

struct LaunchLocalCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "local",
    abstract: "Starts workers on this machine.",
    discussion: Examples.folded(
      """
      Workers are background processes, which continue if the launcher is killed. Without --slots, a worker has one \
      slot per core, so that more than one worker is useful only with --slots.

      Example:
        layersearch launch local --connect tcp://127.0.0.1:5555 --workers 0:4 --slots 2
      """))

  @OptionGroup var options: LaunchOptions

  func run() async throws {
    try await runLaunch(.local, options, executable: try OwnExecutable.path())
  }
}
