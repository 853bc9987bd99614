import DaymillColumns
package import DaymillCore
package import DaymillEngine
package import DaymillPipeline
package import DaymillProcess
package import DaymillState
import Foundation
import Synchronization

/// Carries out a run of a pipeline's graph: asks `RunMachine` what to do, notes it, does it, and tells it what happened.
///
/// One thread decides and notes. Attempts have threads of their own; each tells the deciding one when it has ended.
package final class GraphRun: Sendable {
    /// What one run works with.
    package struct Setting: Sendable {
        package var project: Project
        package var pipeline: Pipeline
        package var date: Day
        /// The run's id.
        package var run: String
        package var store: Store
        package var options: RunOptions
        package var notes: any RunNotes
        /// Variables of the environment that children start with.
        package var environment: [String: String]
        /// Told of each step that has ended.
        package var report: @Sendable (StepReport) -> Void = { _ in }
        /// Steps that an earlier run has done, by name.
        package var settled: [String: RunMachine.SettledStep] = [:]
        /// What was done before of others, by the names of steps and items.
        package var earlier: [String: [String: RunMachine.EarlierUnit]] = [:]
        /// How long earlier processes of this run were at work.
        package var timeSpent = Duration.zero

        package init(
            project: Project, pipeline: Pipeline, date: Day, run: String, store: Store, options: RunOptions,
            notes: any RunNotes, environment: [String: String]
        ) {
            self.project = project
            self.pipeline = pipeline
            self.date = date
            self.run = run
            self.store = store
            self.options = options
            self.notes = notes
            self.environment = environment
        }

        /// Whether another process goes on with the run when the system ends this one.
        package var isHandedOver = false

        /// Where attempts write what they say.
        package var logFolder: String { project.logFolder(ofRun: run) }
    }

    typealias Unit = RunMachine.Unit

    let setting: Setting
    private let mail = Mailbox<RunHappening>()
    private let stops = Mutex(Stops())
    /// What rollups have made, for those who want to see it.
    let outcomes = Mutex<[StepOutcome]>([])
    /// Of the last attempt at each rollup that failed.
    let errors = Mutex<[String: [DaymillError]]>([:])
    let connections: Connections

    package init(_ setting: Setting) {
        self.setting = setting
        connections = Connections(of: setting.project, setting.environment, clock: setting.options.clock)
    }

    /// What a run came to.
    package struct Outcome: Sendable {
        package var result: RunResult
        package var outcomes: [StepOutcome]
        /// Of rollups that failed, by step.
        package var errors: [String: [DaymillError]]
        /// The system ended this process; another one goes on with the run.
        package var isHandedOver = false
        /// The states of all steps, in the order of the graph.
        package var steps: [StepReport]
    }

    /// Carries it out.
    ///
    /// - Parameter signals: of the system; the first one ends the run in order.
    /// - Throws: `.io` where something cannot be noted; then nothing more is started.
    package func run(signals: EndSignals? = nil) throws -> Outcome {
        let workers = WorkerThreads()
        // What was started is over when this returns.
        defer {
            stopAll()
            workers.end()
        }
        do { return try decide(signals, workers) } catch {
            // What cannot be noted does not go on.
            stopAll()
            ProcessTable.killAll(startedWith: "DAYMILL_RUN=\(setting.run)")
            throw error
        }
    }

    /// When the run is to end, by the steady clock. One that another process goes on with has a tenth of its time at the
    /// least: what earlier ones took is told by the day's clock, which may have been set.
    private var limit: Int64? {
        guard let timeout = setting.pipeline.limits.timeout?.microseconds else { return nil }
        let left = timeout - max(0, setting.timeSpent.microseconds)
        return setting.options.steadyClock.nowMicroseconds + max(left, timeout / 10)
    }

    private func decide(_ signals: EndSignals?, _ workers: WorkerThreads) throws -> Outcome {
        if !setting.pipeline.isPlain {
            try FileDoor.makeDirectory(setting.logFolder, isDurable: false)
        }
        let clock = setting.options.steadyClock
        let seed = setting.run
        var machine = RunMachine(
            setting.pipeline, known: known, cores: setting.options.threads,
            chance: { unit, attempt in GraphRun.chance("\(seed)/\(unit.node)/\(unit.item)/\(attempt)") },
            holds: { try FactValues($1).holds($0) })
        let limit = limit
        var wakes = MinHeap<Int64>(), wasHandedOver = false
        if let limit { wakes.push(limit) }
        var decisions = machine.begin(now: clock.nowMicroseconds, settled: setting.settled, earlier: setting.earlier)
        while true {
            let wish = try carryOut(decisions, machine, workers)
            for moment in decisions.wakeAt { wakes.push(moment) }
            decisions = RunDecisions()
            if machine.isOver { break }
            if let wish, machine.ending == nil {
                decisions = machine.handle(.cancel(wish), now: clock.nowMicroseconds)
                continue
            }
            let now = clock.nowMicroseconds
            if let limit, now >= limit, machine.ending == nil {
                let length = DurationText.text(setting.pipeline.limits.timeout ?? .zero)
                decisions = machine.handle(.cancel("it took longer than \(length)", isFailure: true), now: now)
                continue
            }
            var isDue = false
            while let first = wakes.first, first <= now {
                _ = wakes.pop()
                isDue = true
            }
            if isDue { decisions.add(machine.handle(.time, now: now)) }
            // The system counts a wait while it is awake only; our clock goes on while it is suspended.
            let pause = wakes.first.map { Duration.microseconds(min(max(1000, $0 - now), 30_000_000)) }
            let letters = isDue ? mail.takeAll() : mail.wait(atMost: pause, or: signals?.descriptor)
            if signals?.next() != nil, machine.ending == nil {
                let wish = try setting.notes.note([], waits: false)
                wasHandedOver = setting.isHandedOver && wish == nil
                decisions.add(machine.handle(.cancel(wish ?? "somebody stopped it"), now: now))
            }
            for letter in letters { decisions.add(machine.handle(letter, now: clock.nowMicroseconds)) }
        }
        var outcome = outcome(machine)
        outcome.isHandedOver = wasHandedOver
        return outcome
    }

    private var known: [String: String] {
        var known = setting.pipeline.params
        known["date"] = setting.date.description
        return known
    }

    /// Notes decisions, and then does what they say.
    private func carryOut(_ decisions: RunDecisions, _ machine: RunMachine, _ workers: WorkerThreads) throws -> String?
    {
        var wish: String?
        if !decisions.changes.isEmpty {
            let now = setting.options.clock.nowMicroseconds
            let wholes = decisions.wholes.map { whole in
                AttemptRecord(
                    step: machine.nodes[whole.node].name, number: 0, state: .succeeded, started: now, ended: now,
                    facts: ["items": "\(whole.items)"], place: whole.node)
            }
            // What only looks may be done again after a power cut; whatever follows and does more waits for the disk.
            let waits = decisions.changes.contains { !machine.nodes[$0.unit.node].work.onlyLooks }
            wish = try setting.notes.note(decisions.changes.map { record($0, machine, now) } + wholes, waits: waits)
        }
        for unit in decisions.stops { stop(unit) }
        for change in decisions.changes where change.state != .running {
            setting.report(StepReport(change, machine))
        }
        for start in decisions.starts {
            let attempt = Attempt(start, machine, setting)
            workers.run { self.mail.put(.ended(start.unit, self.perform(attempt))) }
        }
        for node in decisions.expansions {
            let step = machine.nodes[node]
            workers.run {
                let items = self.items(of: step, Unit(node: node, item: 0))
                self.mail.put(.expanded(node, items))
            }
        }
        return wish
    }

    /// How to end what is at work.
    private struct Stops {
        var ways: [RunMachine.Unit: @Sendable () -> Void] = [:]
        /// Those that were to end, maybe before there was a way to.
        var wanted: Set<RunMachine.Unit> = []
        /// Nothing is to go on.
        var isOver = false
    }

    /// Says how an attempt is ended.
    func stop(_ unit: RunMachine.Unit, by way: @escaping @Sendable () -> Void) {
        let isWanted = stops.withLock { stops in
            stops.ways[unit] = way
            return stops.isOver || stops.wanted.contains(unit)
        }
        if isWanted { way() }
    }

    /// The attempt has ended by itself.
    func forgetStop(of unit: RunMachine.Unit) { stops.withLock { _ = $0.ways.removeValue(forKey: unit) } }

    /// Ends an attempt, which then says that it has ended.
    private func stop(_ unit: Unit) {
        let way = stops.withLock { stops in
            stops.wanted.insert(unit)
            return stops.ways[unit]
        }
        way?()
    }

    /// Ends whatever is at work.
    private func stopAll() {
        let ways = stops.withLock { stops in
            stops.isOver = true
            return Array(stops.ways.values)
        }
        for way in ways { way() }
    }

    /// Lets something compute in this process, until it is done, the run is ended, or its time is over.
    ///
    /// - Throws: what `body` throws; `WorkEnded`.
    func computing<R>(_ unit: Unit, timeout: Duration? = nil, _ body: () throws -> R) throws -> R {
        let stop = WorkStop(timeout: timeout, clock: setting.options.steadyClock)
        self.stop(unit) { stop.stop("") }
        defer { forgetStop(of: unit) }
        return try WorkStop.$current.withValue(stop, operation: body)
    }

    private func record(_ change: RunDecisions.UnitChange, _ machine: RunMachine, _ now: Int64) -> AttemptRecord {
        let item = machine.item(change.unit) ?? ""
        let isRunning = change.state == .running
        return AttemptRecord(
            step: machine.nodes[change.unit.node].name, item: item, number: change.attempt,
            state: AttemptRecord.State(rawValue: change.state.rawValue) ?? .failed, reason: change.reason, started: now,
            ended: isRunning ? nil : now, facts: change.facts, place: change.unit.node)
    }

    private func outcome(_ machine: RunMachine) -> Outcome {
        let steps = machine.nodes.indices.map { StepReport(machine, $0) }
        let order = Dictionary(uniqueKeysWithValues: machine.nodes.enumerated().map { ($1.name, $0) })
        let made = outcomes.withLock { $0 }.sorted { (order[$0.step] ?? 0, $0.date) < (order[$1.step] ?? 0, $1.date) }
        return Outcome(result: machine.result, outcomes: made, errors: errors.withLock { $0 }, steps: steps)
    }

    /// 0..<1, the same for the same text.
    private static func chance(_ text: String) -> Double {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return Double(hash >> 11) / Double(1 << 53)
    }
}

/// Where a run notes what becomes of its steps.
package protocol RunNotes: Sendable {
    /// Notes what has become of attempts.
    ///
    /// - Parameter waits: whether it is on disk when this returns.
    /// - Returns: why somebody wants the run to end, if somebody does.
    func note(_ changes: [AttemptRecord], waits: Bool) throws -> String?
    /// Told what rollups have made.
    func made(_ outcomes: [StepOutcome])
    /// Told that a rollup has failed for good or will be tried again.
    func failed(_ step: String, _ error: DaymillError)
    /// Values of a fact in earlier runs for other dates, the newest first.
    func history(of fact: String, step: String, limit: Int) throws -> [String]
}

/// What became of a step, or of one of its attempts, for people.
package struct StepReport: Sendable {
    package var step: String
    package var item: String
    package var verb: String
    package var attempt: Int
    /// `succeeded`, `failed`, `skipped`, `cancelled`.
    package var state: String
    package var reason: String
    /// Whether this is the step's end, and not only that of an attempt.
    package var isEnd: Bool
    package var isReplaced = false

    init(_ change: RunDecisions.UnitChange, _ machine: RunMachine) {
        let node = machine.nodes[change.unit.node], state = machine.states[change.unit.node]
        (step, verb, attempt) = (node.name, node.work.verb, change.attempt)
        item = machine.item(change.unit) ?? ""
        (self.state, reason) = (change.state.rawValue, change.reason)
        isEnd = state.phase.hasEnded
    }

    init(_ machine: RunMachine, _ node: Int) {
        (step, verb) = (machine.nodes[node].name, machine.nodes[node].work.verb)
        (item, attempt, isEnd) = ("", machine.states[node].units.map(\.attempts).max() ?? 0, true)
        (state, reason) = (machine.states[node].phase.rawValue, machine.states[node].reason)
        isReplaced = machine.isReplaced(node)
    }
}

extension RunDecisions {
    mutating func add(_ other: RunDecisions) {
        changes += other.changes
        wholes += other.wholes
        starts += other.starts
        wakeAt += other.wakeAt
        stops += other.stops
        expansions += other.expansions
    }
}
