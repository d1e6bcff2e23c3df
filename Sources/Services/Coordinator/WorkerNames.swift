/// The names of the keys that workers came in with, from the list of authorized keys; logs show them with the workers.
struct WorkerNames {
  private var names: [String: String] = [:]

  package mutating func set(_ name: String?, of worker: String) { names[worker] = name }

  package func name(of worker: String) -> String? { names[worker] }

  /// Returns the worker, with the name of its key if it has one.
  package func title(of worker: String) -> String { names[worker].map { "\(worker) (key \($0))" } ?? worker }

  /// Adds names of keys to a text: `worker w1 is benched: …` → `worker w1 (key node7) is benched: …`
  func annotated(_ text: String) -> String {
    guard !names.isEmpty else { return text }
    var words = text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
    for index in words.indices.dropFirst() where words[index - 1] == "worker" {
      let word = words[index]
      let id = word.last.map { ":;,".contains($0) } ?? false ? String(word.dropLast()) : word
      if let name = names[id] { words[index] = "\(id) (key \(name))" + word.dropFirst(id.count) }
    }
    return words.joined(separator: " ")
  }
}
