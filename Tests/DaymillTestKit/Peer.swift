package import Foundation

/// A server of Tests/Services, started for a test and killed at its end.
///
/// It is run by the Python of the environment's `DAYMILL_TEST_PYTHON`, else by the one that `make test` sets up.
package final class Peer {
    /// `http://127.0.0.1:1234`, or without the scheme.
    package let address: String
    /// Where it records what it gets.
    package let folder: String
    private let process = Process()

    private static let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    private static let services = tests.appending(path: "Services")
    private static let python =
        ProcessInfo.processInfo.environment["DAYMILL_TEST_PYTHON"]
        ?? tests.deletingLastPathComponent().appending(path: ".venv-test/bin/python").path

    /// What is on this machine is not asked for at a proxy.
    private static let goesStraight: Void = {
        let names = ProcessInfo.processInfo.environment.keys.map { $0.lowercased() }
        if names.contains(where: { $0.hasSuffix("_proxy") }) { setenv("no_proxy", "*", 1) }
    }()

    /// Without Python there are no peers: `make test` sets it up.
    package static var isThere: Bool { FileManager.default.isExecutableFile(atPath: python) }

    /// The certificate of a peer with TLS, for `localhost` and not for 127.0.0.1; nobody trusts it who is not told to.
    package var certificate: String { "\(folder)/cert.pem" }

    /// Starts it and waits until it listens.
    ///
    /// - Parameters:
    ///   - hasTLS: whether it gets `--cert` and `--key`.
    ///   - records: whether it takes `--record`.
    package init(_ script: String, _ arguments: [String] = [], hasTLS: Bool = false, records: Bool = true) throws {
        Peer.goesStraight
        folder = try Peer.scratchFolder()
        let files = hasTLS ? ["--cert", "\(folder)/cert.pem", "--key", "\(folder)/key.pem"] : []
        if hasTLS { try Peer.makeCertificate(files[1], key: files[3]) }
        process.executableURL = URL(filePath: Peer.python)
        process.arguments =
            [Peer.services.appending(path: script).path] + (records ? ["--record", folder] : []) + files + arguments
        process.environment = ["PYTHONDONTWRITEBYTECODE": "1", "PATH": "/usr/bin:/bin"]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try Peer.sink("\(folder)/out")
        process.standardError = try Peer.sink("\(folder)/err")
        try process.run()
        do { address = try Peer.listening(process, folder) } catch {
            Peer.kill(process)
            throw error
        }
    }

    /// The part after the last colon.
    package var port: Int { Int(address.split(separator: ":").last ?? "") ?? 0 }

    /// Kills it, and takes its folder away.
    package func end() {
        Peer.kill(process)
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// What it recorded, in order.
    package func records<Record: Decodable>(_ type: Record.Type) throws -> [Record] {
        try files("json").map { try JSONDecoder().decode(type, from: Data(contentsOf: URL(filePath: $0))) }
    }

    /// Paths of recorded files, in order.
    package func files(_ kind: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { $0.hasSuffix("." + kind) }.sorted().map { "\(folder)/\($0)" }
    }

    /// Runs a script of Tests/Services to its end.
    package static func run(_ script: String, _ arguments: [String]) throws -> Data {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: python)
        process.arguments = [services.appending(path: script).path] + arguments
        process.standardOutput = output
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw NotListening(said: "\(script) failed") }
        return data
    }

    package static func scratchFolder() throws -> String {
        let folder = "\(NSTemporaryDirectory())daymill-peer-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        return folder
    }

    private static func makeCertificate(_ path: String, key: String) throws {
        let openssl = Process()
        openssl.executableURL = URL(filePath: "/usr/bin/env")
        openssl.arguments = [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout",
            key, "-out", path, "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
        ]
        openssl.standardError = FileHandle.nullDevice
        try openssl.run()
        openssl.waitUntilExit()
        guard openssl.terminationStatus == 0 else { throw NotListening(said: "openssl makes no certificate") }
    }

    private static func kill(_ process: Process) {
        Foundation.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    private static func sink(_ path: String) throws -> FileHandle {
        try Data().write(to: URL(filePath: path))
        return try FileHandle(forWritingTo: URL(filePath: path))
    }

    /// Looks some thousand times: a machine that is busy may take long to start Python.
    private static func listening(_ process: Process, _ folder: String) throws -> String {
        for _ in 0..<3000 {
            let said = try String(contentsOfFile: "\(folder)/out", encoding: .utf8)
            if said.hasPrefix("listening "), let end = said.firstIndex(of: "\n") {
                return String(said[..<end].dropFirst("listening ".count))
            }
            guard process.isRunning else { break }
            Thread.sleep(forTimeInterval: 0.01)
        }
        throw NotListening(said: (try? String(contentsOfFile: "\(folder)/err", encoding: .utf8)) ?? "")
    }

    /// What `http_peer.py` notes of a call.
    package struct Call: Decodable {
        package var method: String
        package var path: String
        package var headers: [String: String]
        package var body: String
        /// The same for calls over one connection.
        package var connection: Int
    }

    /// A peer that did not come up, and what it complained about.
    struct NotListening: Error {
        var said: String
    }
}
