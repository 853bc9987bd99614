import Synchronization

/// A change to the file system, as tests see it.
package enum FileStep: String, Sendable {
    case create, write, sync, rename, syncDirectory, remove
}

/// Where tests break things on purpose: called before each changing step, it may throw or stop the process.
package enum FileSteps {
    package typealias Hook = @Sendable (FileStep, String) throws -> Void
    private static let hook = Mutex<Hook?>(nil)

    /// Sets the hook; nil in production.
    package static func intercept(_ new: Hook?) { hook.withLock { $0 = new } }

    static func before(_ step: FileStep, _ path: String) throws {
        if let hook = hook.withLock({ $0 }) { try hook(step, path) }
    }
}

/// Counts temporary names within this process.
final class TemporaryCount: Sendable {
    private let value = Atomic<Int>(0)
    func add(_ n: Int) -> Int { value.add(n, ordering: .relaxed).newValue }
}
let temporaryCount = TemporaryCount()
