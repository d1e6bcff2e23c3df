import ArgumentParser
import Files
import Foundation
import Launching
import TextInput

struct LaunchSSHCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ssh",
    abstract: "Starts workers on the hosts listed in a file, one on each, over ssh.",
    discussion: Examples.folded(
      """
      ssh must log in without a password, and the hosts need the program layersearch (--binary, or binary= in the \
      file; see cluster/hosts.example). --keys is a worker's folder of keys, or a folder that keygen made with a \
      --worker for each host; each host then gets its own keys. They are sent to the hosts over ssh.

      Example:
        layersearch launch ssh --hosts hosts --connect tcp://10.0.0.1:5555 --keys keys --workers 1:20
      """))

  @Option(help: ArgumentHelp("File of hosts, one per line; - is standard input.", valueName: "file"))
  var hosts: String

  @Option(help: ArgumentHelp("More options for ssh, such as '-i KEY'.", valueName: "text"))
  var sshOptions: String?

  @OptionGroup var options: LaunchOptions

  private static let mostBytes = 1 << 20

  func validate() throws {
    guard options.detach else { return }
    if hosts == "-" || ["/dev/fd/", "/dev/stdin", "/proc/self/fd/"].contains(where: hosts.hasPrefix) {
      throw ValidationError("--hosts \(hosts): a launcher in the background cannot read this again; give a file")
    }
  }

  func run() async throws {
    let text: String
    do { text = try TextInput(path: hosts, mostBytes: Self.mostBytes).text } catch {
      throw Failure.usage(
        "cannot read \(hosts): \(error.reason); copy cluster/hosts.example and list your hosts in it")
    }
    let first = try HostsFile(text, name: hosts == "-" ? "standard input" : hosts).hosts[0]
    // The launcher uses the keys of the first host if every host has its own, and otherwise those of all workers.
    let own = options.keys.map { FilePath.join(FilePath.expandingTilde($0), first.name) }.flatMap {
      Folder.isFolder($0) ? $0 : nil
    }
    try await runLaunch(
      .ssh, options, settings: [SSHPlace.hostsSetting: text, SSHPlace.optionsSetting: sshOptions ?? ""], keys: own)
  }
}
