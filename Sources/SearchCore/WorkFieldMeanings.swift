/// What the fields of works mean, for the protocol's page. A test requires an entry for every field.
enum WorkFieldMeanings {
  static let texts: [String: String] = [
    "model": "the network: one of these names, or a description (networks.md)",
    "space.variant": "variant of decomposed layers for which the candidate has none: \(BasisVariant.allowed)",
    "data.set": "the data set",
    "data.classes": "of `arrays` only: classes in the file, \(range(NetworkLimits.classes))",
    "data.image_size":
      "of `arrays` only: rows and columns of its images, a multiple of \(NetworkLimits.imageSizeStep), "
      + range(NetworkLimits.imageSizes),
    "data.images": "of `arrays` only: its training images, \(range(DataShape.imageCounts))",
    "data.test_images": "of `arrays` only: its test images, 0 if it has none",
    "data.train_images": "images to train on: the first of those that are not held out",
    "data.validation_images": "images that are held out of the training images and judge the candidate",
    "data.split_seed": "seed that chooses the held-out images",
    "proxy.epochs":
      "epochs of the schedule, \(range(TrainingLimits.epochs)); fractions and 0 only with `start.from`",
    "proxy.batch": "images per step, \(range(TrainingLimits.batch))",
    "proxy.learning_rate": "the schedule's highest, \(TrainingLimits.learningRate)",
    "proxy.schedule": "the learning rate over the steps",
    "proxy.momentum": "\(TrainingLimits.momentum)",
    "proxy.nesterov": "Nesterov's momentum",
    "proxy.weight_decay": "\(TrainingLimits.weightDecay)",
    "proxy.augment": "training images are augmented at random: crop and flip, or as in `proxy.augmentation`",
    "proxy.augmentation":
      "instead of crop and flip: some of \(parts), in this order with `+` between them",
    "proxy.curve": "the validation images are also scored after every epoch",
    "proxy.until": "the training ends after this number of epochs; its schedule is still that of all epochs",
    "proxy.skip.coefficients": "coefficients of decomposed layers are trained at the steps 0, K, 2K, … only",
    "proxy.skip.basis": "filters of decomposed layers are trained at the steps 0, K, 2K, … only",
    "kernels":
      "kernels of the study's workers: `avx2`, `avx512`, `torch`, or for both kinds of workers `torch+any`, "
      + "`torch+avx2`, `torch+avx512`; left out: native kernels, the fastest of each machine",
    "start.from": "the training starts from a trained network, message 85: `dense`, `checkpoint`",
    "start.epochs": "of the dense network's own training",
    "start.train_images": "of the dense network's own training",
    "start.learning_rate": "the highest of the dense network's own training, if it is not `proxy.learning_rate`",
    "start.seed": "of the dense network's own training",
    "start.weights": "SHA-256 of the checkpoint",
    "start.calibration_images": "number of training images that the conversion uses",
    "start.augment": "batch norm is recalibrated on augmented images",
  ]

  private static let parts = AugmentationChoice.Part.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", ")

  private static func range(_ range: ClosedRange<Int>) -> String { "\(range.lowerBound) to \(range.upperBound)" }
}
