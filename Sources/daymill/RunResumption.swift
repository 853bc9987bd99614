import DaymillCore
import DaymillPipeline
import DaymillRunner
import DaymillState

/// What an earlier run, or an earlier process of the same run, has done and need not be done again.
struct RunResumption {
    /// Steps that are done.
    var settled: [String: RunMachine.SettledStep] = [:]
    /// What was done of others, by step and item.
    var earlier: [String: [String: RunMachine.EarlierUnit]] = [:]
    /// How long earlier processes of the same run were at work.
    var timeSpent = Duration.zero

    /// Nothing was done before.
    init() {}

    /// Steps that had succeeded, and items that had.
    ///
    /// - Parameters:
    ///   - run: the id of their run; nil: the one that goes on.
    ///   - redo: steps that are done again all the same.
    init(_ records: [AttemptRecord], of run: String?, redo: Set<String> = []) {
        let reason = run.map { "run \($0) did it" } ?? "an earlier process did it"
        for (step, records) in Dictionary(grouping: records, by: \.step) where !redo.contains(step) {
            let last = Dictionary(grouping: records, by: \.item).compactMapValues {
                $0.max { $0.number < $1.number }
            }
            let done = last.filter { $0.value.state == .succeeded }
            // Of a step with items there is a record of the whole when all of them are done.
            if done.count == last.count, let whole = last[""] {
                settled[step] = .init(phase: .succeeded, reason: reason, facts: whole.facts)
            }
            for (item, record) in done {
                var unit = RunMachine.EarlierUnit()
                (unit.isDone, unit.reason, unit.facts) = (true, reason, record.facts)
                earlier[step, default: [:]][item] = unit
            }
        }
    }

    /// For another process of the same run, whose attempts go on counting.
    ///
    /// - Parameter now: by the day's clock, as the records' times are.
    static func sameRun(_ run: RunRecord, _ records: [AttemptRecord], now: Int64) -> RunResumption {
        var resumption = RunResumption(records, of: nil)
        for record in records {
            var unit = resumption.earlier[record.step]?[record.item] ?? RunMachine.EarlierUnit()
            if record.state == .failed { unit.failures += 1 }
            if record.number >= unit.attempts {
                unit.attempts = record.number
                unit.sinceFailure = record.state == .failed ? record.ended.map { now - $0 } : nil
            }
            resumption.earlier[record.step, default: [:]][record.item] = unit
        }
        let last = records.map { $0.ended ?? $0.started }.max() ?? run.started
        resumption.timeSpent = .microseconds(max(0, last - run.started))
        return resumption
    }

    /// A step and all that comes after it.
    static func after(_ step: String, in pipeline: Pipeline) -> Set<String> {
        var found: Set = [step], count = 0
        // Again until nothing comes to it: a fallback may stand for one that stands for another one.
        while found.count > count {
            count = found.count
            for node in pipeline.nodes where node.needs.contains(where: found.contains) { found.insert(node.name) }
            // Whoever needs a step that a fallback stands for comes after the fallback, too.
            for node in pipeline.nodes {
                if let fallback = node.control.onFailure, found.contains(fallback) {
                    for other in pipeline.nodes where other.needs.contains(node.name) { found.insert(other.name) }
                }
            }
            for node in pipeline.nodes where node.needs.contains(where: found.contains) { found.insert(node.name) }
        }
        return found
    }
}
