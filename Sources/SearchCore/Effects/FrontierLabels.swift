/// The paths to the cells of a lattice after a layer that `FrontierSolver` keeps: for each cell and state (the options
/// of the layers that later ones interact with), the path with the least damage.
struct FrontierLabels {
  /// The number of states of a cell.
  let states: Int
  /// The number of words of a path.
  private let words: Int
  /// The damage of the path to each cell and state; infinite if there is none.
  private(set) var damage: [Double]
  private var paths: [UInt64]

  /// How a layer extends the paths before it.
  struct Step {
    /// The damage of each option of the layer.
    var damage: [Double]
    /// Earlier layers that interact with the layer, in order, and the damage of each pair of options, with one row for
    /// each option of the earlier layer; 0 if one is dense.
    var partners: [(place: PathCode.Place, damage: [Double])]
    /// Earlier layers whose options belong to the state, with the number of options of each.
    var kept: [(place: PathCode.Place, options: Int)]
    /// Whether the layer's own option belongs to the state, as the last one.
    var isKept: Bool
    var place: PathCode.Place
  }

  init(cells: Int, states: Int, words: Int) {
    self.states = states
    self.words = words
    damage = Array(repeating: .infinity, count: cells * states)
    paths = Array(repeating: 0, count: cells * states * words)
  }

  /// Sets the empty path before the first layer.
  mutating func begin() { damage[0] = 0 }

  func path(_ label: Int) -> ArraySlice<UInt64> { paths[(label * words)..<((label + 1) * words)] }

  func isBetter(_ left: Int, than right: Int) -> Bool {
    damage[left] != damage[right] ? damage[left] < damage[right] : isFirst(left, of: right)
  }

  /// Whether `left` precedes `right` in the order of options.
  func isFirst(_ left: Int, of right: Int) -> Bool { path(left).lexicographicallyPrecedes(path(right)) }

  /// Fills all cells after a layer from those before it.
  ///
  /// - Parameters:
  ///   - mask: the bit mask of an option after it is shifted to the low end of its word.
  ///   - targets: writes the cells to which the options lead from a cell before the layer.
  mutating func extend(
    _ before: FrontierLabels, by step: Step, mask: UInt64,
    targets enterTargets: (_ cell: Int, _ targets: UnsafeMutableBufferPointer<Int>) -> Void
  ) {
    let (width, words, states) = (step.damage.count, words, states)
    // Unsafe buffers avoid a uniqueness check of the arrays at each access: most of a search's time is spent here.
    damage.withUnsafeMutableBufferPointer { damage in
      paths.withUnsafeMutableBufferPointer { paths in
        before.paths.withUnsafeBufferPointer { earlier in
          withUnsafeTemporaryAllocation(of: Int.self, capacity: width) { targets in
            withUnsafeTemporaryAllocation(of: Double.self, capacity: width) { added in
              let after = Ways(damage: damage, paths: paths, words: words)
              for cell in 0..<(before.damage.count / before.states) {
                var hasTargets = false
                for label in (cell * before.states)..<((cell + 1) * before.states)
                where before.damage[label] < .infinity {
                  if !hasTargets { enterTargets(cell, targets) }
                  hasTargets = true
                  let path = UnsafeBufferPointer(rebasing: earlier[(label * words)..<((label + 1) * words)])
                  step.addDamage(on: path, mask, to: added)
                  let state = step.state(on: path, mask)
                  for option in 0..<width {
                    let target = targets[option] * states + state + (step.isKept ? option : 0)
                    after.offer(before.damage[label] + added[option], path, UInt64(option), step.place, at: target)
                  }
                }
              }
            }
          }
        }
      }
    }
  }

  /// The cells that are being filled.
  private struct Ways {
    let damage: UnsafeMutableBufferPointer<Double>
    let paths: UnsafeMutableBufferPointer<UInt64>
    let words: Int

    /// Stores the path with the option if it is better than the stored one. Of paths with equal damage, the one that
    /// comes first in the order of options stays.
    @inline(__always)
    func offer(
      _ offered: Double, _ path: UnsafeBufferPointer<UInt64>, _ option: UInt64, _ place: PathCode.Place, at label: Int
    ) {
      guard offered <= damage[label] else { return }
      let start = label * words
      if offered == damage[label] {
        var isFirst = false
        for word in 0..<words {
          let value = path[word] | (word == place.word ? option << place.shift : 0)
          let other = paths[start + word]
          if value != other {
            isFirst = value < other
            break
          }
        }
        guard isFirst else { return }
      }
      damage[label] = offered
      for word in 0..<words { paths[start + word] = path[word] }
      paths[start + place.word] |= option << place.shift
    }
  }
}

extension FrontierLabels.Step {
  /// Writes the damage that each option of the layer adds to this path, with the interactions with its partners.
  @inline(__always)
  fileprivate func addDamage(
    on path: UnsafeBufferPointer<UInt64>, _ mask: UInt64, to added: UnsafeMutableBufferPointer<Double>
  ) {
    let width = damage.count
    for option in 0..<width { added[option] = damage[option] }
    for index in partners.indices {
      let row = partners[index].place.option(in: path, mask) * width
      guard row > 0 else { continue }
      for option in 1..<width { added[option] += partners[index].damage[row + option] }
    }
  }

  /// Returns the state to which the path leads, without the layer's own option.
  @inline(__always)
  fileprivate func state(on path: UnsafeBufferPointer<UInt64>, _ mask: UInt64) -> Int {
    var state = 0
    for index in kept.indices {
      state = state * kept[index].options + kept[index].place.option(in: path, mask)
    }
    return isKept ? state * damage.count : state
  }
}

/// Packs the options of all layers, so that comparing words compares options in the order of the layers.
struct PathCode: Sendable {
  /// The position of a layer's option in a path.
  struct Place: Sendable {
    var word: Int
    var shift: UInt64

    @inline(__always)
    func option(in path: UnsafeBufferPointer<UInt64>, _ mask: UInt64) -> Int {
      Int(truncatingIfNeeded: path[word] >> shift & mask)
    }
  }

  private let places: [Place]
  let words: Int
  /// The bit mask of one option.
  let mask: UInt64

  init(_ space: EffectSpace) {
    let most = space.layers.map(\.ranks.count).max() ?? 1
    let width = Int.bitWidth - most.leadingZeroBitCount
    let perWord = 64 / width
    words = max(1, (space.layers.count + perWord - 1) / perWord)
    mask = 1 << UInt64(width) - 1
    places = space.layers.indices.map { Place(word: $0 / perWord, shift: UInt64(64 - width * ($0 % perWord + 1))) }
  }

  func place(of layer: Int) -> Place { places[layer] }

  @inline(__always)
  func option(of layer: Int, in path: ArraySlice<UInt64>) -> Int {
    let place = places[layer]
    return Int(truncatingIfNeeded: path[path.startIndex + place.word] >> place.shift & mask)
  }
}
