import ImageData
import Testing

@Suite struct LabeledImagesTests {
  @Test("a subset has the images of its indices in their order")
  func subset() {
    let images = Shapes10.training(count: 12)
    let chosen = images.subset([7, 0, 7])
    #expect(chosen.count == 3)
    #expect(chosen.labels == [7, 0, 7])
    #expect(Array(chosen[0].pixels) == Array(images[7].pixels))
    #expect(Array(chosen[1].pixels) == Array(images[0].pixels))
    #expect(chosen[2].pixels.elementsEqual(chosen[0].pixels))
    #expect(images.labelHistogram == [2, 2, 1, 1, 1, 1, 1, 1, 1, 1])
    #expect(images.subset([]).count == 0)
  }
}
