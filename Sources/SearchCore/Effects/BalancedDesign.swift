import Randomness

/// A set of candidates whose trainings estimate every layer's effect about equally well: each option of a layer occurs
/// about equally often, and each pair of layers' options as evenly as the number of candidates allows.
///
/// The design is Bayesian D-optimal: it maximizes the determinant of the information matrix of base and options, with a
/// weak prior for designs with fewer candidates than options (DuMouchel and Jones 1994). The search is coordinate
/// exchange (Meyer and Nachtsheim 1995) from a random start.
package struct BalancedDesign {
  private let space: EffectSpace
  private let isAllowed: (Cost) -> Bool
  /// The index of each layer's first option in the information matrix. The base has index 0; the dense option has none.
  private let starts: [Int]
  private let width: Int
  private var rows: [[Int]] = []
  private var known: Set<[Int]>
  /// The inverse of the information matrix, width × width.
  private var inverse: [Double] = []

  private static let priorPrecision = 0.05
  private static let mostSweeps = 20

  /// - Parameters:
  ///   - count: the number of candidates wanted; fewer are returned if no more are found.
  ///   - given: candidates that are trained anyway; they inform the design and are not returned.
  ///   - isAllowed: whether candidates of a cost may be chosen.
  package static func candidates(
    in space: EffectSpace, count: Int, besides given: [[Int]], random: inout StableRandom,
    isAllowed: @escaping (Cost) -> Bool = { _ in true }
  ) -> [[Int]] {
    var design = BalancedDesign(space, given, isAllowed)
    design.start(count, &random)
    design.improve(given)
    return design.rows
  }

  private init(_ space: EffectSpace, _ given: [[Int]], _ isAllowed: @escaping (Cost) -> Bool) {
    self.space = space
    self.isAllowed = isAllowed
    var starts: [Int] = []
    var next = 1
    for layer in space.layers {
      starts.append(next)
      next += layer.ranks.count
    }
    self.starts = starts
    width = next
    known = Set(given)
  }

  // MARK: start

  /// Fills the rows with every option of a layer equally often, in random order.
  private mutating func start(_ count: Int, _ random: inout StableRandom) {
    let columns = space.layers.map { layer in
      // Which options occur once more than the others is random, too.
      let options = random.permutation(layer.optionCount)
      let order = random.permutation(count)
      return order.map { options[$0 % layer.optionCount] }
    }
    for row in 0..<count {
      let drawn = columns.map { $0[row] }
      if let options = allowed(drawn, &random) {
        rows.append(options)
        known.insert(options)
      }
    }
  }

  /// Returns the drawn candidate if it is allowed and new. As long as it costs too much, further layers take their
  /// smallest options. If it is known already, random candidates are tried instead. Returns `nil` after 200 attempts.
  private func allowed(_ drawn: [Int], _ random: inout StableRandom) -> [Int]? {
    for attempt in 0..<200 {
      var options =
        attempt == 0 ? drawn : space.layers.map { random.integer(below: $0.optionCount) }
      for layer in random.permutation(options.count) {
        if isAllowed(space.cost(options: options)) { break }
        options[layer] = space.layers[layer].smallestOption(of: space.denseCost)
      }
      if isAllowed(space.cost(options: options)), !known.contains(options) { return options }
    }
    return nil
  }

  // MARK: exchange

  private mutating func improve(_ given: [[Int]]) {
    for _ in 0..<Self.mostSweeps {
      guard prepareInverse(given) else { return }
      var isBetter = false
      for row in rows.indices {
        for layer in space.layers.indices where exchange(row, layer) { isBetter = true }
      }
      if !isBetter { return }
    }
  }

  /// Changes the row's option of the layer to the most informative one, if the result is new and allowed. Returns
  /// whether it changed.
  private mutating func exchange(_ row: Int, _ layer: Int) -> Bool {
    let options = rows[row]
    let image = product(options)
    var length = image[0]
    for (other, option) in options.enumerated() where option > 0 { length += image[starts[other] + option - 1] }
    let old = position(layer, options[layer])
    var best: (option: Int, ratio: Double)?
    for option in 0..<space.layers[layer].optionCount where option != options[layer] {
      // x' = x + d: the determinant grows by the factor (1 + x'ᵀDx')(1 − xᵀDx) + (x'ᵀDx)².
      let new = position(layer, option)
      var along = 0.0
      var square = 0.0
      if let new {
        along += image[new]
        square += inverse[new * width + new]
      }
      if let old {
        along -= image[old]
        square += inverse[old * width + old]
      }
      if let new, let old { square -= 2 * inverse[new * width + old] }
      let cross = length + along
      let ratio = (1 + length + 2 * along + square) * (1 - length) + cross * cross
      if ratio > max(best?.ratio ?? 0, 1 + 1e-9) { best = (option, ratio) }
    }
    guard let best else { return false }
    var changed = options
    changed[layer] = best.option
    guard !known.contains(changed), isAllowed(space.cost(options: changed)) else { return false }
    known.remove(options)
    known.insert(changed)
    rows[row] = changed
    add(changed, sign: 1)
    add(options, sign: -1)
    return true
  }

  private func position(_ layer: Int, _ option: Int) -> Int? { option > 0 ? starts[layer] + option - 1 : nil }

  /// Returns D x, where D is the inverse of the information matrix.
  private func product(_ options: [Int]) -> [Double] {
    var product = Array(inverse[0..<width])
    for (layer, option) in options.enumerated() where option > 0 {
      let row = (starts[layer] + option - 1) * width
      for column in 0..<width { product[column] += inverse[row + column] }
    }
    return product
  }

  /// Updates the inverse after adding x xᵀ to the information matrix (`sign` 1) or subtracting it (`sign` −1; Sherman
  /// and Morrison 1950).
  private mutating func add(_ options: [Int], sign: Double) {
    let image = product(options)
    var length = image[0]
    for (layer, option) in options.enumerated() where option > 0 { length += image[starts[layer] + option - 1] }
    let factor = sign / (1 + sign * length)
    for row in 0..<width {
      let scaled = factor * image[row]
      for column in 0..<width { inverse[row * width + column] -= scaled * image[column] }
    }
  }

  /// Recomputes the inverse from the current candidates, so that rounding errors of the updates do not accumulate.
  /// Returns whether the information matrix is positive definite.
  private mutating func prepareInverse(_ given: [[Int]]) -> Bool {
    var information = Array(repeating: 0.0, count: width * width)
    for index in 0..<width { information[index * width + index] = Self.priorPrecision }
    for options in given + rows {
      let places = [0] + options.indices.compactMap { position($0, options[$0]) }
      for row in places {
        for column in places { information[row * width + column] += 1 }
      }
    }
    guard let factor = CholeskyFactor(information, count: width) else { return false }
    inverse = []
    inverse.reserveCapacity(width * width)
    for index in 0..<width {
      var unit = Array(repeating: 0.0, count: width)
      unit[index] = 1
      inverse += factor.solve(unit)
    }
    return true
  }
}
