import DaymillTestKit
import Foundation
import Testing

/// What Tests/Faults/faults.c does to a process of the program.
struct Faults {
    enum Deed: String {
        /// Killed at a call that changes the disk.
        case before, after
        /// From that call on there is no room, or no disk.
        case full, broken
    }
    /// The command in whose processes it happens.
    var command: String
    /// The number of the call, from 1 on; 0: none.
    var at = 0
    var deed = Deed.before
    var killsParentToo = false
    /// Only calls upon paths with this in them count.
    var under: String?
    /// The fault lasts while this file is there.
    var lastsWhile: String?
    /// The file with the number of microseconds that the day's clock is ahead.
    var clock: String?
    /// Sleeps are so many times shorter.
    var haste = 1

    private func variables(_ folder: String) -> [String] {
        var found = [
            "LD_PRELOAD=\(Faults.library)", "FAULTS_IN=\(command)", "FAULTS_COUNT=\(folder)/faults.count",
            "FAULTS_AT=\(at)", "FAULTS_DO=\(deed.rawValue)", "FAULTS_HASTE=\(haste)",
        ]
        if killsParentToo { found.append("FAULTS_TOO=parent") }
        if let under { found.append("FAULTS_UNDER=\(under)") }
        if let lastsWhile { found.append("FAULTS_WHILE=\(lastsWhile)") }
        if let clock { found.append("FAULTS_CLOCK=\(clock)") }
        return found
    }

    /// - Parameter complaints: the file of the folder that standard error is added to.
    func start(
        _ arguments: [String], in scratch: Scratch, complaints: String? = nil
    ) throws -> Program.Running {
        let line = "exec /usr/bin/env \"$@\"" + (complaints.map { " 2>> \($0)" } ?? "")
        return try Program.start(
            ["-c", line, "sh"] + variables(scratch.path) + [Program.path] + arguments, in: scratch.path,
            program: "/bin/sh")
    }

    /// Calls that were counted in a folder so far, and whether a process was killed there.
    static func counted(in scratch: Scratch) -> (calls: Int, hasKilled: Bool) {
        guard let data = FileManager.default.contents(atPath: "\(scratch.path)/faults.count"), data.count >= 16 else {
            return (0, false)
        }
        let bytes = [UInt8](data)
        func number(_ place: Int) -> Int { (0..<8).reduce(0) { $0 | Int(bytes[place + $1]) << (8 * $1) } }
        return (number(0), number(8) != 0)
    }

    static func forget(in scratch: Scratch) {
        try? FileManager.default.removeItem(atPath: "\(scratch.path)/faults.count")
    }

    /// Whether each call is to be tried.
    static let isThorough = ProcessInfo.processInfo.environment["DAYMILL_FAULTS"] == "all"

    /// Compiled once for all tests.
    private static let library: String = {
        let source = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Faults/faults.c").path
        let folder = FileManager.default.temporaryDirectory.appending(path: "daymill-faults-\(UUID().uuidString)").path
        let path = "\(folder)/faults.so"
        try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let line = "cc -Wall -Werror -O1 -shared -fPIC -pthread -o '\(path)' '\(source)'"
        guard let ending = try? Program.shell(line, in: "/"), ending.status == 0 else {
            fatalError("this failed: \(line)")
        }
        return path
    }()

    /// All of some calls where `DAYMILL_FAULTS=all` asks for it (`make soak-runner`); else some of them, the same each time.
    static func chosen(of calls: Int, usually count: Int) -> [Int] {
        let step = isThorough ? 1 : max(1, calls / count)
        return Array(stride(from: isThorough ? 1 : 1 + step / 2, through: calls, by: step))
    }

    /// What is done at one of these: both where each is tried.
    static func deeds(_ at: Int) -> [Deed] {
        isThorough ? [.before, .after] : at.isMultiple(of: 2) ? [.before] : [.after]
    }
}
