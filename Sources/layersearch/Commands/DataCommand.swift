import ArgumentParser
import Foundation
import ImageData
import ReadableText
import Terminal

struct DataCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "data",
    abstract: "Fetches and checks data sets.",
    discussion: Examples.folded(
      """
      Example:
        layersearch data fetch cifar10 ~/.cache/layersearch/cifar-10-batches-bin

      The set shapes10 is drawn by the program and needs no file. A file of arrays (.npz, .safetensors) is made by \
      yourself: docs/data.md tells how.
      """),
    subcommands: [DataFetchCommand.self, DataVerifyCommand.self, DataInfoCommand.self])
}

extension ParsableCommand {
  fileprivate func warn(_ warnings: [String]) {
    for warning in warnings { StandardError.shared.writeLine("warning: \(warning)") }
  }
}

struct DataVerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Checks every file of a data set: sizes, labels, content.",
    discussion: Examples.folded(
      """
      Says whether the files are CIFAR-10's official ones, byte for byte, a complete set of other images, which may be \
      trained on as well, or damaged; whether those of CIFAR-100 are complete; whether a file of arrays can be trained \
      on. Ends with 1 where they are damaged, or not those of --expect.

      Examples:
        layersearch data verify ~/.cache/layersearch/cifar-10-batches-bin
        layersearch data verify /data/images --expect 0b2e3c4d5f60
        layersearch data verify flowers.npz
      """))

  @Argument(
    help: ArgumentHelp(
      "The folder with CIFAR's binary files, a file of arrays, or shapes10.", valueName: "dir|file|shapes10"))
  var data: String = DataPlaces.standardCIFAR10

  @Option(
    help: ArgumentHelp(
      "The content that it is to have, as data info tells it: the whole hash, or its first 12 digits or more.",
      valueName: "hash"))
  var expect: String?

  @Flag(help: "Print one JSON object.")
  var json = false

  func validate() throws {
    guard let expect, data != DataPlaces.embedded else { return }
    guard (12...64).contains(expect.utf8.count), Hexadecimal.isNumber(expect, digits: expect.utf8.count) else {
      throw ValidationError(
        "--expect \(expect): a content hash has 64 hexadecimal digits, of which at least 12 are wanted")
    }
  }

  func run() throws {
    let output = try DataVerification(of: data)
    if let expect, !output.contentHash.hasPrefix(expect.lowercased()) {
      throw Failure.failed(
        "\(data): \(output.authenticity.text(set: output.set)), content \(output.contentHash), but \(expect) was "
          + "expected")
    }
    if json {
      try JSONOutput.print(output)
    } else {
      let kind = output.authenticity.text(set: output.set)
      StandardOutput.writeLine("\(data): \(kind), content \(output.contentHash)")
    }
    warn(output.warnings)
  }
}

struct DataInfoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "info",
    abstract: "Tells what a data set holds: images, classes, means, content hash.",
    discussion: Examples.folded(
      """
      Example:
        layersearch data info shapes10
      """))

  @Argument(
    help: ArgumentHelp(
      "The folder with CIFAR's binary files, a file of arrays, or shapes10.", valueName: "dir|file|shapes10"))
  var data: String = DataPlaces.standardCIFAR10

  @Flag(help: "Print one JSON object.")
  var json = false

  func run() throws {
    let report = try DataPlaces.report(on: data)
    if json {
      try JSONOutput.print(report)
    } else {
      for line in report.lines { StandardOutput.writeLine(line) }
    }
    warn(report.warnings)
  }
}
