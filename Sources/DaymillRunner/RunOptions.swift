package import DaymillColumns
package import DaymillCore
import DaymillEngine

/// How a run is carried out; nothing here changes a result.
package struct RunOptions: Sendable {
    package var threads: Int
    package var level: KernelLevel
    package var clock: WallClock
    /// What the whole program may take; groups that do not fit go to disk.
    package var memoryBytes = MemoryBudget.usual()
    /// Groups from which on they go to disk, however much memory there is; for tests.
    package var groupsMax = Int.max
    /// From this size on a file is worth all threads; other sizes than the usual are for tests.
    package var largeFileBytes = 8 << 20
    /// What each of a run's two audits may read at the least, else a fiftieth of what the run reads; 0: no audits.
    package var auditBytesMin = 1 << 20
    /// How windows are put together; other ways than the automatic one are for tests and benchmarks.
    package var windowOperator = WindowOperator.automatic
    /// Bytes on disk that the windows of a sweep may take together; more windows are swept in several goes.
    package var sweepBytes = 16 << 30
    /// Counts pauses and times that work may take.
    package var steadyClock = SteadyClock.system
    /// Lets time pass while files are being written; tests let it pass otherwise.
    package var pause: @Sendable (Duration) throws -> Void = { try WorkStop.pause($0) }
    /// Told what goes on, from any thread.
    package var report: @Sendable (RunEvent) -> Void

    package init(
        threads: Int, level: KernelLevel = KernelLevel(), clock: WallClock = .system,
        report: @escaping @Sendable (RunEvent) -> Void = { _ in }
    ) {
        self.threads = threads
        self.level = level
        self.clock = clock
        self.report = report
    }
}

/// What happens during a run, for a progress display.
package enum RunEvent: Sendable {
    /// A step begins to read; the bytes it has to read.
    case reading(step: String, bytes: Int, files: Int)
    /// More bytes have been read.
    case read(bytes: Int)
    /// A step merges, sorts or writes.
    case phase(step: String, String)
    /// Something a person should know.
    case remark(String)
}
