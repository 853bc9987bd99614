import Foundation
import Testing

/// What the README tells people to type works, in an empty folder, with the program that was built with these tests.
@Suite struct ReadmeCommandTests {
    @Test func daymillCommandsOfTheReadmeWork() throws {
        try check("README.md") { try FileManager.default.createDirectory(at: $0, withIntermediateDirectories: true) }
    }

    @Test(arguments: ["ads", "backlog", "shop"])
    func daymillCommandsOfExamplesWork(_ name: String) throws {
        let example = SourceTree.project.root.appending(path: "Examples/\(name)")
        try check("Examples/\(name)/README.md") { try FileManager.default.copyItem(at: example, to: $0) }
    }

    /// Runs the scripts of a page one after the other in a folder of their own.
    private func check(_ page: String, prepare: (URL) throws -> Void) throws {
        let scripts = DocumentedCommands.runnableScripts(in: try SourceTree.project.file(page))
        #expect(!scripts.isEmpty, "\(page) shows no daymill command")
        let folder = FileManager.default.temporaryDirectory.appending(path: "readme-\(UUID().uuidString)")
        try prepare(folder)
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
