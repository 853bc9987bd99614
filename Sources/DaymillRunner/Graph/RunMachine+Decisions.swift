import DaymillCore
import DaymillPipeline
import DaymillSQL

extension RunMachine {
    /// The first decisions.
    ///
    /// - Parameters:
    ///   - settled: what is known of an earlier run of the same steps, by their names: these are not done again.
    ///   - earlier: what was done of others, by their names and those of their items; without items that is "".
    package mutating func begin(
        now: Int64, settled: [String: SettledStep] = [:], earlier: [String: [String: EarlierUnit]] = [:]
    ) -> RunDecisions {
        var decisions = RunDecisions()
        self.earlier = earlier
        self.now = now
        for (node, step) in nodes.enumerated() {
            guard let earlier = settled[step.name] else { continue }
            for (name, value) in earlier.facts { facts["\(step.name).\(name)"] = value }
            states[node].phase = earlier.phase
            states[node].reason = earlier.reason
            left -= 1
            for dependent in dependents[node] { needsLeft[dependent] -= 1 }
        }
        for node in nodes.indices where needsLeft[node] == 0 && states[node].phase == .waiting {
            consider(node, &decisions)
        }
        startWhatCan(&decisions)
        return decisions
    }

    /// A step that an earlier run has done.
    package struct SettledStep: Sendable {
        package var phase: NodeState.Phase
        package var reason: String
        package var facts: [String: String]

        package init(phase: NodeState.Phase, reason: String, facts: [String: String]) {
            self.phase = phase
            self.reason = reason
            self.facts = facts
        }
    }

    /// What was done before of a step, or of one of its items.
    package struct EarlierUnit: Sendable, Hashable {
        /// Attempts that an earlier process of this run began, and how many of them failed.
        package var attempts = 0
        package var failures = 0
        /// Microseconds since the last attempt failed; nil where that ended otherwise.
        package var sinceFailure: Int64?
        /// The item is done, and is not done again.
        package var isDone = false
        /// What is noted then, where this run has no attempt of it.
        package var reason = ""
        package var facts: [String: String] = [:]

        package init() {}
    }

    /// What follows from something that happened.
    package mutating func handle(_ happening: RunHappening, now: Int64) -> RunDecisions {
        var decisions = RunDecisions()
        self.now = now
        switch happening {
        case .ended(let unit, let result): note(unit, result, &decisions)
        case .expanded(let node, _) where states[node].phase != .expanding: break
        case .expanded(let node, .success(let items)): activate(node, items: items, &decisions)
        case .expanded(let node, .failure(let problem)):
            decisions.changes.append(
                .init(unit: Unit(node: node, item: 0), attempt: 0, state: .failed, reason: problem.message))
            end(node, .failed, problem.message, &decisions)
        case .time: endPauses(&decisions)
        case .cancel(let reason, let isFailure):
            if ending == nil { endsAsFailure = isFailure }
            cancel(reason, &decisions)
        }
        startWhatCan(&decisions)
        return decisions
    }

    // MARK: Whether a step starts

    /// All that a step waits for has ended.
    private mutating func consider(_ node: Int, _ decisions: inout RunDecisions) {
        if let ending { return leaveOut(node, .cancelled, ending, &decisions) }
        if let reason = objection(node) { return leaveOut(node, .skipped, reason, &decisions) }
        do {
            if let condition = nodes[node].control.when, try !holds(condition, facts) {
                return leaveOut(
                    node, .skipped, "when \(condition.oneLine) does not hold\(known(condition))", &decisions)
            }
        } catch {
            return leaveOut(node, .failed, "its 'when' cannot be answered: \(error)", &decisions)
        }
        switch nodes[node].control.forEach {
        case nil: activate(node, items: nil, &decisions)
        case .items(let items): activate(node, items: items, &decisions)
        case .query:
            states[node].phase = .expanding
            decisions.expansions.append(node)
        }
    }

    /// The values that a condition went by.
    private func known(_ condition: Condition) -> String {
        let values = condition.used.map { condition.names[$0].name }.map { "\($0) is \(facts[$0] ?? "NULL")" }
        return values.isEmpty ? "" : ": \(values.joined(separator: ", "))"
    }

    /// Why a step does not start, from what became of those it needs; nil when it does.
    private func objection(_ node: Int) -> String? {
        let step = nodes[node]
        let needs = step.needs.compactMap { place(of: $0) }
        if let replaced = step.control.fallbackOf, let place = place(of: replaced) {
            return states[place].phase == .failed ? nil : "\(replaced) did not fail"
        }
        let failed = needs.filter { outcome($0) == .failed }.map { nodes[$0].name }
        let skipped = needs.filter { outcome($0) == .skipped }.map { nodes[$0].name }
        let succeeded = needs.filter { outcome($0) == .succeeded }
        func list(_ names: [String], _ what: String) -> String { "\(names.joined(separator: ", ")) \(what)" }
        switch step.control.runIf {
        case .allSucceeded:
            if !failed.isEmpty { return list(failed, "failed") }
            return skipped.isEmpty ? nil : list(skipped, skipped.count == 1 ? "was left out" : "were left out")
        case .allDone: return nil
        case .noneFailed: return failed.isEmpty ? nil : list(failed, "failed")
        case .anyFailed: return failed.isEmpty ? "no step that it needs failed" : nil
        case .allFailed: return failed.count == needs.count ? nil : "not all steps that it needs failed"
        case .anySucceeded: return succeeded.isEmpty ? "no step that it needs succeeded" : nil
        }
    }

    /// What became of a step, where another one may have taken its place.
    private func outcome(_ node: Int) -> NodeState.Phase {
        let phase = states[node].phase
        if phase == .failed { return isReplaced(node) ? .succeeded : .failed }
        return phase == .cancelled ? .failed : phase
    }

    /// Whether a step has failed, and the one that takes its place has succeeded.
    func isReplaced(_ node: Int) -> Bool {
        guard let fallback = nodes[node].control.onFailure.flatMap(place(of:)) else { return false }
        return states[fallback].phase == .succeeded || states[fallback].phase == .failed && isReplaced(fallback)
    }

    private mutating func leaveOut(
        _ node: Int, _ phase: NodeState.Phase, _ reason: String, _ decisions: inout RunDecisions
    ) {
        let state: RunDecisions.UnitChange.State =
            phase == .skipped ? .skipped : phase == .cancelled ? .cancelled : .failed
        decisions.changes.append(.init(unit: Unit(node: node, item: 0), attempt: 0, state: state, reason: reason))
        end(node, phase, reason, &decisions)
    }

    private mutating func activate(_ node: Int, items: [String]?, _ decisions: inout RunDecisions) {
        guard !states[node].phase.hasEnded else { return }
        states[node].phase = .active
        states[node].items = items
        let count = items?.count ?? 1
        if let items { facts["\(nodes[node].name).items"] = "\(items.count)" }
        guard count > 0 else {
            decisions.changes.append(
                .init(unit: Unit(node: node, item: 0), attempt: 0, state: .succeeded, reason: "it has no items"))
            return end(node, .succeeded, "it has no items", &decisions)
        }
        let earlier = earlier[nodes[node].name] ?? [:]
        states[node].units = Array(repeating: UnitState(), count: count)
        states[node].unitsLeft = count
        for item in 0..<count {
            prepare(Unit(node: node, item: item), earlier[items?[item] ?? ""] ?? EarlierUnit(), &decisions)
        }
        if states[node].unitsLeft == 0 { endWhole(node, &decisions) }
    }

    /// Lets a unit start where it was when an earlier process, or an earlier run, left it.
    private mutating func prepare(_ unit: Unit, _ earlier: EarlierUnit, _ decisions: inout RunDecisions) {
        states[unit.node].units[unit.item].attempts = earlier.attempts
        states[unit.node].units[unit.item].failures = earlier.failures
        if earlier.isDone, states[unit.node].items != nil {
            states[unit.node].units[unit.item].hasEnded = true
            states[unit.node].units[unit.item].hasSucceeded = true
            states[unit.node].unitsLeft -= 1
            guard earlier.attempts == 0 else { return }
            return decisions.changes.append(
                .init(unit: unit, attempt: 0, state: .succeeded, reason: earlier.reason, facts: earlier.facts))
        }
        if let since = earlier.sinceFailure, earlier.failures <= nodes[unit.node].control.retry.times {
            // The day's clock may have been set meanwhile: no pause is longer than it was, or shorter than nothing.
            let pause = pause(unit)
            let left = pause - max(0, min(since, pause))
            if left > 0 { return self.pause(unit, left, &decisions) }
        }
        ready[places(unit.node), default: MinHeap()].push(unit)
    }

    /// The pause after the last attempt, in microseconds.
    private func pause(_ unit: Unit) -> Int64 {
        let attempt = states[unit.node].units[unit.item].attempts
        return nodes[unit.node].control.retry.pause(afterAttempt: attempt, chance: chance(unit, attempt)).microseconds
    }

    private mutating func pause(_ unit: Unit, _ length: Int64, _ decisions: inout RunDecisions) {
        states[unit.node].units[unit.item].pauseEnds = now + length
        paused.push(Pause(ends: now + length, unit: unit))
        decisions.wakeAt.append(now + length)
    }

    /// The pools of which a step takes a place each.
    private func places(_ node: Int) -> [String] {
        let pool = nodes[node].control.pool.map { [$0] } ?? []
        if case .rollup = nodes[node].work { return [RunMachine.enginePool] + pool }
        return pool
    }

    /// Takes places (-1), or gives them back (1).
    private mutating func change(_ places: [String], by change: Int) {
        for pool in places { freePlaces[pool, default: 0] += change }
    }

    // MARK: Starting

    /// Starts what has a place, the first of the graph first.
    private mutating func startWhatCan(_ decisions: inout RunDecisions) {
        while atWork < maxParallel {
            var best: (places: [String], unit: Unit)?
            for (places, units) in ready where places.allSatisfy({ freePlaces[$0] ?? 0 > 0 }) {
                if let unit = units.first, best.map({ unit < $0.unit }) ?? true { best = (places, unit) }
            }
            guard let (places, unit) = best else { return }
            _ = ready[places]?.pop()
            if ready[places]?.isEmpty == true { ready[places] = nil }
            start(unit, places, &decisions)
        }
    }

    private mutating func start(_ unit: Unit, _ places: [String], _ decisions: inout RunDecisions) {
        guard !states[unit.node].units[unit.item].hasEnded else { return }
        change(places, by: -1)
        atWork += 1
        states[unit.node].units[unit.item].isAtWork = true
        states[unit.node].units[unit.item].attempts += 1
        let attempt = states[unit.node].units[unit.item].attempts
        decisions.changes.append(.init(unit: unit, attempt: attempt, state: .running))
        decisions.starts.append(.init(unit: unit, attempt: attempt))
    }

    // MARK: Ending

    private mutating func note(_ unit: Unit, _ result: AttemptResult, _ decisions: inout RunDecisions) {
        guard states[unit.node].units[unit.item].isAtWork else { return }
        states[unit.node].units[unit.item].isAtWork = false
        atWork -= 1
        change(places(unit.node), by: 1)
        let attempt = states[unit.node].units[unit.item].attempts
        switch result {
        case .succeeded(let found):
            if states[unit.node].items == nil { take(found, of: unit.node) }
            decisions.changes.append(.init(unit: unit, attempt: attempt, state: .succeeded, facts: found))
            states[unit.node].units[unit.item].hasSucceeded = true
            endUnit(unit, failure: nil, &decisions)
        case .failed(let problem, let found):
            if states[unit.node].items == nil { take(found, of: unit.node) }
            decisions.changes.append(
                .init(unit: unit, attempt: attempt, state: .failed, reason: problem.message, facts: found))
            states[unit.node].units[unit.item].failures += 1
            if ending == nil, states[unit.node].units[unit.item].failures <= nodes[unit.node].control.retry.times {
                // Not before the other side wants it, and not later than the step allows.
                let asked = min(problem.retryAfter ?? .zero, nodes[unit.node].control.retry.maxDelay)
                pause(unit, max(pause(unit), asked.microseconds), &decisions)
            } else {
                endUnit(unit, failure: problem.message, &decisions)
            }
        case .stopped:
            decisions.changes.append(
                .init(unit: unit, attempt: attempt, state: .cancelled, reason: ending ?? "it was stopped"))
            endUnit(unit, failure: nil, &decisions)
        }
    }

    private mutating func take(_ found: [String: String], of node: Int) {
        for (name, value) in found { facts["\(nodes[node].name).\(name)"] = value }
    }

    private mutating func endUnit(_ unit: Unit, failure: String?, _ decisions: inout RunDecisions) {
        states[unit.node].units[unit.item].hasEnded = true
        states[unit.node].unitsLeft -= 1
        if let failure {
            states[unit.node].hasFailure = true
            let item = states[unit.node].items.map { "\($0[unit.item]): " } ?? ""
            if states[unit.node].reason.isEmpty { states[unit.node].reason = item + failure }
        }
        guard states[unit.node].unitsLeft == 0 else { return }
        let isWhole = states[unit.node].units.allSatisfy(\.hasSucceeded)
        if let ending, !states[unit.node].hasFailure, states[unit.node].wasStopped, !isWhole {
            return end(unit.node, .cancelled, ending, &decisions)
        }
        endWhole(unit.node, &decisions)
    }

    /// All units of a step have ended.
    private mutating func endWhole(_ node: Int, _ decisions: inout RunDecisions) {
        let isDone = !states[node].hasFailure
        if isDone, let items = states[node].items {
            // That all items are done: an item that never began leaves no trace of its own.
            decisions.wholes.append(.init(node: node, items: items.count))
        }
        end(node, isDone ? .succeeded : .failed, states[node].reason, &decisions)
    }

    /// A step has ended: those that waited for it may go on. Not recursive, since a chain may be long.
    private mutating func end(
        _ node: Int, _ phase: NodeState.Phase, _ reason: String, _ decisions: inout RunDecisions
    ) {
        guard !states[node].phase.hasEnded else { return }
        states[node].phase = phase
        states[node].reason = reason
        left -= 1
        ended.append(node)
        guard !isWaking else { return }
        isWaking = true
        defer { isWaking = false }
        while let node = ended.popLast() {
            for dependent in dependents[node] {
                needsLeft[dependent] -= 1
                if needsLeft[dependent] == 0, states[dependent].phase == .waiting { consider(dependent, &decisions) }
            }
        }
    }

    private mutating func endPauses(_ decisions: inout RunDecisions) {
        while let pause = paused.first, pause.ends <= now {
            _ = paused.pop()
            let unit = pause.unit
            guard states[unit.node].units[unit.item].pauseEnds == pause.ends else { continue }
            states[unit.node].units[unit.item].pauseEnds = nil
            ready[places(unit.node), default: MinHeap()].push(unit)
        }
        if let next = paused.first { decisions.wakeAt.append(next.ends) }
    }

    /// Lets those at work end, and starts nothing more.
    private mutating func cancel(_ reason: String, _ decisions: inout RunDecisions) {
        guard ending == nil, !isOver else { return }
        ending = reason
        ready = [:]
        paused = MinHeap()
        for node in nodes.indices where !states[node].phase.hasEnded {
            switch states[node].phase {
            case .active:
                states[node].wasStopped = true
                for item in states[node].units.indices where !states[node].units[item].hasEnded {
                    let unit = Unit(node: node, item: item)
                    if states[node].units[item].isAtWork {
                        decisions.stops.append(unit)
                    } else {
                        // An attempt that has failed stays a failure.
                        if states[node].units[item].attempts == 0 {
                            decisions.changes.append(.init(unit: unit, attempt: 0, state: .cancelled, reason: reason))
                        }
                        endUnit(unit, failure: nil, &decisions)
                    }
                }
            case .expanding: leaveOut(node, .cancelled, reason, &decisions)
            // Those that wait end as those end that they wait for.
            default: continue
            }
        }
    }

    private func place(of name: String) -> Int? { placesByName[name] }
}

extension Condition {
    /// In one line, for sentences.
    var oneLine: String { text.split(whereSeparator: \.isWhitespace).joined(separator: " ") }
}
