import DaymillCore
import DaymillPipeline
import DaymillSQL

extension RunMachine {
    /// The first decisions.
    ///
    /// - Parameters:
    ///   - settled: what is known of an earlier run of the same steps, by their names: these are not done again.
    ///   - attempts: how many attempts of a step an earlier process of this run began.
    package mutating func begin(
        now: Int64, settled: [String: SettledStep] = [:], attempts: [String: Int] = [:]
    ) -> RunDecisions {
        var decisions = RunDecisions()
        earlierAttempts = attempts
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

    /// What follows from something that happened.
    package mutating func handle(_ happening: RunHappening, now: Int64) -> RunDecisions {
        var decisions = RunDecisions()
        switch happening {
        case .ended(let unit, let result): note(unit, result, now, &decisions)
        case .expanded(let node, _) where states[node].phase != .expanding: break
        case .expanded(let node, .success(let items)): activate(node, items: items, &decisions)
        case .expanded(let node, .failure(let problem)):
            decisions.changes.append(
                .init(unit: Unit(node: node, item: 0), attempt: 0, state: .failed, reason: problem.message))
            end(node, .failed, problem.message, &decisions)
        case .time: endPauses(until: now, &decisions)
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
        states[node].units = Array(repeating: UnitState(attempts: earlierAttempts[nodes[node].name] ?? 0), count: count)
        states[node].unitsLeft = count
        for item in 0..<count { ready[pool(node), default: MinHeap()].push(Unit(node: node, item: item)) }
    }

    private func pool(_ node: Int) -> String {
        if let pool = nodes[node].control.pool { return pool }
        if case .rollup = nodes[node].work { return RunMachine.enginePool }
        return ""
    }

    // MARK: Starting

    /// Starts what has a place, the first of the graph first.
    private mutating func startWhatCan(_ decisions: inout RunDecisions) {
        while atWork < maxParallel {
            var best: (pool: String, unit: Unit)?
            for (pool, units) in ready where (freePlaces[pool] ?? 0) > 0 {
                if let unit = units.first, best.map({ unit < $0.unit }) ?? true { best = (pool, unit) }
            }
            guard let (pool, unit) = best else { return }
            _ = ready[pool]?.pop()
            if ready[pool]?.isEmpty == true { ready[pool] = nil }
            start(unit, pool, &decisions)
        }
    }

    private mutating func start(_ unit: Unit, _ pool: String, _ decisions: inout RunDecisions) {
        guard !states[unit.node].units[unit.item].hasEnded else { return }
        if let free = freePlaces[pool], free != .max { freePlaces[pool] = free - 1 }
        atWork += 1
        states[unit.node].units[unit.item].isAtWork = true
        states[unit.node].units[unit.item].attempts += 1
        let attempt = states[unit.node].units[unit.item].attempts
        decisions.changes.append(.init(unit: unit, attempt: attempt, state: .running))
        decisions.starts.append(.init(unit: unit, attempt: attempt))
    }

    // MARK: Ending

    private mutating func note(
        _ unit: Unit, _ result: AttemptResult, _ now: Int64, _ decisions: inout RunDecisions
    ) {
        guard states[unit.node].units[unit.item].isAtWork else { return }
        states[unit.node].units[unit.item].isAtWork = false
        atWork -= 1
        let pool = pool(unit.node)
        if let free = freePlaces[pool], free != .max { freePlaces[pool] = free + 1 }
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
            let retry = nodes[unit.node].control.retry
            if ending == nil, attempt - (earlierAttempts[nodes[unit.node].name] ?? 0) <= retry.times {
                let pause = retry.pause(afterAttempt: attempt, chance: chance(unit, attempt))
                states[unit.node].units[unit.item].pauseEnds = now + pause.microseconds
                paused.push(Pause(ends: now + pause.microseconds, unit: unit))
                decisions.wakeAt.append(now + pause.microseconds)
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
        let isDone = !states[unit.node].hasFailure
        if isDone, let items = states[unit.node].items {
            // That all items are done: an item that never began leaves no trace of its own.
            decisions.wholes.append(.init(node: unit.node, items: items.count))
        }
        end(unit.node, isDone ? .succeeded : .failed, states[unit.node].reason, &decisions)
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

    private mutating func endPauses(until now: Int64, _ decisions: inout RunDecisions) {
        while let pause = paused.first, pause.ends <= now {
            _ = paused.pop()
            let unit = pause.unit
            guard states[unit.node].units[unit.item].pauseEnds == pause.ends else { continue }
            states[unit.node].units[unit.item].pauseEnds = nil
            ready[pool(unit.node), default: MinHeap()].push(unit)
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
