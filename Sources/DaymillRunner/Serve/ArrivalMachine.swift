package import DaymillCore
package import DaymillState

/// Decides when files that come start runs. A value: it is told what was seen and when, and says what to look at again, and which
/// files have held still for long enough.
///
///     seen ──▶ settling ── held still ──▶ settled ── all of its date have settled ──▶ a batch: one run
///                 ▲  │                              └ or the first has waited ten times as long: those that have
///                 └──┘ changed
///
/// A file has held still when two looks that lie `settle` apart find it the same, or when its own times say so, as far as they are
/// believed. Lengths of time are counted by a clock that nobody sets; so a clock of the day that jumps keeps nothing waiting for ever.
package struct ArrivalMachine: Sendable {
    /// A time by both clocks, in microseconds.
    package struct Moment: Sendable, Hashable {
        /// Since 1970, as files have it.
        package var wall: Int64
        /// Since whenever; never set.
        package var steady: Int64

        package init(wall: Int64, steady: Int64) { (self.wall, self.steady) = (wall, steady) }
    }

    /// Files of one date that start one run.
    package struct Batch: Sendable, Hashable {
        package var pipeline: String
        package var date: Day
        package var files: [String: FileIdentity]

        package init(pipeline: String, date: Day, files: [String: FileIdentity]) {
            (self.pipeline, self.date, self.files) = (pipeline, date, files)
        }
    }

    private struct Pending: Sendable {
        var identity: FileIdentity
        var date: Day
        var settle: Int64
        /// By the steady clock, when a look found it so the last time.
        var seen: Int64
        /// By the steady clock, when it has held still for long enough; and whether a look then found it the same.
        var stillAt: Int64
        var isStill = false
    }
    /// By pipeline and path.
    private var pending: [String: [String: Pending]] = [:]

    package init() {}

    /// Forgets files of pipelines, and paths, that nothing asks for any more.
    package mutating func keep(_ isWanted: (_ pipeline: String, _ path: String) -> Bool) {
        for (pipeline, files) in pending {
            let left = files.filter { isWanted(pipeline, $0.key) }
            pending[pipeline] = left.isEmpty ? nil : left
        }
    }

    /// A file that is not known as it is was seen.
    ///
    /// - Parameters:
    ///   - settle: how long it has to hold still.
    ///   - believed: microseconds that its own times can tell of at most: they may be those of another machine, and the clock of
    ///     the day may have been set since.
    package mutating func saw(
        _ path: String, _ identity: FileIdentity, of pipeline: String, date: Day, settle: Duration,
        believed: Int64 = .max, at now: Moment
    ) {
        let settle = settle.microseconds
        let before = pending[pipeline]?[path]
        if var known = before, known.identity == identity {
            // The same as before: it was so all the time.
            if known.stillAt <= now.steady { known.isStill = true }
            known.seen = now.steady
            pending[pipeline]?[path] = known
            return
        }
        // What was last changed long ago need not be watched for as long again; but it was another when it was seen before.
        let age = now.wall - max(identity.modified, identity.changed) / 1000
        let still = max(0, min(age, believed, before.map { now.steady - $0.seen } ?? .max))
        pending[pipeline, default: [:]][path] = Pending(
            identity: identity, date: date, settle: settle, seen: now.steady,
            stillAt: now.steady + max(0, settle - still), isStill: still >= settle)
    }

    /// A file is gone, or has turned out to be known.
    package mutating func forget(_ path: String, of pipeline: String) {
        pending[pipeline]?[path] = nil
        if pending[pipeline]?.isEmpty == true { pending[pipeline] = nil }
    }

    /// The files that should have held still by now, to be looked at again.
    package func looks(at now: Moment) -> [(pipeline: String, path: String)] {
        pending.sorted { $0.key < $1.key }.flatMap { pipeline, files in
            files.filter { !$0.value.isStill && $0.value.stillAt <= now.steady }.keys.sorted().map { (pipeline, $0) }
        }
    }

    /// What starts runs now. It stays here until `forget` is told that it was noted.
    package func batches(at now: Moment) -> [Batch] {
        pending.sorted { $0.key < $1.key }.flatMap { pipeline, files in
            Dictionary(grouping: files, by: \.value.date).sorted { $0.key < $1.key }.compactMap { date, group in
                let still = group.filter(\.value.isStill)
                guard !still.isEmpty, still.count == group.count || ArrivalMachine.patienceEnds(still) <= now.steady
                else { return nil }
                let files = still.map { ($0.key, $0.value.identity) }
                return Batch(pipeline: pipeline, date: date, files: Dictionary(uniqueKeysWithValues: files))
            }
        }
    }

    /// When files that have settled no longer wait for others of their date.
    private static func patienceEnds(_ still: [(key: String, value: Pending)]) -> Int64 {
        still.map { $0.value.stillAt + 10 * $0.value.settle }.min() ?? 0
    }

    /// Microseconds since 1970 at which something is to be looked at; nil: nothing is.
    package func nextWake(_ now: Moment) -> Int64? {
        let moments = pending.values.flatMap { files in
            Dictionary(grouping: files, by: \.value.date).values.flatMap { group in
                let still = group.filter(\.value.isStill)
                return group.filter { !$0.value.isStill }.map(\.value.stillAt)
                    + (still.isEmpty ? [] : [ArrivalMachine.patienceEnds(still)])
            }
        }
        return moments.min().map { now.wall + max(0, $0 - now.steady) }
    }

    /// How many files have not held still for long enough, by pipeline.
    package var settling: [String: Int] { pending.mapValues(\.count) }
}
