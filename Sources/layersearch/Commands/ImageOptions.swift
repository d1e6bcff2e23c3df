import ArgumentParser
import SearchCore

/// Which images a network is for, where no data set tells.
struct ImageOptions: ParsableArguments {
  @Option(help: "Rows and columns of the images.", reading: Number.whole(NetworkLimits.imageSizes))
  var imageSize = 32

  @Option(help: "Classes that the network tells apart.", reading: Number.whole(NetworkLimits.classes))
  var classes = 10

  func validate() throws {
    guard imageSize % NetworkLimits.imageSizeStep == 0 else {
      throw ValidationError("--image-size \(imageSize): a multiple of \(NetworkLimits.imageSizeStep) is wanted")
    }
  }

  func architecture(of model: Model) throws(Failure) -> Architecture {
    if let problem = model.problem(imageSize: imageSize) { throw .usage("--model \(problem)") }
    return Architecture(model, imageSize: imageSize, classCount: classes)
  }
}
