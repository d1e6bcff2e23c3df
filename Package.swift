// swift-tools-version: 6.2
import PackageDescription

// The kernels are compiled once per instruction set from the same folder (the other folders are symbolic links to it),
// and BasisEngine selects one at start. They are optimized in debug builds, too, so that tests stay fast.
#if arch(x86_64)
  let kernelVariants = ["KernelsAVX2": "x86-64-v3", "KernelsAVX512": "x86-64-v4"]
#else
  let kernelVariants = ["Kernels": ""]
#endif

let kernelTargets: [Target] = kernelVariants.sorted { $0.key < $1.key }.map { name, march in
  .target(
    name: name,
    dependencies: ["CVector", "COpenBLAS", "KernelInterface"],
    swiftSettings: [
      .unsafeFlags(["-Ounchecked"] + (march.isEmpty ? [] : ["-Xcc", "-march=\(march)"]))
    ])
}
// Numeric code is a hundred times slower without optimization, so the modules that tests train with are optimized in
// debug builds, too.
let optimized: [SwiftSetting] = [.unsafeFlags(["-O"], .when(configuration: .debug))]
let kernels: [Target.Dependency] = kernelTargets.map { .byName(name: $0.name) }
// `make build` passes the commit that it builds; otherwise `layersearch --version` reports it as unknown.
let commit: [CSetting] = [Context.environment["LAYERSEARCH_COMMIT"] ?? ""].filter { !$0.isEmpty }.map {
  .define("LAYERSEARCH_COMMIT", to: "\"\($0)\"")
}

let package = Package(
  name: "layersearch",
  products: [
    .executable(name: "layersearch", targets: ["layersearch"]),
    // for Benchmarks/
    .library(name: "Engine", targets: ["BasisEngine", "KernelInterface", "Randomness", "SearchCore"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
    .package(url: "https://github.com/swhitty/FlyingFox", from: "0.27.0"),
  ],
  targets: kernelTargets + [
    // C libraries and header-only C
    .systemLibrary(name: "CZeroMQ", providers: [.apt(["libzmq3-dev"])]),
    .systemLibrary(name: "CSodium", providers: [.apt(["libsodium-dev"])]),
    .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "COpenBLAS", providers: [.apt(["libopenblas-dev"])]),
    .target(name: "CVector"),
    .target(name: "CFileSystem"),
    .target(name: "CCommit", cSettings: commit),

    // engine
    .target(name: "Randomness", dependencies: ["ReadableText"], swiftSettings: optimized),
    .target(name: "KernelInterface", swiftSettings: optimized),
    .target(
      name: "BasisEngine",
      dependencies: [
        "COpenBLAS", "CVector", "Files", "ImageData", "KernelInterface", "Processes", "Randomness", "ReadableText",
        "SearchCore",
      ] + kernels,
      swiftSettings: optimized),
    .target(
      name: "ImageData",
      dependencies: [
        "CZlib", "Digests", "Files", "KernelInterface", "Processes", "Randomness", "ReadableText", "SearchCore",
        "ShellCommands", "TensorFiles",
      ],
      swiftSettings: optimized),

    // hashes of contents
    .target(name: "Digests", dependencies: ["CSodium", "ReadableText"], swiftSettings: optimized),
    // this process, its children and its host
    .target(name: "Processes", dependencies: ["CCommit", "Files", "Randomness", "ReadableText"]),
    // text output: single lines, hexadecimal; times, sizes and numbers for human readers
    .target(name: "ReadableText"),

    // places where tests end a process
    .target(name: "Failpoints"),
    // commands shown in messages
    .target(name: "ShellCommands"),

    // text from the user
    .target(name: "TextInput", dependencies: ["Files"]),

    // paths; reading and writing of whole files
    .target(name: "Files", dependencies: ["Failpoints", "ReadableText"]),

    // files of tensors in the format of Python's libraries
    .target(name: "TensorFiles", dependencies: ["Files", "ReadableText"], swiftSettings: optimized),

    // search
    .target(name: "SearchCore", dependencies: ["Digests", "Randomness"], swiftSettings: optimized),
    .target(name: "SearchProtocol", dependencies: ["Digests", "ReadableText", "SearchCore"]),
    // optimized, because tests check the invariants of its machines after every event
    .target(
      name: "Coordination", dependencies: ["ReadableText", "SearchCore", "SearchProtocol"], swiftSettings: optimized),
    .target(name: "Messaging", dependencies: ["CZeroMQ", "Processes", "ReadableText"]),
    .target(
      name: "StudyStore",
      dependencies: [
        "CFileSystem", "Failpoints", "Files", "Processes", "Randomness", "ReadableText", "SearchCore", "ShellCommands",
        .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "GRDBSQLite", package: "GRDB.swift"),
      ]),
    .target(
      name: "Configuration",
      dependencies: ["Digests", "Randomness", "ReadableText", "SearchCore", "TextInput", "Yams"]),
    .target(name: "Reporting", dependencies: ["Randomness", "ReadableText", "SearchCore"]),

    // keys of coordinators and workers
    .target(
      name: "Keys",
      dependencies: [
        "Files", "ImageData", "Messaging", "Processes", "SearchProtocol", "ShellCommands", "TextInput",
        .product(name: "Logging", package: "swift-log"),
      ]),
    // contents by hash: on disk, and exchanged between coordinator and workers
    .target(
      name: "ContentExchange",
      dependencies: [
        "Coordination", "Digests", "Files", "ImageData", "Messaging", "ReadableText", "SearchCore", "SearchProtocol",
      ]),
    // studies: definition, state, explanations
    .target(
      name: "Studies",
      dependencies: [
        "Configuration", "Digests", "Files", "ImageData", "Processes", "ReadableText", "Reporting", "SearchCore",
        "SearchProtocol", "ShellCommands", "StudyStore",
      ]),

    // views of a study, as values
    .target(
      name: "StudyViews",
      dependencies: [
        "Processes", "ReadableText", "Reporting", "SearchCore", "SearchProtocol", "Studies", "StudyStore",
      ]),
    // views of a study, as figures and pages
    .target(
      name: "StudyPages",
      dependencies: [
        "Files", "Processes", "ReadableText", "Reporting", "SearchCore", "ShellCommands", "Studies", "StudyViews",
      ]),
    // a running study over HTTP
    .target(
      name: "StudyServer",
      dependencies: [
        "Digests", "Files", "Keys", "Messaging", "Processes", "ReadableText", "Reporting", "SearchCore",
        "ShellCommands", "Studies", "StudyPages", "StudyStore", "StudyViews", "TextInput",
        .product(name: "FlyingFox", package: "FlyingFox"),
        .product(name: "FlyingSocks", package: "FlyingFox"),
        .product(name: "Logging", package: "swift-log"),
      ]),

    // engine processes: what runs in one, and how a worker starts and watches it
    .target(
      name: "Engines",
      dependencies: [
        "BasisEngine", "Digests", "Failpoints", "Files", "Processes", "ReadableText", "SearchCore", "SearchProtocol",
      ]),
    // trainings of one network: settings, sessions, resumption, evaluations
    .target(
      name: "Trainings",
      dependencies: [
        "BasisEngine", "Configuration", "Files", "ImageData", "KernelInterface", "Processes", "Randomness",
        "ReadableText", "Reporting", "SearchCore", "Studies", "StudyStore",
        .product(name: "Logging", package: "swift-log"),
      ]),
    // networks from and for other programs
    .target(
      name: "ModelExchange",
      dependencies: ["BasisEngine", "Files", "ImageData", "ReadableText", "SearchCore", "TensorFiles"],
      swiftSettings: optimized),
    // simulated workers
    .target(
      name: "Simulation",
      dependencies: [
        "Configuration", "Coordination", "Files", "Messaging", "Processes", "Randomness", "ReadableText", "SearchCore",
        "SearchProtocol", "StudyStore",
      ]),
    // searches on recorded trainings
    .target(
      name: "Replay",
      dependencies: [
        "Coordination", "Files", "Randomness", "ReadableText", "Reporting", "SearchCore", "SearchProtocol",
        "Simulation", "TextInput",
      ],
      swiftSettings: optimized),
    // running coordinators and workers
    .target(
      name: "Services",
      dependencies: [
        "BasisEngine", "Configuration", "ContentExchange", "Coordination", "Digests", "Engines", "Failpoints", "Files",
        "ImageData", "Keys", "Messaging", "Processes", "ReadableText", "SearchCore", "SearchProtocol", "Studies",
        "StudyStore",
        .product(name: "Logging", package: "swift-log"),
      ]),

    // a scripted coordinator that checks workers
    .target(
      name: "Conformance",
      dependencies: [
        "Digests", "Keys", "Messaging", "Processes", "ReadableText", "SearchCore", "SearchProtocol", "Services",
      ]),

    // workers on machines: the kinds of places, and the number of workers
    .target(
      name: "Launching", dependencies: ["Files", "Processes", "ReadableText", "ShellCommands", "TextInput"]),

    // standard output and standard error
    .target(
      name: "Terminal",
      dependencies: [
        "BasisEngine", "Files", "Processes", "ReadableText", "Reporting", "SearchCore", "Services", "Studies",
        "StudyStore", "StudyViews",
        .product(name: "Logging", package: "swift-log"),
      ]),

    // the command line
    .executableTarget(
      name: "layersearch",
      dependencies: [
        "BasisEngine",
        "Configuration",
        "Conformance",
        "ContentExchange",
        "Coordination",
        "Engines",
        "Failpoints",
        "Files",
        "ImageData",
        "Keys",
        "Launching",
        "Messaging",
        "ModelExchange",
        "Processes",
        "ReadableText",
        "Replay",
        "Reporting",
        "SearchCore",
        "SearchProtocol",
        "Services",
        "ShellCommands",
        "Simulation",
        "Studies",
        "StudyPages",
        "StudyServer",
        "StudyStore",
        "StudyViews",
        "TensorFiles",
        "Terminal",
        "TextInput",
        "Trainings",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
      ]),

    // tests
    .testTarget(name: "DigestsTests", dependencies: ["Digests", "Randomness", "ReadableText"]),
    .testTarget(name: "FilesTests", dependencies: ["Files", "TestSupport"]),
    .testTarget(name: "ProcessesTests", dependencies: ["Processes", "ReadableText"]),
    .testTarget(name: "ReadableTextTests", dependencies: ["ReadableText"]),
    .testTarget(name: "RandomnessTests", dependencies: ["Randomness"]),
    .testTarget(
      name: "KernelTests", dependencies: ["BasisEngine", "KernelInterface", "Randomness"] + kernels),
    .testTarget(
      name: "BasisEngineTests",
      dependencies: ["BasisEngine", "ImageData", "KernelInterface", "Randomness", "SearchCore"],
      exclude: ["Fixtures"]),
    .testTarget(
      name: "ImageDataTests",
      dependencies: [
        "Digests", "Files", "ImageData", "KernelInterface", "Randomness", "SearchCore", "TestSupport",
        .product(name: "FlyingFox", package: "FlyingFox"),
        .product(name: "FlyingSocks", package: "FlyingFox"),
      ]),
    .testTarget(name: "SearchCoreTests", dependencies: ["Digests", "Randomness", "SearchCore"]),
    .testTarget(name: "SearchProtocolTests", dependencies: ["Randomness", "SearchCore", "SearchProtocol"]),
    .testTarget(
      name: "CoordinationTests", dependencies: ["Coordination", "Randomness", "SearchCore", "SearchProtocol"]),
    .testTarget(name: "ConformanceTests", dependencies: ["Conformance", "Messaging", "SearchProtocol"]),
    .testTarget(name: "MessagingTests", dependencies: ["Messaging"]),
    .testTarget(
      name: "StudyStoreTests",
      dependencies: ["SearchCore", "StudyStore", .product(name: "GRDB", package: "GRDB.swift")],
      exclude: ["Fixtures"]),
    .testTarget(name: "ReplayTests", dependencies: ["Randomness", "Replay", "SearchCore", "TestSupport"]),
    .testTarget(
      name: "ModelExchangeTests",
      dependencies: [
        "BasisEngine", "ImageData", "KernelInterface", "ModelExchange", "Randomness", "SearchCore", "TensorFiles",
      ], exclude: ["Fixtures"]),
    .testTarget(name: "TensorFilesTests", dependencies: ["TensorFiles"]),
    .testTarget(name: "TextInputTests", dependencies: ["TextInput"]),
    .testTarget(name: "ConfigurationTests", dependencies: ["Configuration", "SearchCore"]),
    .testTarget(
      name: "ReportingTests", dependencies: ["Randomness", "ReadableText", "Reporting", "SearchCore", "TestSupport"],
      exclude: ["Fixtures"]),
    .testTarget(name: "KeysTests", dependencies: ["Keys", "Messaging", "TestSupport"]),
    .testTarget(
      name: "ContentExchangeTests",
      dependencies: [
        "ContentExchange", "Coordination", "Digests", "Messaging", "SearchCore", "SearchProtocol", "TestSupport",
      ]),
    .testTarget(
      name: "StudyPagesTests",
      dependencies: [
        "ReadableText", "Reporting", "SearchCore", "Studies", "StudyPages", "StudyStore", "StudyViews", "TestSupport",
      ]),
    .testTarget(
      name: "StudyServerTests",
      dependencies: [
        "Processes", "SearchCore", "SearchProtocol", "Studies", "StudyPages", "StudyServer", "StudyStore", "StudyViews",
        "TestSupport",
        .product(name: "FlyingFox", package: "FlyingFox"),
        .product(name: "Logging", package: "swift-log"),
      ]),
    .testTarget(name: "StudiesTests", dependencies: ["SearchCore", "Studies", "StudyStore", "TestSupport"]),
    .target(name: "CSpawn", path: "Tests/CSpawn"),
    .target(name: "TestSupport", dependencies: ["CSpawn"], path: "Tests/TestSupport"),
    .testTarget(name: "ShellCommandsTests", dependencies: ["ShellCommands", "TestSupport"]),
    .testTarget(name: "EnginesTests", dependencies: ["Engines", "Processes", "SearchCore", "SearchProtocol"]),
    .testTarget(
      name: "ServicesTests",
      dependencies: [
        "BasisEngine", "Files", "Messaging", "Processes", "SearchCore", "SearchProtocol", "Services", "StudyStore",
        "TestSupport",
      ]),
    .testTarget(
      name: "TrainingsTests",
      dependencies: ["Configuration", "Files", "ImageData", "SearchCore", "Studies", "TestSupport", "Trainings"]),
    .testTarget(
      name: "LaunchingTests", dependencies: ["Launching", "Processes", "Randomness", "TestSupport"],
      exclude: ["Fixtures"]),
    .testTarget(name: "SimulationTests", dependencies: ["Randomness", "SearchCore", "Simulation"]),
    .testTarget(
      name: "TerminalTests",
      dependencies: [
        "ReadableText", "SearchCore", "Studies", "StudyStore", "StudyViews", "Terminal", "TestSupport",
      ], exclude: ["Fixtures"]),
    .testTarget(
      name: "CommandLineTests",
      dependencies: [
        "Reporting", "Services", "ShellCommands", "Simulation", "TestSupport", "Trainings", "layersearch",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    .testTarget(
      name: "EndToEndTests",
      dependencies: [
        "BasisEngine",
        "ContentExchange",
        "Coordination",
        "Digests",
        "Failpoints",
        "Keys",
        "Messaging",
        "Randomness",
        "SearchCore",
        "SearchProtocol",
        "Services",
        "ShellCommands",
        "Studies",
        "StudyStore",
        "TestSupport",
        "layersearch",
      ]),
  ],
  swiftLanguageModes: [.v6]
)

// `make fuzz` builds with LAYERSEARCH_FUZZER, the path of libFuzzer's library: the modules that read bytes from outside
// are compiled with its instrumentation, and a program that feeds them is added.
if let library = Context.environment["LAYERSEARCH_FUZZER"] {
  package.targets += [
    .target(name: "CFuzzer", path: "Tests/Fuzz/CFuzzer"),
    .executableTarget(
      name: "Fuzz",
      dependencies: [
        "BasisEngine", "CFuzzer", "ImageData", "Randomness", "SearchCore", "SearchProtocol", "TensorFiles",
        "TestSupport",
      ],
      path: "Tests/Fuzz/Fuzz", linkerSettings: [.unsafeFlags([library]), .linkedLibrary("stdc++")]),
  ]
  let instrumented = ["BasisEngine", "Fuzz", "ImageData", "SearchCore", "SearchProtocol", "TensorFiles"]
  for target in package.targets where instrumented.contains(target.name) {
    target.swiftSettings = (target.swiftSettings ?? []) + [.unsafeFlags(["-sanitize=fuzzer"])]
  }
}

// CI builds with LAYERSEARCH_WARNINGS=error.
if Context.environment["LAYERSEARCH_WARNINGS"] == "error" {
  for target in package.targets where target.type != .system {
    target.swiftSettings = (target.swiftSettings ?? []) + [.treatAllWarnings(as: .error)]
  }
}
