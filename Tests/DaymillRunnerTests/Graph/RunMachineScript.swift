import DaymillCore
import DaymillPipeline

@testable import DaymillRunner

/// A graph whose attempts end one after the other, in the order in which they began. Time goes on only when nothing
/// is at work.
struct RunMachineScript {
    typealias Unit = RunMachine.Unit

    private(set) var machine: RunMachine
    /// All that was decided, a line for each thing.
    private(set) var lines: [String] = []
    private var atWork: [RunDecisions.Start] = []
    private var expansions: [Int] = []
    private var wakes: [Int64] = []
    private var now: Int64 = 0
    /// How attempts end, by the step's name, or by its name and an item's: `+` is a success, `-` a failure; the last of
    /// them goes on.
    private let outcomes: [String: String]
    /// What is known of a step when it has succeeded.
    private let facts: [String: [String: String]]
    /// Items of steps that ask for them; without any nobody can say.
    private let items: [String: [String]]

    /// - Parameter yaml: a pipeline's limits and steps.
    init(
        _ yaml: String, _ outcomes: [String: String] = [:], facts: [String: [String: String]] = [:],
        items: [String: [String]] = [:], settled: [String: RunMachine.SettledStep] = [:],
        earlier: [String: [String: RunMachine.EarlierUnit]] = [:], chance: Double = 0.5
    ) throws {
        let pipeline = try Pipeline.parse(yaml, file: "pipelines/job.yaml")
        (self.outcomes, self.facts, self.items) = (outcomes, facts, items)
        let given = pipeline.params.filter { !pipeline.missingParams.contains($0.key) }
        machine = RunMachine(
            pipeline, known: given.merging(["date": "2024-09-16"]) { $1 }, cores: 1,
            chance: { _, _ in chance }, holds: { try FactValues($1).holds($0) })
        take(machine.begin(now: 0, settled: settled, earlier: earlier))
    }

    /// To the end, or until nothing can happen any more.
    mutating func run() {
        while !machine.isOver {
            if !expansions.isEmpty {
                tellItems()
            } else if !atWork.isEmpty {
                endFirst()
            } else if let wake = wakes.min() {
                pass(to: wake)
            } else {
                return
            }
        }
    }

    mutating func endFirst() {
        let start = atWork.removeFirst(), unit = start.unit, step = machine.nodes[unit.node].name
        let ends = Array(outcomes[name(unit)] ?? outcomes[step] ?? "+")
        let known = facts[step] ?? [:]
        if ends[min(start.attempt, ends.count) - 1] == "+" {
            happen(.ended(unit, .succeeded(facts: known)))
        } else {
            happen(.ended(unit, .failed(RunProblem(code: "step-failed", message: "it broke"), facts: known)))
        }
    }

    mutating func tellItems() {
        let node = expansions.removeFirst()
        let found = items[machine.nodes[node].name].map(Result<[String], RunProblem>.success)
        happen(.expanded(node, found ?? .failure(RunProblem(code: "not-found", message: "there is no output"))))
    }

    mutating func pass(to moment: Int64) {
        now = moment
        wakes.removeAll { $0 <= now }
        happen(.time)
    }

    /// The first at work has ended because it was told to.
    mutating func stopFirst() { happen(.ended(atWork.removeFirst().unit, .stopped)) }

    mutating func happen(_ happening: RunHappening) { take(machine.handle(happening, now: now)) }

    private mutating func take(_ decisions: RunDecisions) {
        for change in decisions.changes {
            let attempt = change.attempt > 0 ? " \(change.attempt)" : ""
            let reason = change.reason.isEmpty ? "" : ": \(change.reason)"
            lines.append("\(name(change.unit))\(attempt) \(change.state)\(reason)")
        }
        for moment in decisions.wakeAt { lines.append("wake at \(Double(moment) / 1_000_000) s") }
        for unit in decisions.stops { lines.append("stop \(name(unit))") }
        atWork += decisions.starts
        expansions += decisions.expansions
        wakes += decisions.wakeAt
    }

    func name(_ unit: Unit) -> String {
        machine.nodes[unit.node].name + (machine.item(unit).map { "/\($0)" } ?? "")
    }

    /// Names of those at work.
    var working: [String] { atWork.map { name($0.unit) } }

    /// What all steps have come to: `load skipped: extract failed`.
    var ends: [String] {
        machine.nodes.indices.map { node in
            let state = machine.states[node]
            return "\(machine.nodes[node].name) \(state.phase)" + (state.reason.isEmpty ? "" : ": \(state.reason)")
        }
    }
}
