import DaymillCore
import DaymillPipeline
import DaymillRunner
import DaymillState

/// What an earlier run, or an earlier process of the same run, has done and need not be done again.
struct RunResumption {
    var settled: [String: RunMachine.SettledStep] = [:]
    /// Attempts that were begun, by step.
    var attempts: [String: Int] = [:]

    /// Steps that had succeeded; all of their items, where they have some.
    ///
    /// - Parameter redo: steps that are done again all the same.
    init(_ records: [AttemptRecord], redo: Set<String> = []) {
        for (step, records) in Dictionary(grouping: records, by: \.step) where !redo.contains(step) {
            let last = Dictionary(grouping: records, by: \.item).compactMap { $0.value.max { $0.number < $1.number } }
            // Of a step with items there is a record of the whole when all of them are done.
            guard last.allSatisfy({ $0.state == .succeeded }), let whole = last.first(where: \.item.isEmpty) else {
                continue
            }
            let facts = whole.facts
            settled[step] = .init(phase: .succeeded, reason: "an earlier run did it", facts: facts)
        }
    }

    /// For another process of the same run, whose attempts go on counting.
    static func sameRun(_ records: [AttemptRecord]) -> RunResumption {
        var resumption = RunResumption(records)
        for record in records {
            resumption.attempts[record.step] = max(resumption.attempts[record.step] ?? 0, record.number)
        }
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
