import DaymillCore
package import DaymillPipeline
package import DaymillSQL

/// Decides what a run of a pipeline's graph does next. A value: it is told what happened and says what to note and what to do;
/// it has no clock, no thread and no file. Moments are microseconds of a clock that nobody sets: see `SteadyClock`.
///
///     begin ──▶ decisions ──▶ note them, then start attempts
///                  ▲                       │
///                  └── handle(event) ◀─────┘  an attempt ended, a pause is over, somebody wants it to end
///
/// Each event costs O(log n) for each step that it wakes: a step knows who waits for it, and nothing looks through all steps.
package struct RunMachine {
    /// The steps, in an order in which each stands after those it needs.
    package let nodes: [StepNode]
    package internal(set) var states: [NodeState]
    /// What is known: facts by `step.name`, and params.
    package internal(set) var facts: [String: String]
    /// Why the run is ending before all is done.
    package internal(set) var ending: String?

    var endsAsFailure = false
    let placesByName: [String: Int]
    /// For each step: those that wait for its end.
    let dependents: [[Int]]
    /// For each step: how many of those it waits for have not ended.
    var needsLeft: [Int]
    /// Those that could start, by the pools of which each takes a place; the first of the graph first.
    var ready: [[String]: MinHeap<Unit>] = [:]
    var freePlaces: [String: Int]
    var atWork = 0
    let maxParallel: Int
    /// Steps that have not ended.
    var left: Int
    /// What was done before of steps that are not done, by their names and those of their items; without items that is "".
    var earlier: [String: [String: EarlierUnit]] = [:]
    /// The moment of what happened last.
    var now: Int64 = 0
    /// Units that wait to try again; the next one first.
    var paused = MinHeap<Pause>()
    /// Steps that have ended, and whose dependents have not been told.
    var ended: [Int] = []
    var isWaking = false
    /// Asked for chance in pauses: of a step, an item and an attempt.
    let chance: @Sendable (Unit, Int) -> Double
    /// Whether a condition holds.
    let holds: @Sendable (Condition, [String: String]) throws -> Bool

    /// One carrying out of a step: the step itself, or one of its items.
    package struct Unit: Hashable, Comparable, Sendable {
        package var node: Int
        /// The place of the item; 0 for a step without items.
        package var item: Int

        package static func < (a: Unit, b: Unit) -> Bool { (a.node, a.item) < (b.node, b.item) }
    }

    /// What has become of a step.
    package struct NodeState: Sendable {
        /// Ascending: a phase is never followed by an earlier one.
        package enum Phase: String, Sendable {
            /// For steps it needs.
            case waiting
            /// Its items are being asked for.
            case expanding
            /// It could start, has started, or waits to try again.
            case active
            case succeeded, failed, skipped, cancelled

            package var hasEnded: Bool {
                switch self {
                case .succeeded, .failed, .skipped, .cancelled: true
                case .waiting, .expanding, .active: false
                }
            }
        }
        package var phase = Phase.waiting
        /// Why it was left out or has failed.
        package var reason = ""
        /// Names of its items; nil for a step without.
        package var items: [String]?
        var units: [UnitState] = []
        /// Units that have not ended.
        var unitsLeft = 0
        var hasFailure = false
        /// The run was ended while it was at work.
        var wasStopped = false
    }

    /// A unit that waits to try again.
    struct Pause: Comparable, Sendable {
        var ends: Int64
        var unit: Unit

        static func < (a: Pause, b: Pause) -> Bool { (a.ends, a.unit) < (b.ends, b.unit) }
    }

    struct UnitState: Sendable {
        /// Of attempts that began.
        var attempts = 0
        /// Of attempts that failed.
        var failures = 0
        var isAtWork = false
        /// A pause goes on until then; nil: none does.
        var pauseEnds: Int64?
        var hasEnded = false
        var hasSucceeded = false
    }

    /// - Parameters:
    ///   - known: params by name.
    ///   - cores: of the machine, where the pipeline does not say how many steps may be at work.
    package init(
        _ pipeline: Pipeline, known: [String: String], cores: Int,
        chance: @escaping @Sendable (Unit, Int) -> Double,
        holds: @escaping @Sendable (Condition, [String: String]) throws -> Bool
    ) {
        nodes = pipeline.nodes
        facts = known
        self.chance = chance
        self.holds = holds
        maxParallel = pipeline.limits.maxParallel ?? max(4, 2 * cores)
        // All cores work for one rollup, so rollups have one place.
        freePlaces = pipeline.limits.pools.merging([RunMachine.enginePool: 1]) { $1 }
        let places = Dictionary(nodes.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
        placesByName = places
        states = Array(repeating: NodeState(), count: nodes.count)
        left = nodes.count
        var needs = nodes.map { Set($0.needs.compactMap { places[$0] }) }
        // Whoever needs a step waits for the one that takes its place, too.
        for (node, step) in nodes.enumerated() where step.control.fallbackOf == nil {
            for need in needs[node] {
                // One that takes a place may have one that takes its own.
                var fallback = nodes[need].control.onFailure.flatMap { places[$0] }
                while let step = fallback, step != node, needs[node].insert(step).inserted {
                    fallback = nodes[step].control.onFailure.flatMap { places[$0] }
                }
            }
        }
        needsLeft = needs.map(\.count)
        var dependents = Array(repeating: [Int](), count: nodes.count)
        for (node, needs) in needs.enumerated() { for need in needs { dependents[need].append(node) } }
        self.dependents = dependents.map { $0.sorted() }
    }

    /// The name of the item that a unit is for; nil where its step has no items.
    func item(_ unit: Unit) -> String? {
        guard let items = states[unit.node].items, items.indices.contains(unit.item) else { return nil }
        return items[unit.item]
    }

    static let enginePool = "\u{0}engine"

    /// Whether nothing is left to do.
    package var isOver: Bool { left == 0 }

    /// What the run came to, once it is over.
    package var result: RunResult {
        if let ending, !endsAsFailure { return .cancelled(ending) }
        let failed = nodes.indices.filter { states[$0].phase == .failed && !isReplaced($0) }
        return failed.isEmpty && ending == nil ? .succeeded : .failed(failed.map { nodes[$0].name })
    }
}

/// What a run came to.
package enum RunResult: Sendable, Hashable {
    case succeeded
    /// Names of the steps that failed and that nothing took the place of.
    case failed([String])
    /// Somebody, or its time limit, ended it.
    case cancelled(String)
}

/// What a run does next. Changes are noted before anything is done.
package struct RunDecisions: Sendable {
    package var changes: [UnitChange] = []
    package var starts: [Start] = []
    /// Steps all of whose items are done.
    package var wholes: [Whole] = []
    /// Moments at which to say that the time has come.
    package var wakeAt: [Int64] = []
    /// Those at work that are to end now.
    package var stops: [RunMachine.Unit] = []
    /// Steps whose items are to be asked for.
    package var expansions: [Int] = []

    /// An attempt that begins.
    package struct Start: Sendable, Hashable {
        package var unit: RunMachine.Unit
        /// From 1.
        package var attempt: Int
    }

    /// A step of which each item has succeeded: an item that never began leaves no trace of its own.
    package struct Whole: Sendable, Hashable {
        package var node: Int
        package var items: Int
    }

    /// Something to note about a step or one of its items.
    package struct UnitChange: Sendable {
        package var unit: RunMachine.Unit
        /// From 1; 0 for what needed no attempt.
        package var attempt: Int
        package var state: State
        package var reason = ""
        package var facts: [String: String] = [:]

        package enum State: String, Sendable { case running, succeeded, failed, skipped, cancelled }
    }
}

/// What happened.
package enum RunHappening: Sendable {
    case ended(RunMachine.Unit, AttemptResult)
    /// The items of a step are known, or could not be asked for.
    case expanded(Int, Result<[String], RunProblem>)
    /// A moment has come.
    case time
    /// The run is to end before all is done: somebody wants it, or it has taken too long, which is a failure.
    case cancel(String, isFailure: Bool = false)
}

/// How an attempt ended.
package enum AttemptResult: Sendable {
    case succeeded(facts: [String: String])
    case failed(RunProblem, facts: [String: String])
    /// It was told to end, and has.
    case stopped
}

/// An error of a step, as it is noted.
package struct RunProblem: Error, Sendable, Hashable {
    /// One of docs/spec/errors.md.
    package var code: String
    package var message: String
    /// The other side wants no second attempt before.
    package var retryAfter: Duration?

    package init(code: String, message: String, retryAfter: Duration? = nil) {
        self.code = code
        self.message = message
        self.retryAfter = retryAfter
    }
}
