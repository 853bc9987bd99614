// swift-tools-version: 6.2
import PackageDescription

/// Settings of every Swift target. `main` also turns on strict memory safety, so that the compiler itself shows where
/// unsafe code is: nowhere outside DaymillColumns and the C doors.
let common: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]
let safe: [SwiftSetting] = common + [.strictMemorySafety()]

let package = Package(
    name: "daymill",
    products: [.executable(name: "daymill", targets: ["daymill"])],
    dependencies: [
        // Command line: parsing, help, completion scripts.
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        // YAML with line numbers.
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        // SQLite, for what the runner remembers. It brings a door to the system's library: .apt(["libsqlite3-dev"])
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        // The HTTP server of 'daymill serve'. Without its traits: nothing here reads its configuration.
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        // What that is built on, and we name ourselves: connections, time-outs, the words of HTTP, a log that is silent.
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    ],
    targets: [
        // The program.
        .executableTarget(
            name: "daymill",
            dependencies: [
                "DaymillCore", "DaymillColumns", "DaymillSQL", "DaymillPipeline", "DaymillEngine", "DaymillConnect",
                "DaymillRunner", "DaymillState", "DaymillProcess", "DaymillHTTP", "DaymillNotify", "DaymillWeb",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: safe),

        // DECIDE and SAY.
        .target(
            name: "DaymillRunner",
            dependencies: [
                "DaymillCore", "DaymillColumns", "DaymillPipeline", "DaymillSQL", "DaymillEngine", "DaymillConnect",
                "DaymillNaive", "DaymillState", "DaymillProcess", "DaymillHTTP", "DaymillNotify",
            ],
            swiftSettings: safe),
        .target(
            name: "DaymillPipeline",
            dependencies: ["DaymillCore", "DaymillSQL", .product(name: "Yams", package: "Yams")],
            swiftSettings: safe),

        // REMEMBER.
        .target(
            name: "DaymillState",
            dependencies: ["DaymillCore", .product(name: "GRDB", package: "GRDB.swift")], swiftSettings: safe),

        // COMPUTE.
        .target(
            name: "DaymillEngine", dependencies: ["DaymillCore", "DaymillColumns", "DaymillSQL"], swiftSettings: safe),
        .target(name: "DaymillSQL", dependencies: ["DaymillCore", "CPgQuery"], swiftSettings: safe),
        // The same results by a slow and obvious way, to check the others against.
        .target(name: "DaymillNaive", dependencies: ["DaymillCore", "DaymillSQL"], swiftSettings: safe),

        // FETCH.
        .target(
            name: "DaymillConnect", dependencies: ["DaymillCore", "DaymillColumns", "CZlib", "CZstd"],
            exclude: ["README.md"], swiftSettings: safe),

        // Calls over HTTP, and the door to libcurl that mail goes through, too.
        .target(name: "DaymillHTTP", dependencies: ["DaymillCore", "CCurl"], swiftSettings: safe),
        // libcurl, opened when it is first used and never linked. Its headers: .apt(["libcurl4-openssl-dev"])
        .target(name: "CCurl"),

        // TELL: messages to people.
        .target(name: "DaymillNotify", dependencies: ["DaymillCore", "DaymillHTTP"], swiftSettings: safe),

        // The HTTP side of 'serve'.
        .target(
            name: "DaymillWeb",
            dependencies: [
                "DaymillCore", .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "Logging", package: "swift-log"),
            ], swiftSettings: safe),

        // Children of this program, and waiting for them.
        .target(name: "DaymillProcess", dependencies: ["DaymillCore", "CProcess"], swiftSettings: safe),
        .target(name: "CProcess"),

        // SHARED.
        .target(name: "DaymillColumns", dependencies: ["DaymillCore", "CKernels"], swiftSettings: common),
        .target(name: "DaymillCore", swiftSettings: safe),

        // C: our kernels, and doors to libraries.
        .target(name: "CKernels", dependencies: ["CXXHash"], cSettings: [.define("NDEBUG")]),
        .systemLibrary(name: "CPgQuery", providers: [.apt(["libpg-query-dev"])]),
        // Headers only: CKernels compiles them in.
        .systemLibrary(name: "CXXHash", providers: [.apt(["libxxhash-dev"])]),
        .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CZstd", providers: [.apt(["libzstd-dev"])]),

        // Tests.
        .target(
            name: "DaymillTestKit",
            dependencies: ["DaymillCore", "DaymillSQL", "DaymillNaive"],
            path: "Tests/DaymillTestKit", swiftSettings: common),
        // Histories of whole projects on a disk in memory, for tests and for a program that runs very many.
        .target(
            name: "DaymillProof",
            dependencies: [
                "DaymillCore", "DaymillColumns", "DaymillSQL", "DaymillPipeline", "DaymillEngine", "DaymillRunner",
                "DaymillNaive", "DaymillTestKit",
            ], path: "Tests/DaymillProof", swiftSettings: common),
        .executableTarget(
            name: "histories", dependencies: ["DaymillProof"], path: "Tests/Histories", swiftSettings: common),
        // What long windows cost.
        .executableTarget(
            name: "windows-bench",
            dependencies: ["DaymillCore", "DaymillColumns", "DaymillPipeline", "DaymillEngine", "DaymillRunner"],
            path: "Benchmarks/windows", swiftSettings: common),
        .testTarget(name: "DaymillCoreTests", dependencies: ["DaymillCore"], swiftSettings: common),
        .testTarget(
            name: "DaymillSQLTests", dependencies: ["DaymillCore", "DaymillSQL", "DaymillTestKit"],
            swiftSettings: common),
        .testTarget(
            name: "DaymillPipelineTests",
            dependencies: ["DaymillCore", "DaymillSQL", "DaymillPipeline", "DaymillTestKit"], swiftSettings: common),
        .testTarget(
            name: "DaymillEngineTests",
            dependencies: [
                "DaymillCore", "DaymillColumns", "DaymillSQL", "DaymillEngine", "DaymillConnect", "DaymillNaive",
                "DaymillTestKit",
            ], swiftSettings: common),
        .testTarget(
            name: "DaymillConnectTests",
            dependencies: ["DaymillCore", "DaymillColumns", "DaymillConnect", "CZlib", "CZstd"],
            swiftSettings: common),
        .testTarget(
            name: "DaymillRunnerTests",
            dependencies: [
                "DaymillCore", "DaymillColumns", "DaymillSQL", "DaymillPipeline", "DaymillEngine", "DaymillConnect",
                "DaymillNaive", "DaymillRunner", "DaymillState", "DaymillProcess", "DaymillTestKit", "DaymillProof",
            ], swiftSettings: common),
        .testTarget(
            name: "DaymillHTTPTests", dependencies: ["DaymillCore", "DaymillHTTP", "DaymillTestKit"],
            swiftSettings: common),
        .testTarget(
            name: "DaymillNotifyTests",
            dependencies: ["DaymillCore", "DaymillHTTP", "DaymillNotify", "DaymillTestKit"], swiftSettings: common),
        .testTarget(
            name: "DaymillWebTests", dependencies: ["DaymillCore", "DaymillWeb"], swiftSettings: common),
        .testTarget(
            name: "DaymillProcessTests", dependencies: ["DaymillCore", "DaymillProcess"], swiftSettings: common),
        .testTarget(
            name: "DaymillStateTests", dependencies: ["DaymillCore", "DaymillState", "DaymillTestKit"],
            swiftSettings: common),
        .testTarget(
            name: "DaymillTests",
            dependencies: ["daymill", "DaymillCore", "DaymillPipeline", "DaymillState", "DaymillTestKit"],
            swiftSettings: common),
        .testTarget(name: "TidyTests", dependencies: ["DaymillTestKit"], swiftSettings: common),
    ]
)
