import ArgumentParser
import Foundation
import ImageData

struct DataCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "data",
    abstract: "Fetches and checks data sets.",
    discussion: """
      Example:
        layersearch data fetch cifar10 ~/.cache/layersearch/cifar-10-batches-bin

      The set shapes10 is drawn by the program and needs no file.
      """,
    subcommands: [DataFetchCommand.self, DataVerifyCommand.self, DataInfoCommand.self])
}

struct DataVerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Checks every file of a data set: sizes, labels, content hash.",
    discussion: """
      Example:
        layersearch data verify ~/.cache/layersearch/cifar-10-batches-bin
      """)

  @Argument(help: ArgumentHelp("The folder with data_batch_1.bin … test_batch.bin, or shapes10.", valueName: "dir"))
  var data: String = DataPlaces.standardCIFAR10

  @Flag(help: "Print one JSON object.")
  var json = false

  struct Output: Encodable {
    var valid: Bool
    var set: String
    var directory: String?
    var contentHash: String
    var bytes: Int
  }

  func run() throws {
    let output = try check()
    if json {
      try JSONOutput.print(output)
    } else {
      StandardOutput.writeLine("\(data): \(output.set) is whole, content \(output.contentHash)")
    }
  }

  private func check() throws -> Output {
    guard data != DataPlaces.embedded else {
      let identity = DataContent.shapes10.identity
      return Output(valid: true, set: data, directory: nil, contentHash: identity, bytes: 0)
    }
    let report = try CIFAR10.verify(directory: data)
    return Output(
      valid: true, set: report.set, directory: report.directory, contentHash: report.contentHash, bytes: report.bytes)
  }
}

struct DataInfoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "info",
    abstract: "Tells what a data set holds: images, classes, means, content hash.",
    discussion: """
      Example:
        layersearch data info shapes10
      """)

  @Argument(help: ArgumentHelp("The folder with data_batch_1.bin … test_batch.bin, or shapes10.", valueName: "dir"))
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
  }
}
