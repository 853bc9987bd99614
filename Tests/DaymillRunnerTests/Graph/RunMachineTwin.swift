import DaymillCore
import DaymillPipeline
import DaymillRunner
import DaymillTestKit

/// A graph of steps, and what becomes of it by definition: no queues and no counters, all steps are looked at again and
/// again until nothing changes any more.
struct TwinGraph {
    /// In the file's order. The name of a step is `s` and its place here.
    var steps: [TwinStep]
    var maxParallel: Int
    static let pools = ["one": 1, "two": 2]

    struct TwinStep {
        enum Items { case none, listed(Int), asked(rollup: Int) }
        enum When { case yes, no, failing, unknown, fact(of: Int) }

        var needs: [Int] = []
        var runIf = RunIf.allSucceeded
        var fallback: Int?
        var fallbackOf: Int?
        var when: When?
        var retries = 0
        var pool: String?
        var items = Items.none
        var isRollup = false
    }

    /// What a step came to.
    struct End: Equatable {
        var phase: RunMachine.NodeState.Phase
        var why: Why
        /// Attempts of the step, or of each of its items.
        var attempts: [Int] = []
    }

    /// Kinds of reasons.
    enum Why: String {
        case nothing, needFailed, needLeftOut, noneFailed, notAllFailed, noneSucceeded, otherDidNotFail
        case conditionIsFalse, conditionIsUnanswered, noItems, itself, runEnded, earlier

        init(_ reason: String) {
            let kinds: [(Why, Bool)] = [
                (.nothing, reason.isEmpty), (.itself, reason.contains("broken")),
                (.runEnded, reason == "the run was ended"), (.earlier, reason.hasPrefix("an earlier run")),
                (.noItems, reason == "it has no items"),
                (.conditionIsUnanswered, reason.hasPrefix("its 'when' cannot be answered")),
                (.conditionIsFalse, reason.hasPrefix("when ") && reason.contains(" does not hold")),
                (.otherDidNotFail, reason.hasSuffix(" did not fail")),
                (.noneFailed, reason == "no step that it needs failed"),
                (.notAllFailed, reason == "not all steps that it needs failed"),
                (.noneSucceeded, reason == "no step that it needs succeeded"),
                (.needLeftOut, reason.hasSuffix(" left out")), (.needFailed, reason.hasSuffix(" failed")),
            ]
            guard let found = kinds.first(where: \.1) else { preconditionFailure("no kind of reason: \(reason)") }
            self = found.0
        }
    }

    // MARK: By definition

    /// The steps that have to end before one can start: those it needs, and those that may take the place of these.
    func waits(_ step: Int) -> Set<Int> {
        var waits = Set(steps[step].needs)
        guard steps[step].fallbackOf == nil else { return waits }
        for need in steps[step].needs {
            var next = steps[need].fallback
            while let fallback = next, waits.insert(fallback).inserted { next = steps[fallback].fallback }
        }
        return waits
    }

    var hasCircle: Bool {
        var done: Set<Int> = []
        for _ in steps {
            for step in steps.indices where waits(step).isSubset(of: done) { done.insert(step) }
        }
        return done.count < steps.count
    }

    /// What all steps come to, and all that is known then.
    ///
    /// - Parameters:
    ///   - settled: what some have come to before.
    ///   - done: items of others that were done before.
    func ends(
        _ outcomes: TwinOutcomes, settled: [Int: RunMachine.SettledStep], done: [Int: Set<Int>],
        known: [String: String]
    ) -> (ends: [End], facts: [String: String]) {
        var ends: [Int: End] = [:], facts = known
        for (step, earlier) in settled {
            ends[step] = End(phase: earlier.phase, why: Why(earlier.reason))
            for (name, value) in earlier.facts { facts["s\(step).\(name)"] = value }
        }
        var hasChanged = true
        while hasChanged {
            hasChanged = false
            for step in steps.indices where ends[step] == nil && waits(step).allSatisfy({ ends[$0] != nil }) {
                ends[step] = end(of: step, outcomes, done[step] ?? [], ends, &facts)
                hasChanged = true
            }
        }
        return (steps.indices.map { ends[$0]! }, facts)
    }

    private func end(
        of step: Int, _ outcomes: TwinOutcomes, _ done: Set<Int>, _ ends: [Int: End], _ facts: inout [String: String]
    ) -> End {
        if let why = objection(to: step, ends) { return End(phase: .skipped, why: why) }
        switch steps[step].when {
        case nil, .yes: break
        case .no, .unknown: return End(phase: .skipped, why: .conditionIsFalse)
        case .failing: return End(phase: .failed, why: .conditionIsUnanswered)
        case .fact(let other):
            guard let value = facts["s\(other).n"].flatMap({ Int($0) }), value > 5 else {
                return End(phase: .skipped, why: .conditionIsFalse)
            }
        }
        var count = 1
        switch steps[step].items {
        case .none: break
        case .listed(let items): count = items
        case .asked:
            guard let items = outcomes.items(step) else { return End(phase: .failed, why: .itself) }
            count = items
        }
        if case .none = steps[step].items {} else { facts["s\(step).items"] = "\(count)" }
        if count == 0 { return End(phase: .succeeded, why: .noItems) }
        var attempts = Array(repeating: 0, count: count), hasFailed = false
        for item in 0..<count {
            if case .none = steps[step].items {} else if done.contains(item) { continue }
            var succeeds = false
            while !succeeds && attempts[item] <= steps[step].retries {
                attempts[item] += 1
                succeeds = outcomes.succeeds(step, item, attempts[item])
                guard case .none = steps[step].items else { continue }
                for (name, value) in outcomes.facts(step, attempts[item]) { facts["s\(step).\(name)"] = value }
            }
            if !succeeds { hasFailed = true }
        }
        return End(phase: hasFailed ? .failed : .succeeded, why: hasFailed ? .itself : .nothing, attempts: attempts)
    }

    /// What a step counts as for those that need it.
    private func counted(_ step: Int, _ ends: [Int: End]) -> RunMachine.NodeState.Phase {
        guard ends[step]!.phase == .failed, let fallback = steps[step].fallback else { return ends[step]!.phase }
        return counted(fallback, ends) == .succeeded ? .succeeded : .failed
    }

    private func objection(to step: Int, _ ends: [Int: End]) -> Why? {
        if let replaced = steps[step].fallbackOf { return ends[replaced]!.phase == .failed ? nil : .otherDidNotFail }
        let needs = steps[step].needs.map { counted($0, ends) }
        let failed = needs.count { $0 == .failed }, left = needs.count { $0 == .skipped }
        switch steps[step].runIf {
        case .allSucceeded: return failed > 0 ? .needFailed : left > 0 ? .needLeftOut : nil
        case .allDone: return nil
        case .noneFailed: return failed > 0 ? .needFailed : nil
        case .anyFailed: return failed > 0 ? nil : .noneFailed
        case .allFailed: return failed == needs.count ? nil : .notAllFailed
        case .anySucceeded: return needs.contains(.succeeded) ? nil : .noneSucceeded
        }
    }

    /// The steps that have failed, and that nothing took the place of.
    func failed(_ ends: [End]) -> Set<String> {
        let all = Dictionary(uniqueKeysWithValues: ends.enumerated().map { ($0, $1) })
        return Set(steps.indices.filter { ends[$0].phase == .failed && counted($0, all) == .failed }.map { "s\($0)" })
    }
}

/// How each attempt ends, whenever it does.
struct TwinOutcomes {
    var seed: UInt64
    /// Of ten attempts.
    var failing: Int

    private func chance(_ step: Int, _ item: Int, _ attempt: Int) -> SeededGenerator {
        var random = SeededGenerator(seed: seed &+ UInt64(step * 1_000_003 + item * 1009 + attempt))
        _ = random.next()
        return random
    }

    func succeeds(_ step: Int, _ item: Int, _ attempt: Int) -> Bool {
        var random = chance(step, item, attempt)
        return random.below(10) >= failing
    }

    /// What an attempt lets others know; now and then it is not all.
    func facts(_ step: Int, _ attempt: Int) -> [String: String] {
        var random = chance(step, 500, attempt)
        let number = "\(random.below(11))"
        return random.once(in: 4) ? ["attempt\(attempt)": number] : ["n": number, "last": "\(attempt)"]
    }

    /// How many items there are; nil: nobody can say.
    func items(_ step: Int) -> Int? {
        var random = chance(step, 501, 0)
        return random.once(in: 8) ? nil : random.below(4)
    }
}

// MARK: - Made by chance

extension TwinGraph {
    /// - Parameter hasChains: whether a step that takes the place of another may have one that takes its own.
    init(_ random: inout SeededGenerator, hasChains: Bool) {
        let count = random.pick([1, 2, 3, 4, 6, 8, 12, 18, 40])
        steps = Array(repeating: TwinStep(), count: count)
        maxParallel = random.pick([1, 2, 3, 8, 100])
        // A step needs steps of lower ranks only, and the file has them in any order.
        var ranks = Array(0..<count)
        if !random.once(in: 3) { ranks.shuffle(using: &random) }
        let most = random.pick([1, 2, 3, 8])
        for step in ranks.indices {
            steps[step].isRollup = random.once(in: 8)
            let lower = ranks.indices.filter { ranks[$0] < ranks[step] }
            for _ in 0..<random.number(0...most) where !lower.isEmpty { need(random.pick(lower), by: step) }
        }
        for step in ranks.indices where !steps[step].isRollup {
            let lower = ranks.indices.filter { ranks[$0] < ranks[step] }
            chooseItems(of: step, lower.filter { steps[$0].isRollup }, &random)
        }
        for step in ranks.indices {
            let lower = ranks.indices.filter { ranks[$0] < ranks[step] && !steps[$0].isRollup }
            chooseControl(of: step, lower.filter { if case .none = steps[$0].items { true } else { false } }, &random)
        }
        for step in ranks.indices where random.once(in: 4) {
            let higher = ranks.indices.filter { ranks[$0] > ranks[step] && steps[$0].fallbackOf == nil }
            guard !higher.isEmpty else { continue }
            let fallback = random.pick(higher)
            guard hasChains || steps[step].fallbackOf == nil && steps[fallback].fallback == nil else { continue }
            link(step, to: fallback)
        }
        for step in ranks.indices where steps[step].fallbackOf == nil && !steps[step].needs.isEmpty {
            if random.once(in: 2) { steps[step].runIf = random.pick(RunIf.allCases) }
        }
    }

    private mutating func need(_ other: Int, by step: Int) {
        if !steps[step].needs.contains(other) { steps[step].needs.append(other) }
    }

    private mutating func chooseItems(of step: Int, _ rollups: [Int], _ random: inout SeededGenerator) {
        switch random.below(12) {
        case 0: steps[step].items = .listed(random.number(1...5))
        case 1...3 where !rollups.isEmpty:
            let rollup = random.pick(rollups)
            steps[step].items = .asked(rollup: rollup)
            need(rollup, by: step)
        default: break
        }
        if random.once(in: 3) { steps[step].pool = random.pick(["one", "two"]) }
    }

    private mutating func chooseControl(of step: Int, _ shells: [Int], _ random: inout SeededGenerator) {
        if random.once(in: 3) { steps[step].retries = random.number(1...3) }
        if steps[step].isRollup, random.once(in: 3) { steps[step].pool = random.pick(["one", "two"]) }
        switch random.below(20) {
        case 0: steps[step].when = .no
        case 1: steps[step].when = .failing
        case 2: steps[step].when = .unknown
        case 3: steps[step].when = .yes
        case 4...7 where !shells.isEmpty:
            let other = random.pick(shells)
            steps[step].when = .fact(of: other)
            need(other, by: step)
        default: break
        }
    }

    private mutating func link(_ step: Int, to fallback: Int) {
        let before = steps
        steps[step].fallback = fallback
        steps[fallback].fallbackOf = step
        need(step, by: fallback)
        if hasCircle { steps = before }
    }

    // MARK: As a file

    static let retry = "delay: 10s, backoff: 3, jitter: 0.5, max_delay: 50s"

    var yaml: String {
        var lines = ["max_parallel: \(maxParallel)", "pools: { one: 1, two: 2 }"]
        lines += ["params: { number: { type: integer, default: 1 }, nothing: { type: integer } }"]
        if steps.contains(where: \.isRollup) {
            lines += ["sources:", "  rows: { files: \"input/{date}.csv\", columns: { k: text } }"]
        }
        lines.append("steps:")
        for (place, step) in steps.enumerated() { lines += self.lines(place, step) }
        return lines.joined(separator: "\n")
    }

    private func lines(_ place: Int, _ step: TwinStep) -> [String] {
        var lines = ["  s\(place):"]
        if step.isRollup {
            lines += ["    rollup: SELECT k, count(*) AS n FROM rows GROUP BY k", "    window: this day"]
            lines += ["    to: \"output/s\(place)-{date}.csv\""]
        } else {
            lines += ["    shell: work", "    facts: { n: integer }"]
        }
        if !step.needs.isEmpty { lines.append("    needs: [\(step.needs.map { "s\($0)" }.joined(separator: ", "))]") }
        if step.runIf != .allSucceeded { lines.append("    run_if: \(step.runIf.rawValue)") }
        if let fallback = step.fallback { lines.append("    on_failure: s\(fallback)") }
        if step.retries > 0 { lines.append("    retry: { times: \(step.retries), \(TwinGraph.retry) }") }
        if let pool = step.pool { lines.append("    pool: \(pool)") }
        switch step.when {
        case nil: break
        case .yes: lines.append("    when: number = 1")
        case .no: lines.append("    when: number = 2")
        case .failing: lines.append("    when: 1 / (number - 1) > 0")
        case .unknown: lines.append("    when: nothing = 1")
        case .fact(let other): lines.append("    when: s\(other).n > 5")
        }
        switch step.items {
        case .none: break
        case .listed(let count): lines.append("    for_each: [\((0..<count).map { "i\($0)" }.joined(separator: ", "))]")
        case .asked(let rollup): lines.append("    for_each: { query: SELECT k FROM s\(rollup) GROUP BY k }")
        }
        return lines
    }
}
