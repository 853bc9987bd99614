import DaymillCore
import DaymillPipeline
import DaymillTestKit

@testable import DaymillRunner

/// Carries out a graph by chance: attempts end in any order, items are told late, time goes by, and now and then
/// somebody ends it all. It keeps its own books about units, and compares all that the machine decides with them.
struct RunMachineSimulation {
    typealias Unit = RunMachine.Unit
    typealias Phase = RunMachine.NodeState.Phase

    /// What may happen beside the usual.
    struct Trouble {
        /// After so many events somebody ends the run.
        var cancelsAfter: Int?
        var isFailure = false
        var settled: [Int: RunMachine.SettledStep] = [:]
        var earlierAttempts: [Int: Int] = [:]
        /// Items that are done, by step.
        var done: [Int: Set<Int>] = [:]
    }

    /// What should not be.
    private final class Book {
        var problems: [String] = []
    }

    private enum Life: Equatable { case ready, atWork, paused(until: Int64), ended(isFailure: Bool), stopped }

    let graph: TwinGraph
    let outcomes: TwinOutcomes
    let trouble: Trouble
    private(set) var machine: RunMachine
    private var random: SeededGenerator
    private var now: Int64 = 1_700_000_000_000_000
    /// The step of the twin for each of the machine.
    private let twins: [Int]
    private let waits: [Set<Int>]
    private let places: [Int]
    private var lives: [Unit: Life] = [:]
    private var attempts: [Unit: Int] = [:]
    private var phases: [Phase]
    private var wakes: [Int64] = []
    private var expansions: [Int] = []
    private var events = 0
    private var atWork: [Unit] = []
    private var isEnding = false
    /// The phases when the run was ended.
    private var phasesAtCancel: [Phase] = []
    /// All that was decided, for comparing.
    private(set) var transcript: [String] = []
    private let book = Book()

    static let reason = "the run was ended"
    static let known = ["number": "1", "date": "2024-09-16"]

    init(_ graph: TwinGraph, _ pipeline: Pipeline, _ outcomes: TwinOutcomes, _ trouble: Trouble, seed: UInt64) {
        (self.graph, self.outcomes, self.trouble) = (graph, outcomes, trouble)
        random = SeededGenerator(seed: seed)
        machine = RunMachine(
            pipeline, known: RunMachineSimulation.known, cores: 1, chance: RunMachineSimulation.chance,
            holds: { try FactValues($1).holds($0) })
        twins = pipeline.nodes.map { Int($0.name.dropFirst())! }
        places = graph.steps.indices.map { step in pipeline.nodes.firstIndex { $0.name == "s\(step)" }! }
        let places = places
        waits = twins.map { twin in Set(graph.waits(twin).map { places[$0] }) }
        phases = Array(repeating: .waiting, count: twins.count)
        for (place, node) in pipeline.nodes.enumerated() {
            let needs = Set(graph.steps[twins[place]].needs.map { "s\($0)" })
            expect(Set(node.needs) == needs, "\(node.name) needs \(node.needs) and not \(needs)")
            expect(waits[place].allSatisfy { $0 < place }, "\(node.name) stands before one it waits for")
        }
    }

    private static func chance(_ unit: Unit, _ attempt: Int) -> Double {
        Double((unit.node * 31 + unit.item * 7 + attempt * 3) % 10) / 10
    }

    var problems: [String] { book.problems }

    private func expect(_ isSo: Bool, _ what: @autoclosure () -> String) {
        if !isSo { book.problems.append("event \(events): \(what())") }
    }

    private func name(_ unit: Unit) -> String { "s\(twins[unit.node])/\(unit.item)" }

    // MARK: Events

    /// Goes on until the run is over, or until it never will be.
    mutating func run() {
        let settled = Dictionary(uniqueKeysWithValues: trouble.settled.map { ("s\($0)", $1) })
        let before = Dictionary(uniqueKeysWithValues: twins.map { ("s\($0)", earlier($0)) })
        for (step, settled) in trouble.settled { phases[places[step]] = settled.phase }
        apply(machine.begin(now: now, settled: settled, earlier: before))
        while !machine.isOver, events < 20_000, problems.isEmpty {
            events += 1
            if events == trouble.cancelsAfter { cancel() } else { goOn() }
        }
        expect(machine.isOver, "it is not over")
        expect(atWork.isEmpty, "it is over, and \(atWork.map(name)) are at work")
        if problems.isEmpty { compare() }
    }

    /// What was done before of a step and its items.
    private func earlier(_ twin: Int) -> [String: RunMachine.EarlierUnit] {
        var units: [String: RunMachine.EarlierUnit] = [:]
        for item in -1..<5 {
            var unit = RunMachine.EarlierUnit()
            unit.attempts = trouble.earlierAttempts[twin] ?? 0
            unit.isDone = trouble.done[twin]?.contains(item) ?? false
            unit.reason = "an earlier run did it"
            units[item < 0 ? "" : "i\(item)"] = unit
        }
        return units
    }

    private mutating func goOn() {
        var choices: [Int] = []
        if !atWork.isEmpty { choices += [0, 0, 0] }
        if !expansions.isEmpty { choices.append(1) }
        if !wakes.isEmpty { choices.append(2) }
        guard !choices.isEmpty else { return expect(false, "nothing is left to happen, and it is not over") }
        if random.once(in: 20) { choices = [3] }
        if !isEnding { now += Int64(random.below(2_000_000)) }
        switch random.pick(choices) {
        case 0: endOne()
        case 1: tellItems(of: expansions.remove(at: random.below(expansions.count)))
        case 2:
            now = max(now, wakes.min()!)
            tellTime()
        default: sayNothingNew()
        }
    }

    private mutating func endOne() {
        let unit = atWork.remove(at: random.below(atWork.count))
        let twin = twins[unit.node], attempt = attempts[unit]! - (trouble.earlierAttempts[twin] ?? 0)
        let facts = outcomes.facts(twin, attempt)
        if isEnding, !random.once(in: 3) {
            lives[unit] = .stopped
            apply(machine.handle(.ended(unit, .stopped), now: now))
        } else if outcomes.succeeds(twin, unit.item, attempt) {
            lives[unit] = .ended(isFailure: false)
            apply(machine.handle(.ended(unit, .succeeded(facts: facts)), now: now))
        } else {
            let isLast = isEnding || attempt > graph.steps[twin].retries
            let end = now + pause(unit)
            lives[unit] = isLast ? .ended(isFailure: true) : .paused(until: end)
            let problem = RunProblem(code: "step-failed", message: "broken by \(name(unit)) \(attempt)")
            let decisions = machine.handle(.ended(unit, .failed(problem, facts: facts)), now: now)
            if !isLast { expect(decisions.wakeAt.contains { abs($0 - end) <= 1 }, "no pause for \(name(unit))") }
            apply(decisions)
        }
    }

    /// The pause by its formula: 10 s, 30 s, 50 s, 50 s, and half of it more or less by chance.
    private func pause(_ unit: Unit) -> Int64 {
        let attempt = attempts[unit]!
        let seconds = attempt == 1 ? 10.0 : attempt == 2 ? 30 : 50
        return Int64(seconds * (0.5 + RunMachineSimulation.chance(unit, attempt)) * 1_000_000)
    }

    private mutating func tellItems(of node: Int) {
        let result: Result<[String], RunProblem>
        if let count = outcomes.items(twins[node]) {
            result = .success((0..<count).map { "i\($0)" })
        } else {
            // Nobody asks any more when the run has been ended.
            if isEnding { return }
            result = .failure(RunProblem(code: "not-found", message: "broken query"))
        }
        apply(machine.handle(.expanded(node, result), now: now))
    }

    private mutating func tellTime() {
        wakes.removeAll { $0 <= now }
        for (unit, life) in lives {
            // Microseconds are cut after a calculation that may have gone another way.
            if case .paused(let end) = life, end <= now + 1 { lives[unit] = .ready }
        }
        apply(machine.handle(.time, now: now + 1))
    }

    /// What has been said before, and what comes too late, changes nothing.
    private mutating func sayNothingNew() {
        let decisions: RunDecisions
        if let unit = lives.filter({ $0.value != .atWork }).keys.min(), random.once(in: 2) {
            decisions = machine.handle(.ended(unit, .succeeded(facts: ["n": "77"])), now: now)
        } else if isEnding {
            decisions = machine.handle(.cancel("once more", isFailure: true), now: now)
        } else {
            let early = now - 1_000_000_000_000
            decisions = machine.handle(.time, now: early)
        }
        let isNothing = decisions.changes.isEmpty && decisions.stops.isEmpty && decisions.expansions.isEmpty
        expect(isNothing, "something follows from nothing: \(decisions)")
    }

    private mutating func cancel() {
        isEnding = true
        phasesAtCancel = phases
        let reason = RunMachineSimulation.reason
        let decisions = machine.handle(.cancel(reason, isFailure: trouble.isFailure), now: now)
        expect(Set(decisions.stops) == Set(atWork), "those at work are to end: \(decisions.stops)")
        for (unit, life) in lives {
            switch life {
            case .ready, .paused: lives[unit] = .stopped
            case .atWork, .ended, .stopped: break
            }
        }
        wakes = []
        apply(decisions)
    }

    // MARK: Decisions

    private mutating func apply(_ decisions: RunDecisions) {
        let starts = decisions.changes.drop { $0.state != .running }
        expect(starts.allSatisfy { $0.state == .running }, "something ends after something starts")
        for change in decisions.changes.prefix(decisions.changes.count - starts.count) { noteEnd(change) }
        notePhases()
        expect(
            starts.map { RunDecisions.Start(unit: $0.unit, attempt: $0.attempt) } == decisions.starts,
            "not all that starts is noted")
        var ready = lives.filter { $0.value == .ready }.keys.sorted()
        for start in decisions.starts { noteStart(start, &ready) }
        let idle = ready.filter(hasPlace)
        expect(idle.isEmpty, "\(idle.map(name)) could start and do not")
        for node in decisions.expansions {
            expect(phases[node] == .expanding && !expansions.contains(node), "items of \(node) are asked for")
            expansions.append(node)
        }
        wakes += decisions.wakeAt
        record(decisions)
    }

    private mutating func noteEnd(_ change: RunDecisions.UnitChange) {
        transcript.append("\(name(change.unit)) \(change.attempt) \(change.state) \(change.reason)")
        guard change.attempt > 0 else { return }
        let isKnown: Bool
        switch lives[change.unit] {
        case .ended, .stopped: isKnown = true
        case .paused: isKnown = change.state == .failed
        default: isKnown = false
        }
        expect(isKnown, "\(name(change.unit)) has not ended and is noted as \(change.state)")
        expect(attempts[change.unit] == change.attempt, "\(name(change.unit)) ends attempt \(change.attempt)")
    }

    /// Looks at what has become of steps: a phase is never followed by an earlier one, and an end by nothing.
    private mutating func notePhases() {
        for node in phases.indices where phases[node] != machine.states[node].phase {
            let before = phases[node], after = machine.states[node].phase
            phases[node] = after
            let order: [Phase] = [.waiting, .expanding, .active]
            let isLater = (order.firstIndex(of: after) ?? 3) > (order.firstIndex(of: before) ?? 3)
            expect(isLater, "s\(twins[node]) becomes \(after) after \(before)")
            let hasAll = waits[node].allSatisfy { phases[$0].hasEnded || machine.states[$0].phase.hasEnded }
            expect(hasAll || isEnding, "s\(twins[node]) becomes \(after) before all it waits for have ended")
            for item in machine.states[node].units.indices where lives[Unit(node: node, item: item)] == nil {
                let isDone = machine.states[node].items != nil && trouble.done[twins[node]]?.contains(item) == true
                lives[Unit(node: node, item: item)] = isDone ? .ended(isFailure: false) : .ready
                attempts[Unit(node: node, item: item)] = trouble.earlierAttempts[twins[node]] ?? 0
            }
        }
    }

    private func pools(_ unit: Unit) -> [String] {
        let step = graph.steps[twins[unit.node]]
        return [step.pool, step.isRollup ? "rollups" : nil].compactMap { $0 }
    }

    private func hasPlace(_ unit: Unit) -> Bool {
        guard atWork.count < graph.maxParallel else { return false }
        return pools(unit).allSatisfy { pool in
            atWork.count { pools($0).contains(pool) } < TwinGraph.pools[pool] ?? 1
        }
    }

    private mutating func noteStart(_ start: RunDecisions.Start, _ ready: inout [Unit]) {
        let unit = start.unit
        transcript.append("\(name(unit)) \(start.attempt) starts")
        expect(!isEnding, "\(name(unit)) starts though the run has been ended")
        expect(ready.first(where: hasPlace) == unit, "\(name(unit)) starts, and it is not its turn")
        expect(
            waits[unit.node].allSatisfy { phases[$0].hasEnded }, "\(name(unit)) starts before what it waits for ended")
        expect(start.attempt == (attempts[unit] ?? 0) + 1, "attempt \(start.attempt) of \(name(unit))")
        ready.removeAll { $0 == unit }
        lives[unit] = .atWork
        attempts[unit] = start.attempt
        atWork.append(unit)
        atWork.sort()
    }

    private mutating func record(_ decisions: RunDecisions) {
        if !decisions.wakeAt.isEmpty { transcript.append("wake at \(decisions.wakeAt)") }
        if !decisions.stops.isEmpty { transcript.append("stop \(decisions.stops.map(name))") }
    }

    // MARK: The end

    private func compare() {
        let (ends, facts) = graph.ends(
            outcomes, settled: trouble.settled, done: trouble.done, known: RunMachineSimulation.known)
        for node in phases.indices {
            let end = ends[twins[node]]
            if isEnding, !phasesAtCancel[node].hasEnded { compareEnding(node) } else { compare(node, end) }
        }
        guard !isEnding else { return compareEndedResult() }
        expect(
            machine.facts == facts, "facts are \(machine.facts.sorted { $0 < $1 }) and not \(facts.sorted { $0 < $1 })")
        let failed = graph.failed(ends)
        switch machine.result {
        case .succeeded: expect(failed.isEmpty, "it succeeded, though \(failed) failed")
        case .failed(let names): expect(Set(names) == failed && !failed.isEmpty, "\(names) failed and not \(failed)")
        case .cancelled: expect(false, "it is cancelled, and nobody did that")
        }
    }

    private func compare(_ node: Int, _ end: TwinGraph.End) {
        let state = machine.states[node]
        expect(state.phase == end.phase, "s\(twins[node]) has \(state.phase) and not \(end.phase)")
        let why = TwinGraph.Why(state.reason)
        expect(why == end.why, "s\(twins[node]) because '\(state.reason)' and not \(end.why)")
        let earlier = trouble.earlierAttempts[twins[node]] ?? 0
        let found = attempts.filter { $0.key.node == node }.sorted { $0.key < $1.key }.map { $0.value - earlier }
        expect(found == end.attempts, "s\(twins[node]) had \(found) attempts and not \(end.attempts)")
    }

    /// A step that had not ended when the run was: it has failed when one of its units has, it has succeeded when all of them
    /// have all the same, and is cancelled otherwise.
    private func compareEnding(_ node: Int) {
        let state = machine.states[node]
        let units = lives.filter { $0.key.node == node }
        let hasFailed = units.values.contains(.ended(isFailure: true))
        let isWhole = !units.isEmpty && units.values.allSatisfy { $0 == .ended(isFailure: false) }
        expect(
            state.phase == (hasFailed ? .failed : isWhole ? .succeeded : .cancelled),
            "s\(twins[node]) has \(state.phase), and of its units \(units.values)")
        let why = TwinGraph.Why(state.reason)
        expect(isWhole || why == (hasFailed ? .itself : .runEnded), "s\(twins[node]) because '\(state.reason)'")
        for (unit, life) in units { expect(life != .atWork && life != .ready, "\(name(unit)) is \(life)") }
    }

    private func compareEndedResult() {
        let reason = RunMachineSimulation.reason
        switch machine.result {
        case .cancelled(let why): expect(why == reason && !trouble.isFailure, "it was cancelled: \(why)")
        case .failed: expect(trouble.isFailure, "it failed, and somebody ended it")
        case .succeeded: expect(false, "it succeeded, though it was ended")
        }
    }
}
