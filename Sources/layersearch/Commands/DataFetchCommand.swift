import ArgumentParser
import ImageData
import SearchCore
import Terminal

struct DataFetchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fetch",
    abstract: "Downloads a data set, checks it and unpacks it.",
    discussion: Examples.folded(
      """
      Continues an interrupted download, and does nothing if the folder is complete.

      Examples:
        layersearch data fetch cifar10 ~/.cache/layersearch/cifar-10-batches-bin
        layersearch data fetch cifar100
      """))

  enum Fetchable: String, ExpressibleByArgument, CaseIterable {
    case cifar10, cifar100

    var set: ImageSet { self == .cifar10 ? .cifar10 : .cifar100 }
  }

  @Argument(help: "The data set.")
  var set: Fetchable

  @Argument(
    help: ArgumentHelp(
      "The folder for the files (default: \(DataPlaces.standardCIFAR10) or \(DataPlaces.standardCIFAR100)).",
      valueName: "dir"))
  var directory: String?

  @Option(
    help: ArgumentHelp(
      "Address to download from (default: \(DatasetArchive.cifar10Address) or \(DatasetArchive.cifar100Address)).",
      valueName: "url"))
  var address: String?

  @Option(
    help: ArgumentHelp(
      """
      SHA-256 of the archive (default: \(ArchiveChecksum.cifar10.digits) for cifar10, \
      \(ArchiveChecksum.cifar100.digits) for cifar100).
      """, valueName: "hex"))
  var sha256: String?

  @Option(help: ArgumentHelp("MD5 of the archive, if its SHA-256 is not known.", valueName: "hex"))
  var md5: String?

  @Flag(help: "Print one JSON object.")
  var json = false

  @OptionGroup var verbosity: VerbosityOptions

  struct Output: Encodable {
    var directory: String
    var downloaded: Bool
    var contentHash: String
  }

  private var archive: DatasetArchive {
    let checksum = sha256.map(ArchiveChecksum.sha256) ?? md5.map(ArchiveChecksum.md5)
    return switch set {
    case .cifar10: .cifar10(address: address ?? DatasetArchive.cifar10Address, checksum: checksum ?? .cifar10)
    case .cifar100: .cifar100(address: address ?? DatasetArchive.cifar100Address, checksum: checksum ?? .cifar100)
    }
  }

  private var standardFolder: String { DataPlaces.standard(set.set) ?? "" }

  func validate() throws {
    if directory == "" { throw ValidationError("the folder's name is empty; leave it out, or name a folder") }
    if sha256 != nil, md5 != nil { throw ValidationError("--md5 and --sha256 exclude each other; give --sha256") }
    do { try archive.check() } catch {
      let option = if case .invalidChecksum = error { sha256 == nil ? "--md5" : "--sha256" } else { "--address" }
      throw ValidationError("\(option) \(error)")
    }
  }

  func run() async throws {
    let display = verbosity.quiet ? nil : DownloadDisplay()
    let folder = directory ?? standardFolder
    let outcome: DatasetArchive.Outcome
    do {
      outcome = try await archive.fetch(into: folder) { received, total in
        display?.show(received: received, total: total)
      }
    } catch {
      StandardError.shared.show(status: nil)
      if case .unwritable(let path, let reason) = error, folder == standardFolder {
        throw Failure.failed(
          "\(path): cannot be written: \(reason); give a folder, as in: layersearch data fetch \(set.rawValue) DIR, or "
            + "set HOME to a folder of this user")
      }
      throw error
    }
    StandardError.shared.show(status: nil)
    let content = try DataPlace(set.set, at: folder).content()
    if json {
      try JSONOutput.print(
        Output(directory: folder, downloaded: outcome == .installed, contentHash: content.identity))
    } else {
      let what = outcome == .installed ? "downloaded, checked and unpacked" : "already there and complete"
      StandardOutput.writeLine("\(folder): \(set.rawValue) is \(what), content \(content)")
    }
  }
}
