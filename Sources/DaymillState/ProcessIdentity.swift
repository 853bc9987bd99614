import Foundation

/// A process that is told from a later one of the same number: by when it began, and since which start of the system.
package struct ProcessIdentity: Sendable, Hashable, Codable {
    package var number: Int32
    /// Ticks since the system started; 0 where the system does not say.
    package var began: UInt64
    /// Of the system's start; empty where the system does not say.
    package var boot: String

    package init(number: Int32, began: UInt64, boot: String) {
        self.number = number
        self.began = began
        self.boot = boot
    }

    /// This process.
    package static let current: ProcessIdentity = {
        let number = ProcessInfo.processInfo.processIdentifier
        return ProcessIdentity(of: number) ?? ProcessIdentity(number: number, began: 0, boot: boot)
    }()

    /// Nil when there is no such process.
    package init?(of number: Int32) {
        guard let began = ProcessIdentity.began(number) else { return nil }
        self.init(number: number, began: began, boot: ProcessIdentity.boot)
    }

    /// Whether it still runs.
    package var isRunning: Bool {
        guard boot == ProcessIdentity.boot else { return false }
        return began == 0 ? kill(number, 0) == 0 || errno == EPERM : ProcessIdentity.began(number) == began
    }

    private static let boot: String = {
        let text = try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8)
        return text?.trimmingCharacters(in: .whitespacesAndNewlines) ?? ""
    }()

    /// The 22nd field of its line: the name before may have spaces and parentheses.
    private static func began(_ number: Int32) -> UInt64? {
        guard let line = try? String(contentsOfFile: "/proc/\(number)/stat", encoding: .utf8),
            let end = line.lastIndex(of: ")")
        else { return nil }
        let fields = line[line.index(after: end)...].split(separator: " ")
        // One that is dead and has not been asked for its end does not run.
        guard fields.count > 19, fields[0] != "Z" else { return nil }
        return UInt64(fields[19])
    }
}
