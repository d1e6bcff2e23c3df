import ArgumentParser
import SearchCore

/// The images that a network is for, for commands without a data set.
struct ImageOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("Rows and columns of the images (default: 32).", valueName: "n"),
    transform: Number.whole(NetworkLimits.imageSizes))
  var imageSize: Int?

  @Option(
    help: ArgumentHelp("Number of classes (default: 10).", valueName: "n"),
    transform: Number.whole(NetworkLimits.classes))
  var classes: Int?

  func validate() throws {
    if let imageSize, imageSize % NetworkLimits.imageSizeStep != 0 {
      throw ValidationError("--image-size \(imageSize) must be a multiple of \(NetworkLimits.imageSizeStep)")
    }
  }

  func architecture(of model: Model) throws(Failure) -> Architecture {
    let side = imageSize ?? 32
    if let problem = model.problem(imageSize: side) { throw .usage("--model \(problem)") }
    return Architecture(model, imageSize: side, classCount: classes ?? 10)
  }
}
