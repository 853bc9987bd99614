import DaymillCore
import DaymillPipeline
import DaymillSQL
import Foundation

extension GraphRun {
    /// Looks at all assertions.
    ///
    /// - Throws: `WorkEnded`.
    func perform(_ work: CheckWork, _ attempt: Attempt) throws -> AttemptResult {
        var problems: [String] = []
        for assertion in work.assertions {
            do {
                if let problem = try problem(of: assertion, attempt) { problems.append(problem) }
            } catch let ended as WorkEnded { throw ended } catch {
                problems.append("'\(assertion.text)' cannot be answered: \(RunProblem(error).message)")
            }
        }
        guard !problems.isEmpty else { return .succeeded(facts: ["rows": "0"]) }
        for problem in problems { attempt.say(problem) }
        let shown = problems.prefix(3).joined(separator: "; ")
        let rest = problems.count > 3 ? "; and \(problems.count - 3) more" : ""
        return .failure(.checkFailed, shown + rest)
    }

    /// What is wrong; nil when nothing is.
    private func problem(of assertion: CheckWork.Assertion, _ attempt: Attempt) throws -> String? {
        switch assertion.kind {
        case .condition(let condition):
            if try FactValues(attempt.facts).holds(condition) { return nil }
            let values = condition.used.map { condition.names[$0].name }.map {
                "\($0) is \(attempt.facts[$0] ?? "NULL")"
            }
            return "'\(condition.oneLine)' does not hold"
                + (values.isEmpty ? "" : ": \(values.joined(separator: ", "))")
        case .query(let query):
            let rows = try OutputQuery(setting: setting, query: query, scratch: "\(attempt.log)").rows(limit: 11)
            guard let first = rows.first else { return nil }
            let columns = query.rollup.outputs.map { "\($0.name) \((first[$0.name] ?? nil) ?? "NULL")" }
            let count = rows.count > 10 ? "more than 10 rows" : rows.count == 1 ? "one row" : "\(rows.count) rows"
            return "\(assertion.text): \(count), the first is \(columns.joined(separator: ", "))"
        case .between(let fact, let low, let high):
            guard let value = attempt.facts[fact].flatMap(Double.init) else { return "\(fact) is not known" }
            if value >= low ?? -.infinity, value <= high ?? .infinity { return nil }
            return "\(assertion.text): it is \(attempt.facts[fact] ?? "")"
        case .change(let fact, let most, let runs): return try change(fact, most, runs, assertion, attempt)
        }
    }

    private func change(
        _ fact: String, _ most: Double, _ runs: Int, _ assertion: CheckWork.Assertion, _ attempt: Attempt
    ) throws -> String? {
        guard let dot = fact.lastIndex(of: "."), let value = attempt.facts[fact].flatMap(Double.init) else {
            return "\(fact) is not known"
        }
        let earlier = try setting.notes.history(
            of: String(fact[fact.index(after: dot)...]), step: String(fact[..<dot]), limit: runs
        ).compactMap(Double.init).sorted()
        // Two runs say nothing about what is usual.
        guard earlier.count >= 3 else {
            attempt.say("\(assertion.text): not looked at, there are \(earlier.count) earlier runs and it takes 3")
            return nil
        }
        let middle = earlier.count / 2
        let median = earlier.count % 2 == 1 ? earlier[middle] : (earlier[middle - 1] + earlier[middle]) / 2
        if abs(value - median) <= most * abs(median) { return nil }
        return "\(assertion.text): it is \(attempt.facts[fact] ?? ""), and their median is \(FactValues.plain(median))"
    }

    // MARK: Items

    /// The items of a step that is carried out for each row of a query.
    func items(of step: StepNode, _ unit: Unit) -> Result<[String], RunProblem> {
        guard case .query(let query)? = step.control.forEach else { return .success([]) }
        do {
            let scratch = "\(setting.logFolder)/\(step.name).items"
            let rows = try computing(unit) {
                try OutputQuery(setting: setting, query: query, scratch: scratch)
                    .rows(limit: Limits.itemsPerStepMax + 1)
            }
            guard rows.count <= Limits.itemsPerStepMax else {
                throw DaymillError(
                    .limit, "'for_each' gives more than \(Limits.itemsPerStepMax) items", hint: "select fewer")
            }
            let name = query.rollup.outputs[0].name
            var seen: Set<String> = []
            return .success(rows.compactMap { $0[name] ?? nil }.filter { seen.insert($0).inserted })
        } catch {
            return .failure(RunProblem(error))
        }
    }
}
