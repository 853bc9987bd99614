import Foundation

/// The built program, which stands beside the tests.
enum Program {
    static let path: String = {
        let tests = URL(filePath: CommandLine.arguments[0]).resolvingSymlinksInPath().deletingLastPathComponent()
        let places = [tests, Bundle.main.bundleURL, Bundle.main.bundleURL.deletingLastPathComponent()]
        let found = places.map { $0.appending(path: "daymill").path }
        return found.first { FileManager.default.isExecutableFile(atPath: $0) } ?? "daymill"
    }()

    static var folder: String { URL(filePath: path).deletingLastPathComponent().path }

    /// How a command ended, and what it said.
    struct Ending {
        var status: Int32
        var output: String
        var complaints: String
        /// A signal ended it.
        var wasKilled: Bool
    }

    /// Runs the program in a folder and waits for its end.
    ///
    /// - Parameter afterSeconds: when it is killed, should it still run then.
    static func run(_ arguments: [String], in folder: String, killed afterSeconds: Double? = nil) throws -> Ending {
        try start(arguments, in: folder).end(killed: afterSeconds)
    }

    /// Runs a line of the shell, for which `daymill` is this program.
    static func shell(_ line: String, in folder: String) throws -> Ending {
        try start(["-c", line], in: folder, program: "/bin/sh").end()
    }

    static func start(_ arguments: [String], in folder: String, program: String = path) throws -> Running {
        try Running(program, arguments, in: folder)
    }

    /// A process under way.
    final class Running {
        private let process = Process()
        private let scratch = FileManager.default.temporaryDirectory.appending(path: "daymill-out-\(UUID().uuidString)")

        fileprivate init(_ program: String, _ arguments: [String], in folder: String) throws {
            try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
            process.executableURL = URL(filePath: program)
            process.arguments = arguments
            process.currentDirectoryURL = URL(filePath: folder)
            var environment = ProcessInfo.processInfo.environment
            environment["PATH"] = "\(Program.folder):\(environment["PATH"] ?? "/usr/bin:/bin")"
            environment["LC_ALL"] = "C"
            process.environment = environment
            process.standardInput = FileHandle.nullDevice
            process.standardOutput = try sink("out")
            process.standardError = try sink("err")
            try process.run()
        }

        deinit { try? FileManager.default.removeItem(at: scratch) }

        private func sink(_ name: String) throws -> FileHandle {
            let url = scratch.appending(path: name)
            try Data().write(to: url)
            return try FileHandle(forWritingTo: url)
        }

        private func said(_ name: String) -> String {
            (try? String(contentsOf: scratch.appending(path: name), encoding: .utf8)) ?? ""
        }

        /// Its number.
        var number: Int32 { process.processIdentifier }

        /// Kills it.
        func kill() { _ = Glibc.kill(process.processIdentifier, SIGKILL) }

        /// Asks it to end.
        func terminate() { _ = Glibc.kill(process.processIdentifier, SIGTERM) }

        func end(killed afterSeconds: Double? = nil) -> Ending {
            if let afterSeconds {
                Thread.sleep(forTimeInterval: afterSeconds)
                kill()
            }
            process.waitUntilExit()
            return Ending(
                status: process.terminationStatus, output: said("out"), complaints: said("err"),
                wasKilled: process.terminationReason == .uncaughtSignal)
        }
    }
}

/// A folder that is there for one test.
final class Scratch {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "daymill-test-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ name: String, _ text: String) throws {
        let url = URL(filePath: path).appending(path: name)
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: url)
    }

    /// All files below a folder, by their paths from there.
    func files(in folder: String = ".") -> [String] {
        let found = FileManager.default.enumerator(atPath: "\(path)/\(folder)")?.compactMap { $0 as? String } ?? []
        return found.filter { name in
            var isFolder: ObjCBool = false
            return FileManager.default.fileExists(atPath: "\(path)/\(folder)/\(name)", isDirectory: &isFolder)
                && !isFolder.boolValue
        }.sorted()
    }

    func contents(of folder: String) -> [String: Data] {
        Dictionary(
            uniqueKeysWithValues: files(in: folder).map {
                ($0, FileManager.default.contents(atPath: "\(path)/\(folder)/\($0)") ?? Data())
            })
    }
}
