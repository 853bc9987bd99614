import DaymillCore
import DaymillNaive
import DaymillSQL
import Foundation
import Glibc
import Synchronization

/// DuckDB's command line as a child process: it can be ended, and it has a bound for its memory.
package struct DuckDBProgram: Sendable {
    /// The program's path.
    package let path: String
    /// As it says itself, such as `1.5.6`.
    package let version: String

    /// The program's path: what `DAYMILL_DUCKDB` names, else `duckdb` of the `PATH`.
    package static func find(_ environment: [String: String]) -> String? {
        if let named = environment["DAYMILL_DUCKDB"], !named.isEmpty { return named }
        let folders = environment["PATH"]?.split(separator: ":").map(String.init) ?? []
        return folders.map { "\($0)/duckdb" }.first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    /// - Throws: `.unsupported` when it does not run.
    package init(_ path: String) throws {
        self.path = path
        let output = Pipe()
        let process = DuckDBProgram.process(path, ["--version"])
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        do { try process.run() } catch { throw DaymillError.duckDBFailed("\(path) does not start") }
        let words = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self).split(
            separator: " ")
        process.waitUntilExit()
        guard process.terminationStatus == 0, let word = words.first else {
            throw DaymillError.duckDBFailed("\(path) does not tell its version")
        }
        version = String(word.hasPrefix("v") ? word.dropFirst() : word)
    }

    fileprivate static func process(_ path: String, _ arguments: [String]) -> Process {
        let process = Process()
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        return process
    }
}

/// A script under way, and the rows that come out of it.
final class DuckDBRows {
    private let folder: URL
    private let process: Process
    private let output = Pipe()
    private let types: [SQLType]
    private let timeout: Duration
    private let watch = Watch()
    private var reader: NaiveCSV
    private var isAtEnd = false

    /// - Parameters:
    ///   - types: of the columns that come out.
    ///   - script: given the folder where DuckDB may put things.
    init(_ program: DuckDBProgram, types: [SQLType], timeout: Duration, script: (String) -> String) throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "daymill-verify-\(UUID().uuidString)")
        self.types = types
        self.timeout = timeout
        process = DuckDBProgram.process(program.path, ["-batch", "-bail", "-no-init"])
        let handle = output.fileHandleForReading
        reader = NaiveCSV(delimiter: UInt8(ascii: ","), quote: UInt8(ascii: "\"")) {
            try handle.read(upToCount: 256 << 10).flatMap { $0.isEmpty ? nil : Array($0) }
        }
        do { try start(script(folder.path)) } catch {
            close()
            throw DaymillError.duckDBFailed("\(error)")
        }
    }

    private func start(_ script: String) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Data(script.utf8).write(to: folder.appending(path: "script.sql"))
        try Data().write(to: complaints)
        process.standardInput = try FileHandle(forReadingFrom: folder.appending(path: "script.sql"))
        process.standardOutput = output
        process.standardError = try FileHandle(forWritingTo: complaints)
        try process.run()
        watch.start(SendableProcess(process), timeout)
    }

    private var complaints: URL { folder.appending(path: "complaints.txt") }

    /// The next row; nil at the end.
    ///
    /// - Throws: `.unsupported` when DuckDB failed, `.limit` when it took too long.
    func next() throws -> [Value]? {
        if isAtEnd { return nil }
        if let record = try reader.next() { return try values(record) }
        isAtEnd = true
        process.waitUntilExit()
        watch.stop()
        if watch.isLate { throw DaymillError.duckDBTooSlow(timeout) }
        guard process.terminationStatus == 0 else { throw DaymillError.duckDBFailed(complaint) }
        return nil
    }

    private var complaint: String {
        let text = (try? String(contentsOf: complaints, encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first.map(String.init)
        return line ?? "it ended with status \(process.terminationStatus)"
    }

    private func values(_ record: NaiveCSV.Record) throws -> [Value] {
        guard record.fields.count == types.count else {
            throw DaymillError.duckDBFailed("it gave \(record.fields.count) columns and not \(types.count)")
        }
        return try zip(record.fields, types).map { field, type in
            if !field.wasQuoted { return .null }
            let text = String(decoding: field.bytes, as: UTF8.self)
            if type == .double, text == "-nan" { return .double(.nan) }
            if let value = NaiveText.value(ofCast: text, to: type) { return value }
            throw DaymillError.duckDBFailed("it gave '\(text)' where a \(type) was expected")
        }
    }

    /// Ends the child, if it still runs, and removes what it left.
    func close() {
        SendableProcess(process).end()
        try? output.fileHandleForReading.close()
        if process.isRunning { process.waitUntilExit() }
        watch.stop()
        try? FileManager.default.removeItem(at: folder)
    }
}

/// Ends a child that takes too long, on a thread of its own.
private final class Watch: Sendable {
    private let done = DispatchSemaphore(value: 0)
    private let late = Mutex(false)

    var isLate: Bool { late.withLock { $0 } }

    func start(_ child: SendableProcess, _ timeout: Duration) {
        Thread.detachNewThread { [self] in
            guard done.wait(timeout: .now() + timeout.seconds) == .timedOut else { return }
            late.withLock { $0 = true }
            child.end()
        }
    }

    func stop() { done.signal() }
}

// Unchecked because other threads only end it, which `Process` allows.
private struct SendableProcess: @unchecked Sendable {
    let process: Process
    init(_ process: Process) { self.process = process }

    /// By a signal that nobody can refuse: where this one was started from a thread that does not take signals, the
    /// child does not take the usual one.
    func end() {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    }
}
