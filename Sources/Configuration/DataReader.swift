import SearchCore

/// Reads the images that a study trains on, the section `data`, and how the images are augmented.
struct DataReader {
  let section: SectionReader

  /// Returns the selection, `nil` if it cannot be determined, and the path as it is written.
  /// - Parameter shapeOfArrays: Returns what a file of arrays contains.
  func read(splitSeed: UInt64, shapeOfArrays: StudyConfiguration.ArraysShape) -> (DataSelection?, path: String?) {
    let set: ImageSet? = section.choice("set")
    if set == nil, !section.isSet("set") {
      section.reportMissing("set", allowed: ImageSet.allCases.map(\.rawValue).joined(separator: ", "))
    }
    let path = section.text("path")
    if path == "" {
      section.report("path", "is empty; write the folder of the image files, or leave the key out")
    }
    if set == .shapes10, path != nil {
      section.report("path", "cannot be used with shapes10, which needs no files; leave it out")
    }
    let arrays = set == .arrays ? readArrays(path, shapeOfArrays) : nil
    let most = arrays?.trainingImages ?? (set ?? .shapes10).shape?.trainingImages ?? TrainingLimits.images.upperBound
    // The usual numbers may exceed the images of a small file.
    let usual = arrays == nil ? (10_000, 5_000) : (max(1, min(10_000, most * 2 / 3)), max(1, min(5_000, most / 3)))
    let train = section.integer("train_images", default: usual.0, in: 1...most)
    let validation = section.integer("validation_images", default: usual.1, in: 1...most)
    guard let set, set != .arrays || arrays != nil else { return (nil, path) }
    if train + validation > most {
      section.report(
        section.isSet("train_images") ? "train_images" : "validation_images",
        "does not fit: train_images \(train) and validation_images \(validation) are \(train + validation) together, "
          + "but \(Self.text(set, images: most))")
    }
    let selection = DataSelection(
      set: set, trainImages: train, validationImages: validation, splitSeed: splitSeed, arrays: arrays)
    return (selection, path)
  }

  private static func text(_ set: ImageSet, images: Int) -> String {
    switch set {
    case .cifar10, .cifar100: "the training files of \(set.rawValue) hold \(images) images"
    case .shapes10: "shapes10 draws at most \(images) images"
    case .arrays: "the file has \(images) images"
    }
  }

  /// Returns what the file of arrays contains; `nil` if that cannot be determined.
  private func readArrays(_ path: String?, _ shapeOfArrays: StudyConfiguration.ArraysShape) -> DataShape? {
    guard let path, path != "" else {
      if path == nil { section.reportMissing("path", allowed: "one .npz or .safetensors file with images and labels") }
      return nil
    }
    do { return try shapeOfArrays(path) } catch {
      section.report("path", "cannot be used: \(error)")
      return nil
    }
  }

  /// Returns how images are augmented: with crops and flips unless the configuration says otherwise.
  static func augmentation(_ proxy: SectionReader) -> (augments: Bool, choice: AugmentationChoice?) {
    let augments = proxy.boolean("augment", default: true)
    guard let text = proxy.text("augmentation") else { return (augments, nil) }
    guard let setting = AugmentationChoice.setting(text) else {
      proxy.report("augmentation", "is '\(text.prefix(80))', but must be \(AugmentationChoice.allowed)")
      return (augments, nil)
    }
    if proxy.isSet("augment"), augments != setting.augments {
      proxy.report("augmentation", "is \(text), but 'proxy.augment' is \(augments); keep one of them")
    }
    return setting
  }
}
