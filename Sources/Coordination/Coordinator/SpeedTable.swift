import SearchCore
import Synchronization

/// How fast workers train in one slot, by what they have finished: multiply-adds a second. The latest training counts
/// as much as all before it.
struct SpeedTable: Sendable {
  private struct Account: Sendable {
    var work = 0.0
    var seconds = 0.0

    /// Nil where nothing was finished.
    var rate: Double? { seconds > 0 ? work / seconds : nil }

    mutating func add(_ work: Double, _ seconds: Double) {
      self.work = self.work / 2 + work
      self.seconds = self.seconds / 2 + seconds
    }
  }

  private var accounts: [String: Account] = [:]
  private var all = Account()

  var isEmpty: Bool { all.rate == nil }

  /// A worker took so many seconds for so many multiply-adds.
  mutating func record(_ work: Double, seconds: Double, by worker: String) {
    guard seconds > 0, work > 0 else { return }
    accounts[worker, default: Account()].add(work, seconds)
    all.add(work, seconds)
  }

  mutating func forget(_ worker: String) { accounts[worker] = nil }

  /// Its own, else that of the study's latest trainings; nil before the first.
  func rate(of worker: String) -> Double? { accounts[worker]?.rate ?? all.rate }
}

extension Work {
  /// Multiply-adds of the whole, about: what forecasts of its time are made of.
  var multiplyAdds: Double {
    let recipe = kind.recipe
    let architecture = Self.architectures.withLock { $0.architecture(of: recipe) }
    return Double(architecture.cost(of: candidate, variant: recipe.variant).multiplyAdds) * max(1, recipe.passes)
  }

  private static let architectures = Mutex(KnownArchitectures())
}

/// Networks of works, each made once: a study has one, or few.
private struct KnownArchitectures: Sendable {
  private struct Key: Hashable {
    var model: Model
    var shape: DataShape
  }

  private var known: [Key: Architecture] = [:]

  mutating func architecture(of recipe: TrainingRecipe) -> Architecture {
    let key = Key(model: recipe.model, shape: recipe.data.shape)
    if let architecture = known[key] { return architecture }
    let architecture = recipe.architecture
    known[key] = architecture
    return architecture
  }
}
