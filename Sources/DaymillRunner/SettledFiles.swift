import DaymillColumns
package import DaymillConnect
import DaymillCore
import DaymillEngine
package import DaymillPipeline

/// Files that are still being written, as far as a source says how that is told.
package struct UnsettledFile: Sendable {
    package var path: String
    /// How long it has not changed.
    package var still: Duration
}

extension SettlePolicy {
    /// Which files changed too short a time ago. A change that lies in the future counts as one of now.
    ///
    /// - Parameter now: microseconds since 1970.
    package func unsettled(_ files: some Sequence<LocalFile>, now: Int64) -> [UnsettledFile] {
        files.compactMap { file in
            let still = stillness(file.stamp, now: now)
            return still < hold ? UnsettledFile(path: file.path, still: still) : nil
        }
    }

    fileprivate func stillness(_ stamp: FileStamp, now: Int64) -> Duration {
        .microseconds(max(0, now - max(stamp.modified, stamp.changed) / 1000))
    }
}

/// Lists files until all of them have held still for as long as their source wants.
struct SettledListing {
    let policy: SettlePolicy
    let source: Source
    let options: RunOptions
    /// What was seen of the files that had not held still at first. Time is counted by the pauses, so a clock that jumps
    /// neither settles a file nor keeps it waiting for ever.
    private var watched: [PathBytes: (stamp: FileStamp, still: Duration)] = [:]
    private var waited: Duration = .zero
    private var isTold = false

    init(_ policy: SettlePolicy, _ source: Source, _ options: RunOptions) {
        self.policy = policy
        self.source = source
        self.options = options
    }

    /// - Throws: what `list` throws; `.inputDamaged`, retryable, when the policy's time to wait is over.
    mutating func files(_ list: () throws -> [InventoryFile]) throws -> [InventoryFile] {
        while true {
            let files = try list()
            look(at: files)
            let unsettled = watched.filter { $0.value.still < policy.hold }
            guard let first = unsettled.min(by: { ($0.value.still, $0.key.path) < ($1.value.still, $1.key.path) })
            else {
                return files
            }
            guard waited < policy.wait else {
                throw DaymillError.unsettled(
                    first.key.path, still: first.value.still, others: unsettled.count - 1, policy, source,
                    waited: waited)
            }
            tell(first.key.path, others: unsettled.count - 1)
            try pause(min(policy.hold - first.value.still, policy.wait - waited))
        }
    }

    private mutating func look(at files: [InventoryFile]) {
        let now = options.clock.nowMicroseconds
        var next: [PathBytes: (stamp: FileStamp, still: Duration)] = [:]
        for file in files.lazy.map(\.file) {
            let path = PathBytes(file.path), known = watched[path]
            let byClock = policy.stillness(file.stamp, now: now)
            let still = known?.stamp == file.stamp ? max(known?.still ?? .zero, byClock) : byClock
            if known != nil || still < policy.hold { next[path] = (file.stamp, still) }
        }
        watched = next
    }

    private mutating func pause(_ length: Duration) throws {
        try options.pause(length)
        waited += length
        for path in watched.keys { watched[path]?.still += length }
    }

    private mutating func tell(_ path: String, others: Int) {
        guard !isTold else { return }
        isTold = true
        let more = others == 0 ? "" : " and \(others) more"
        options.report(
            .remark("waiting until \(path)\(more) has not changed for \(DurationText.text(policy.hold))"))
    }
}

extension DaymillError {
    fileprivate static func unsettled(
        _ path: String, still: Duration, others: Int, _ policy: SettlePolicy, _ source: Source, waited: Duration
    ) -> DaymillError {
        let more = others == 0 ? "" : " (and \(others) more)"
        let time = waited == .zero ? "" : "; waited \(DurationText.human(waited))"
        return DaymillError(
            .inputDamaged, at: source.place,
            "\(path)\(more) seems to be still written: it changed \(DurationText.human(still)) ago, and source "
                + "'\(source.name)' wants \(DurationText.text(policy.hold)) without a change\(time)",
            hint: "run again once it is complete, or set other times in 'settle'", isRetryable: true)
    }
}
