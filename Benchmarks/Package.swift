// swift-tools-version: 6.2
import PackageDescription

// A separate package, so that neither the product nor its tests build it.
let package = Package(
  name: "benchmarks",
  dependencies: [
    .package(name: "layersearch", path: ".."),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
  ],
  targets: [
    .target(name: "CPeak"),
    .executableTarget(
      name: "benchmarks",
      dependencies: [
        "CPeak", .product(name: "Engine", package: "layersearch"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
  ],
  swiftLanguageModes: [.v6]
)
