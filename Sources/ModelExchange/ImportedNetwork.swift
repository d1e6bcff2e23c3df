import BasisEngine
import ImageData
import ReadableText
import SearchCore
import TensorFiles

/// A dense network whose weights come from a safetensors file, such as a PyTorch state dict.
package struct ImportedNetwork: Sendable {
  package let checkpoint: Checkpoint
  /// The number of tensors that have other names in the file.
  package let renamed: Int
  /// The number of tensors that were left out because they do not affect the network's outputs: `num_batches_tracked`.
  package let ignored: Int

  package var parameters: Int {
    checkpoint.tensors.tensors.filter { !$0.name.contains(".running_") }.reduce(0) { $0 + $1.values.count }
  }

  /// The maximum size of a file, far above that of any network of this program.
  package static let mostFileBytes = 4 << 30

  /// - Parameters:
  ///   - model: The network's model; the number of classes is that of the file's classifier.
  ///   - imageSize: The number of rows and of columns of its images.
  ///   - names: The names of the file's tensors, if they are not common ones.
  ///   - normalization: The normalization of the images in its training; `nil` for that of the data set it is used
  ///     with.
  /// - Throws: `tensors` with all tensors that are missing or surplus, or with one that has another shape.
  package init(
    _ file: SafeTensors, path: String, model: Model, imageSize: Int = 32,
    names: TensorNames = .none, namesPath: String = "", normalization: ChannelNormalization? = nil
  ) throws(ExchangeError) {
    let isIgnored = { (name: String) in name.hasSuffix("num_batches_tracked") }
    let wanted = file.tensors.filter { !isIgnored($0.name) }
    ignored = file.tensors.count - wanted.count
    let reader = Reader(file: file, path: path, tensors: wanted, names: names)
    let form = try Self.form(model, imageSize: imageSize, classCount: reader.classCount, path: path)
    let expected = form.parameters + form.statistics
    try names.require(useFor: expected.map(\.name), path: namesPath)
    let found = try reader.tensors(expected, model: model)
    renamed = found.renamed
    do throws(CheckpointProblem) {
      checkpoint = Checkpoint(
        network: Checkpoint.Network(form), tensors: try TensorTree(found.tensors), normalization: normalization)
      _ = try checkpoint.network.form()
    } catch { throw .tensors(path: path, "\(error)") }
  }

  private static func form(
    _ model: Model, imageSize: Int, classCount: Int?, path: String
  ) throws(ExchangeError) -> NetworkForm {
    if let problem = model.problem(imageSize: imageSize) { throw .unfit(problem) }
    // If the file has no classifier, the error lists its tensors as missing.
    let classCount = classCount ?? 10
    let most = NetworkLimits.classes.upperBound
    guard (1...most).contains(classCount) else {
      throw .tensors(path: path, "its classifier has \(classCount) outputs, but networks have at most \(most)")
    }
    do {
      return try NetworkForm(
        architecture: Architecture(model, imageSize: imageSize, classCount: classCount), candidate: .dense,
        variant: .remainder)
    } catch { throw .tensors(path: path, "\(error)") }
  }
}

/// Finds the network's tensors in the file.
private struct Reader {
  let file: SafeTensors
  let path: String
  let tensors: [SafeTensors.Tensor]
  let names: TensorNames
  /// The tensors by their names without the prefix of wrappers, and by their full names, which take precedence.
  private let places: [String: SafeTensors.Tensor]

  init(file: SafeTensors, path: String, tensors: [SafeTensors.Tensor], names: TensorNames) {
    (self.file, self.path, self.tensors, self.names) = (file, path, tensors, names)
    let parts = TensorNames.wrapperParts(tensors.map(\.name))
    var places: [String: SafeTensors.Tensor] = [:]
    for tensor in tensors { places[tensor.name.split(separator: ".").dropFirst(parts).joined(separator: ".")] = tensor }
    for tensor in tensors { places[tensor.name] = tensor }
    self.places = places
  }

  private func place(of name: String) -> SafeTensors.Tensor? {
    if let mapped = names.name(of: name) { return places[mapped] }
    return TensorNames.usual(for: name).lazy.compactMap { places[$0] }.first
  }

  /// The number of outputs of the file's classifier; `nil` if it has none.
  var classCount: Int? {
    guard let shape = place(of: "fc.bias")?.shape, shape.count == 1 else { return nil }
    return shape[0]
  }

  func tensors(
    _ expected: [TensorDescription], model: Model
  ) throws(ExchangeError) -> (tensors: [NamedTensor], renamed: Int) {
    var found: [NamedTensor] = []
    var users: [String: String] = [:]
    var missing: [String] = []
    for description in expected {
      guard let tensor = place(of: description.name) else {
        missing.append(names.name(of: description.name) ?? description.name)
        continue
      }
      if let other = users.updateValue(description.name, forKey: tensor.name) {
        throw .tensors(
          path: path, "tensor \(shown(tensor.name)) would be both \(other) and \(description.name); correct the map")
      }
      found.append(try numbers(of: tensor, as: description, model))
    }
    let surplus = tensors.map(\.name).filter { users[$0] == nil }
    guard missing.isEmpty, surplus.isEmpty else {
      throw .tensors(path: path, Self.difference(missing: missing, surplus: surplus, model))
    }
    return (found, users.count(where: { $0.key != $0.value }))
  }

  private func numbers(
    of tensor: SafeTensors.Tensor, as description: TensorDescription, _ model: Model
  ) throws(ExchangeError) -> NamedTensor {
    guard tensor.shape == description.shape else {
      throw .tensors(
        path: path,
        "tensor \(shown(tensor.name)) has the shape \(SafeTensors.shapeText(tensor.shape)), but \(description.name) of "
          + "\(model.rawValue) has \(SafeTensors.shapeText(description.shape)); choose the model it was made from")
    }
    do throws(TensorFileProblem) {
      let values = try file.floats(of: tensor)
      guard values.allSatisfy(\.isFinite) else {
        throw TensorFileProblem("tensor \(shown(tensor.name)) has values that are infinite or NaN")
      }
      guard !description.name.hasSuffix(".running_var") || values.allSatisfy({ $0 >= 0 }) else {
        throw TensorFileProblem("tensor \(shown(tensor.name)) has variances below 0")
      }
      do { return try NamedTensor(name: description.name, shape: description.shape, values: values) } catch {
        throw TensorFileProblem("\(error)")
      }
    } catch { throw .file(.unusable(path: path, error)) }
  }

  private static func difference(missing: [String], surplus: [String], _ model: Model) -> String {
    var parts: [String] = []
    if !missing.isEmpty { parts.append("for \(model.rawValue) it lacks \(list(missing))") }
    if !surplus.isEmpty { parts.append("\(model.rawValue) has no place for \(list(surplus))") }
    let advice =
      surplus.contains { $0.hasSuffix(".basis") }
      ? "it has basis convolutions, but only dense networks are imported: layersearch export-model --merge writes one"
      : "choose the model it was made from, or give a map of its names"
    return (parts + [advice]).joined(separator: "; ")
  }

  private static func list(_ names: [String]) -> String {
    let most = 8
    return names.prefix(most).map(shown).joined(separator: ", ")
      + (names.count > most ? " and \(names.count - most) more" : "")
  }
}

private func shown(_ name: String) -> String { name.inOneLine.cut(toCharacters: 100) }
