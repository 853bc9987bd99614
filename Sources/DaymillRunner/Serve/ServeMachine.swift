package import DaymillCore
package import DaymillPipeline

/// Decides which runs start when. A value: it is told what time it is and what happened, and says what to note and to do.
///
/// For each moment that a schedule means there is one decision, ever: the moments up to `decided` are behind us, whatever the
/// clock does afterwards.
package struct ServeMachine: Sendable {
    /// A pipeline with a schedule.
    package struct Served: Sendable {
        package var name: String
        package var schedule: Schedule
        package var rules: ZoneRules
        package var overlap: RunOverlap
        /// Why it starts nothing; nil: it does.
        package var pause: String?
        /// Seconds since 1970: the moments up to here, this one included, have been decided.
        package var decided: Int64
        /// The first moment after it.
        package var next: Firing?

        package init(
            _ name: String, _ schedule: Schedule, _ rules: ZoneRules, overlap: RunOverlap, pause: String?,
            decided: Int64
        ) {
            (self.name, self.schedule, self.rules, self.overlap) = (name, schedule, rules, overlap)
            (self.pause, self.decided) = (pause, decided)
            next = schedule.next(after: decided, rules)
        }
    }

    /// A run that has not ended.
    package struct OpenRun: Sendable, Hashable {
        package var id: String
        package var pipeline: String
        /// Whether a process has it.
        package var isRunning: Bool

        package init(_ id: String, _ pipeline: String, isRunning: Bool) {
            (self.id, self.pipeline, self.isRunning) = (id, pipeline, isRunning)
        }
    }

    /// What became of a moment that a schedule means.
    package struct Decision: Sendable, Hashable {
        package enum Verdict: String, Sendable {
            /// A run was queued for it.
            case ran
            /// It was left out.
            case skipped
            /// A later one stands for it.
            case merged
        }
        package var pipeline: String
        package var firing: Firing
        package var verdict: Verdict
        /// A sentence without a full stop.
        package var reason: String
        /// Runs that are to end first.
        package var ends: [String] = []
    }

    private var served: [String: Served] = [:]
    private var wakes = MinHeap<Wake>()
    private var open: [String: [OpenRun]] = [:]
    private var running = 0
    /// Runs at work at once, of all pipelines.
    private let maxRuns: Int
    /// A moment that was noticed so many seconds late was missed.
    package static let grace: Int64 = 60

    private struct Wake: Comparable, Sendable {
        var second: Int64
        var pipeline: String

        static func < (a: Wake, b: Wake) -> Bool { (a.second, a.pipeline) < (b.second, b.pipeline) }
    }

    package init(maxRuns: Int) { self.maxRuns = maxRuns }

    /// The pipelines with schedules, instead of those that there were.
    package mutating func serve(_ pipelines: [Served]) {
        served = Dictionary(pipelines.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        wakes = MinHeap()
        for pipeline in pipelines { wake(pipeline) }
    }

    /// Runs that there are already.
    package mutating func adopt(_ runs: [OpenRun]) {
        for run in runs where !contains(run) {
            open[run.pipeline, default: []].append(run)
            if run.isRunning { running += 1 }
        }
    }

    /// Whether a run is known already.
    private func contains(_ run: OpenRun) -> Bool { open[run.pipeline]?.contains { $0.id == run.id } ?? false }

    /// Runs at work, runs that wait, and when each schedule starts next, in seconds since 1970.
    package var board: (running: Int, queued: Int, nextStart: [String: Int64]) {
        let all = open.values.reduce(0) { $0 + $1.count }
        return (running, all - running, served.compactMapValues { $0.pause == nil ? $0.next?.second : nil })
    }

    /// Seconds since 1970 at which something is due next; nil: nothing is.
    package var nextWake: Int64? { wakes.first?.second }

    /// The pipeline that is due first then; nil also where it is paused.
    package var nextPipeline: String? {
        wakes.first.flatMap { served[$0.pipeline] }.flatMap { $0.pause == nil ? $0.name : nil }
    }

    /// All that is due. O(log pipelines) for each moment.
    package mutating func due(_ now: Int64) -> [Decision] {
        var decisions: [Decision] = []
        while let wake = wakes.first, wake.second <= now {
            _ = wakes.pop()
            guard var pipeline = served[wake.pipeline], pipeline.next?.second == wake.second else { continue }
            decisions += decide(pipeline, now)
            pipeline.decided = now
            pipeline.next = pipeline.schedule.next(after: now, pipeline.rules)
            served[pipeline.name] = pipeline
            self.wake(pipeline)
        }
        return decisions
    }

    private mutating func wake(_ pipeline: Served) {
        if let next = pipeline.next { wakes.push(Wake(second: next.second, pipeline: pipeline.name)) }
    }

    private func decide(_ pipeline: Served, _ now: Int64) -> [Decision] {
        let due = pipeline.schedule.firings(in: pipeline.decided + 1..<now + 1, pipeline.rules)
            .suffix(Limits.missedStartsMax)
        func decision(_ firing: Firing, _ verdict: Decision.Verdict, _ reason: String) -> Decision {
            Decision(pipeline: pipeline.name, firing: firing, verdict: verdict, reason: reason)
        }
        if let pause = pipeline.pause {
            return due.map { decision($0, .skipped, "the pipeline was paused: \(pause)") }
        }
        let missed = due.filter { $0.second < now - ServeMachine.grace }
        let onTime = due.filter { $0.second >= now - ServeMachine.grace }
        let late = "nothing was there to start it in time"
        func madeUp(_ firing: Firing) -> Decision {
            decision(firing, .ran, "its time had come: \(late), and it is made up for")
        }
        var decisions: [Decision] = []
        switch pipeline.schedule.missed {
        case .none: decisions = missed.map { decision($0, .skipped, "\(late), and 'missed' is none") }
        case .all: decisions = missed.map(madeUp)
        case .latest:
            let latest = onTime.isEmpty ? missed.last : nil
            decisions = missed.filter { $0 != latest }.map {
                decision($0, .merged, "\(late), and the latest start stands for all that were missed")
            }
            if let latest { decisions.append(madeUp(latest)) }
        }
        return overlapping(pipeline, decisions, onTime.map { decision($0, .ran, "its time had come") })
    }

    /// What becomes of starts when runs have not ended: those that there are, and those of the starts before them. Starts that
    /// are made up for were never meant to be at one time, so they do not stand in each other's way, and wait for their turn.
    private func overlapping(_ pipeline: Served, _ late: [Decision], _ onTime: [Decision]) -> [Decision] {
        let others = open[pipeline.name] ?? []
        switch pipeline.overlap {
        case .queue: return late + onTime
        case .skip:
            var isFree = others.isEmpty
            func skipped(_ decision: Decision) -> Decision {
                guard decision.verdict == .ran, !isFree else { return decision }
                let other = others.first.map { "run \($0.id)" } ?? "the run of the start before it"
                var decision = decision
                decision.verdict = .skipped
                decision.reason = "\(other) had not ended, and 'overlap' is skip"
                return decision
            }
            let first = late.map(skipped)
            if first.contains(where: { $0.verdict == .ran }) { isFree = false }
            return first
                + onTime.map { start in
                    defer { isFree = false }
                    return skipped(start)
                }
        case .cancelOld:
            var all = late + onTime
            if !onTime.isEmpty {
                for place in all.indices.dropLast() where all[place].verdict == .ran {
                    all[place].verdict = .merged
                    all[place].reason = "a later start took its place before it began, and 'overlap' is cancel_old"
                }
            }
            if let first = all.firstIndex(where: { $0.verdict == .ran }) { all[first].ends = others.map(\.id) }
            return all
        }
    }

    // MARK: Runs

    /// A run was noted that is to start.
    package mutating func queued(_ run: OpenRun) {
        if !contains(run) { open[run.pipeline, default: []].append(run) }
    }

    /// The runs that start now, the oldest first: one of each pipeline, and no more than there are places.
    package mutating func starts() -> [OpenRun] {
        guard running < maxRuns else { return [] }
        let waiting = open.values.compactMap { runs in
            runs.contains(where: \.isRunning) ? nil : runs.min { $0.id < $1.id }
        }.sorted { $0.id < $1.id }
        let starting = Array(waiting.prefix(maxRuns - running))
        for run in starting {
            guard let place = open[run.pipeline]?.firstIndex(of: run) else { continue }
            open[run.pipeline]?[place].isRunning = true
            running += 1
        }
        return starting
    }

    /// A run has ended, or is to be started once more.
    package mutating func ended(_ id: String, of pipeline: String, isStartedAgain: Bool = false) {
        guard let place = open[pipeline]?.firstIndex(where: { $0.id == id }) else { return }
        if open[pipeline]?[place].isRunning == true { running -= 1 }
        if isStartedAgain {
            open[pipeline]?[place].isRunning = false
        } else {
            open[pipeline]?.remove(at: place)
            if open[pipeline]?.isEmpty == true { open[pipeline] = nil }
        }
    }
}
