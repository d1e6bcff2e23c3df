import Digests
import Testing

@testable import ImageData

@Suite("shapes10") struct Shapes10Tests {
  @Test("the first images are the same bytes on every machine")
  func pinned() {
    func hash(_ images: LabeledImages) -> String { SHA256.hexadecimal(images.pixels) }
    #expect(hash(Shapes10.training(count: 50)) == "c9e8f3fda3a791d32bacf7f0d6ab11cdd87bc7e834b7044b311b1e57a01a15e3")
    #expect(hash(Shapes10.test(count: 50)) == "6c86de77dc6a655e61381d0c3cf3635200b632293c34c10561da2d46d02a9185")
  }

  @Test("an image does not depend on how many are drawn, nor on the order")
  func pure() {
    let many = Shapes10.training(count: 15)
    #expect(Shapes10.training(count: 5) == many.subset(0..<5))
    #expect(Shapes10.training(indices: [14, 2]) == many.subset([14, 2]))
  }

  @Test("the splits share no image, and no two images are equal")
  func distinct() {
    let images = [Shapes10.training(count: 40), Shapes10.test(count: 40)]
    let all = Set(images.flatMap { set in (0..<40).map { Array(set[$0].pixels) } })
    #expect(all.count == 80)
  }

  @Test("classes are equally frequent")
  func classes() {
    #expect(Shapes10.test(count: 30).labelHistogram == Array(repeating: 3, count: 10))
    #expect(Shapes10.classNames.count == 10 && Shapes10.classNames[6] == "horizontal stripes")
  }

  @Test("the normalization fits the images")
  func normalization() {
    let (mean, deviation) = Shapes10.training(count: 400).channelStatistics
    for channel in 0..<3 {
      #expect(abs(mean[channel] - Double(ChannelNormalization.shapes10.mean[channel])) < 0.03)
      #expect(abs(deviation[channel] - Double(ChannelNormalization.shapes10.standardDeviation[channel])) < 0.02)
    }
  }

  @Test("the colors alone do not give the class away")
  func colors() {
    // Classifies by the nearest mean color of a class, learned on one half and tested on the other; chance is 10 %.
    let images = Shapes10.training(count: 600)
    let colors = (0..<600).map { index in
      (0..<3).map { channel in
        images[index].pixels.dropFirst(channel * 1024).prefix(1024).reduce(0.0) { $0 + Double($1) } / 1024
      }
    }
    let centers = (0..<10).map { label in
      (0..<3).map { channel in
        stride(from: label, to: 300, by: 10).reduce(0.0) { $0 + colors[$1][channel] } / 30
      }
    }
    let right = (300..<600).count { index in
      let distances = centers.map { center in
        zip(center, colors[index]).reduce(0.0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
      }
      return distances.indices.min { distances[$0] < distances[$1] } == index % 10
    }
    #expect(right < 60)
  }

  @Test("a report tells the counts")
  func report() {
    let report = Shapes10.report(trainingCount: 20, testCount: 10)
    #expect(report.contentHash == "shapes10-v1" && report.contentHash == DataContent.shapes10.identity)
    #expect(report.trainingImages == 20 && report.testLabels == Array(repeating: 1, count: 10))
    #expect(report.bytes == 30 * 3072)
  }
}
