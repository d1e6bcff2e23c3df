import ImageData
import Testing

@Suite("random choices") struct RandomChoiceTests {
  @Test("all 81 windows and both flips occur about equally often")
  func crops() {
    var windows: [Augmentation.Crop: Int] = [:]
    for position in 0..<16_200 {
      windows[Augmentation.standard.crop(seed: 4, epoch: 0, position: position), default: 0] += 1
    }
    #expect(windows.count == 162)
    #expect(windows.keys.allSatisfy { (-4...4).contains($0.row) && (-4...4).contains($0.column) })
    #expect(windows.values.allSatisfy { (55...155).contains($0) })
  }

  @Test("crops change with seed, epoch and position, and with nothing else")
  func cropIdentity() {
    func crops(_ seed: UInt64, _ epoch: Int, from first: Int = 0) -> [Augmentation.Crop] {
      (first..<first + 20).map { Augmentation.standard.crop(seed: seed, epoch: epoch, position: $0) }
    }
    #expect(crops(1, 0) == crops(1, 0))
    #expect(crops(1, 0) != crops(2, 0))
    #expect(crops(1, 0) != crops(1, 1))
    #expect(crops(1, 0) != crops(1, 0, from: 1))
    #expect(crops(1, 0).dropFirst().elementsEqual(crops(1, 0, from: 1).dropLast()))
  }

  @Test("the draws are pinned: a change here changes every recorded result")
  func pinned() throws {
    let crops = (0..<4).map { Augmentation.standard.crop(seed: 1, epoch: 0, position: $0) }
    #expect(
      crops.map { "\($0.row) \($0.column) \($0.flipped)" } == ["-3 1 false", "2 3 false", "1 -4 true", "-1 -4 true"])
    #expect(EpochOrder(count: 10, seed: 1)(epoch: 0) == [7, 6, 5, 0, 2, 3, 4, 1, 8, 9])
    let split = try DataSplit.holdOut(validation: 3, training: 0, of: 100, seed: 1)
    #expect(split.validation == [19, 37, 79])
  }

  @Test("without flips the windows stay the same")
  func noFlips() {
    let still = Augmentation(padding: 4, flips: false)
    for position in 0..<50 {
      let crop = still.crop(seed: 1, epoch: 0, position: position)
      let usual = Augmentation.standard.crop(seed: 1, epoch: 0, position: position)
      #expect(!crop.flipped && crop.row == usual.row && crop.column == usual.column)
    }
    #expect(Augmentation(padding: 0, flips: false).crop(seed: 1, epoch: 0, position: 3) == .none)
  }

  @Test("a margin is an eighth of the side, and what is left out changes nothing of the rest")
  func choices() {
    #expect(Augmentation(imageSide: 32) == .standard && Augmentation(imageSide: 96).padding == 12)
    #expect(Augmentation(imageSide: 32, crops: false).padding == 0)
    let cutting = Augmentation(imageSide: 32, cutsOut: true)
    var sizes: Set<Int> = []
    for position in 0..<200 {
      var crop = cutting.crop(seed: 1, epoch: 0, position: position)
      let hole = crop.hole
      sizes.insert(hole?.rows.count ?? 0)
      #expect(hole.map { 0 <= $0.rows.lowerBound && $0.rows.upperBound <= 32 && $0.columns.count <= 16 } == true)
      crop.hole = nil
      #expect(crop == Augmentation.standard.crop(seed: 1, epoch: 0, position: position))
    }
    #expect(sizes.max() == 16 && sizes.count > 5)
  }

  @Test("an epoch visits every image once, in an order of its own")
  func epochOrder() {
    let order = EpochOrder(count: 500, seed: 8)
    #expect(order(epoch: 0).sorted() == Array(0..<500))
    #expect(order(epoch: 0) == order(epoch: 0))
    #expect(order(epoch: 0) != order(epoch: 1))
    #expect(order(epoch: 0) != EpochOrder(count: 500, seed: 9)(epoch: 0))
    #expect(EpochOrder(count: 0, seed: 1)(epoch: 0) == [])
  }

  @Test("held-out images are disjoint from the training images, which are the first of the rest")
  func holdOut() throws {
    let split = try DataSplit.holdOut(validation: 50, training: 100, of: 1000, seed: 2)
    #expect(split.validation.count == 50 && Set(split.validation).count == 50)
    #expect(split.validation.allSatisfy { (0..<1000).contains($0) })
    #expect(split.training == Array((0..<1000).filter { !split.validation.contains($0) }.prefix(100)))
    // Drawn from the whole set, not only from its beginning.
    #expect(split.validation.count(where: { $0 >= 500 }) > 10)
  }

  @Test("the validation images do not depend on how many are trained on")
  func validationIsStable() throws {
    let few = try DataSplit.holdOut(validation: 50, training: 10, of: 1000, seed: 2)
    let many = try DataSplit.holdOut(validation: 50, training: 950, of: 1000, seed: 2)
    #expect(few.validation == many.validation)
    #expect(try DataSplit.holdOut(validation: 50, training: 10, of: 1000, seed: 3).validation != few.validation)
  }

  @Test("without validation images, training takes the first records")
  func noValidation() throws {
    let split = try DataSplit.holdOut(validation: 0, training: 7, of: 10, seed: 2)
    #expect(split.training == Array(0..<7) && split.validation.isEmpty)
  }

  @Test(
    "a split that does not fit is refused", arguments: [(6, 5), (11, 0), (0, 11), (-1, 3), (3, -1), (Int.max, Int.max)])
  func tooMany(validation: Int, training: Int) throws {
    let error = try #require(throws: ImageDataError.self) {
      try DataSplit.holdOut(validation: validation, training: training, of: 10, seed: 1)
    }
    #expect(error.description.contains("the set has 10"))
  }
}
