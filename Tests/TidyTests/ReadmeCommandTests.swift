import Foundation
import Testing

/// What the README tells people to type works, in an empty folder, with the program that was built with these tests.
@Suite struct ReadmeCommandTests {
    @Test func daymillCommandsOfTheReadmeWork() throws {
        let readme = try SourceTree.project.file("README.md")
        let scripts = DocumentedCommands.runnableScripts(in: readme)
        #expect(!scripts.isEmpty, "the README shows no daymill command")
        let folder = FileManager.default.temporaryDirectory.appending(path: "readme-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for script in scripts {
            let result = try Shell.run(script, in: folder, programs: Shell.builtPrograms)
            #expect(result.code == 0, "\(script)\nsaid:\n\(result.output)")
        }
    }

    @Test func aFailingCommandIsNoticed() throws {
        let folder = FileManager.default.temporaryDirectory
        #expect(try Shell.run("ls .\nfalse\nls .", in: folder, programs: folder).code == 1)
    }
}

/// Runs what people would type.
enum Shell {
    struct Result {
        var code: Int32
        /// Both streams, as they came.
        var output: String
    }

    /// Where the build puts programs: beside the one that runs these tests.
    static var builtPrograms: URL {
        let own = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        return URL(filePath: own ?? CommandLine.arguments[0]).deletingLastPathComponent()
    }

    /// Runs lines in bash until one fails.
    ///
    /// - Parameter programs: A folder that is looked in first.
    static func run(_ script: String, in folder: URL, programs: URL) throws -> Result {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/bash")
        process.arguments = ["-e", "-o", "pipefail", "-c", script]
        process.currentDirectoryURL = folder
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        process.environment = ProcessInfo.processInfo.environment.merging(["PATH": "\(programs.path):\(path)"]) { $1 }
        process.standardInput = FileHandle.nullDevice
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return Result(code: process.terminationStatus, output: String(decoding: output, as: UTF8.self))
    }
}
