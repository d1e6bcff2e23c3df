import Files

/// The files of an exported network.
package struct NetworkExport: Sendable {
  package enum Format: String, CaseIterable, Sendable {
    case safetensors, onnx
    case torchScriptSource = "torchscript-source"

    /// The extension of the file's name.
    package var ending: String {
      switch self {
      case .safetensors: ".safetensors"
      case .onnx: ".onnx"
      case .torchScriptSource: ".py"
      }
    }
  }

  package struct File: Sendable {
    /// The path to write to.
    package var path: String
    package var bytes: [UInt8]
  }

  /// A text that every module and card contains.
  package static let mark = "layersearch export-model"

  /// The requested file.
  package let file: File
  /// The files that belong beside it: the cards and, for tensors, the module that reads them.
  package let beside: [File]

  /// - Parameters:
  ///   - path: The path of the requested file.
  ///   - foldsBatchNorm: Whether batch norm is folded, in ONNX; has no effect on the other formats.
  ///   - generator: The program and its version.
  package init(
    of network: ExportedNetwork, as format: Format, path: String, foldsBatchNorm: Bool = false, generator: String
  ) {
    let name = FilePath.name(of: path)
    let card = ModelCard(
      of: network, file: name, format: format.rawValue, foldsBatchNorm: foldsBatchNorm,
      generator: "\(Self.mark), \(generator)")
    var beside: [File] = []
    let bytes: [UInt8]
    switch format {
    case .safetensors:
      bytes = network.safeTensorsFile(card: card.json)
      beside.append(
        File(
          path: Self.path(path, .safetensors, .torchScriptSource),
          bytes: Array(network.pyTorchSource(title: card.title, weights: name).utf8)))
    case .torchScriptSource:
      let weights = FilePath.name(of: Self.path(path, .torchScriptSource, .safetensors))
      bytes = Array(network.pyTorchSource(title: card.title, weights: weights).utf8)
    case .onnx:
      bytes = network.onnxGraph(foldsBatchNorm: foldsBatchNorm).file(
        name: card.model, metadata: [("layersearch", card.json)])
    }
    beside.append(File(path: path + ".json", bytes: Array(card.json.utf8)))
    beside.append(File(path: path + ".md", bytes: Array(card.markdown.utf8)))
    file = File(path: path, bytes: bytes)
    self.beside = beside
  }

  /// Returns the path of a file in another format beside this one.
  package static func path(_ path: String, _ format: Format, _ other: Format) -> String {
    (path.hasSuffix(format.ending) ? String(path.dropLast(format.ending.count)) : path) + other.ending
  }

  /// Returns why Python cannot import a module with this file name; `nil` if it can, or if the file is not a module.
  package static func importProblem(ofModule path: String) -> String? {
    let file = FilePath.name(of: path)
    guard file.hasSuffix(".py") else { return nil }
    let name = file.dropLast(3)
    if ["torch", "safetensors", "numpy"].contains(name) {
      return "\(file) would hide Python's module \(name) in its folder: give it another name"
    }
    let isName =
      name.first?.isNumber == false && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
    return isName ? nil : "\(file) can be imported only if its name has nothing but letters, digits and _: rename it"
  }

  /// Returns the default path of a checkpoint's export: beside the checkpoint.
  package static func path(besideCheckpoint checkpoint: String, _ format: Format) -> String {
    let name = FilePath.name(of: checkpoint)
    guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return checkpoint + format.ending }
    return String(checkpoint.dropLast(name.distance(from: dot, to: name.endIndex))) + format.ending
  }
}
