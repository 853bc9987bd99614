import DaymillCore
import DaymillSQL

/// When a step may start, and what happens when it fails.
extension PipelineReader {
    mutating func readControl(_ named: NamedStep, _ scope: FactScope, _ needs: inout [String]) -> StepControl {
        let fields = named.fields
        var control = StepControl()
        if let field = fields["when"] {
            control.when = condition(
                field.value, title: field.title, scope, of: named.name, &needs, emptyAt: field.place)
        }
        control.runIf = file.choice(fields["run_if"], RunIf.self) ?? .allSucceeded
        control.onFailure = readFallback(fields["on_failure"], of: named.name, scope)
        // What waits has its own end, and what is checked does not change by itself.
        let isTriedAgain = !["wait", "check"].contains(named.verb)
        control.retry = fields["retry"].map { readRetry($0) } ?? (isTriedAgain ? retry : RetryPolicy())
        control.timeout = readLength(fields["timeout"])
        if control.timeout == .zero, let place = fields["timeout"]?.value.place {
            file.report("'timeout' is no time", hint: "write 15m, or remove it", at: place)
        }
        control.pool = readPool(fields["pool"])
        control.notify = file.notices(fields["notify"], channels: project.channels.map(\.name))
        control.forEach = readForEach(fields["for_each"], of: named.name, scope, &needs)
        return control
    }

    private mutating func readFallback(_ field: FileReader.Field?, of step: String, _ scope: FactScope) -> String? {
        guard let field, let name = file.string(field, "the name of a step") else { return nil }
        if name != step, scope.steps.contains(name) { return name }
        let others = scope.steps.subtracting([step]).sorted()
        let hint =
            nearestWord(to: name, in: others).map { "did you mean '\($0)'?" } ?? "name another step of this pipeline"
        file.report(
            name == step
                ? "step '\(step)' cannot take its own place" : "there is no step '\(FileReader.shortened(name))'",
            hint: name == step ? "to try it again, write 'retry: 3'" : hint, at: field.value.place)
        return nil
    }

    /// `retry: 3`, or `retry: { times: 3, delay: 10s, backoff: 2, jitter: 0.1, max_delay: 1h }`.
    mutating func readRetry(_ field: FileReader.Field) -> RetryPolicy {
        var policy = RetryPolicy()
        guard case .mapping = field.value.content else {
            policy.times = readCount(field, 0...Limits.retriesMax) ?? 0
            return policy
        }
        let fields = file.fields(of: field.value, .retry, owner: field.title)
        if fields["times"] == nil {
            file.report("\(field.title) does not say how often", hint: "add 'times: 3'", at: field.place)
        }
        policy.times = readCount(fields["times"], 0...Limits.retriesMax) ?? 0
        policy.delay = readLength(fields["delay"]) ?? policy.delay
        policy.maxDelay = readLength(fields["max_delay"]) ?? max(policy.maxDelay, policy.delay)
        policy.backoff = readNumber(fields["backoff"], 1...100) ?? policy.backoff
        policy.jitter = readNumber(fields["jitter"], 0...1) ?? policy.jitter
        return policy
    }

    private mutating func readPool(_ field: FileReader.Field?) -> String? {
        guard let field, let name = file.string(field, "the name of a pool") else { return nil }
        if pools[name] != nil { return name }
        let hint =
            nearestWord(to: name, in: pools.keys.sorted()).map { "did you mean '\($0)'?" }
            ?? "add it at the top of the file: 'pools: { \(FileReader.shortened(name)): 2 }'"
        file.report("there is no pool '\(FileReader.shortened(name))'", hint: hint, at: field.value.place)
        return nil
    }

    private mutating func readForEach(
        _ field: FileReader.Field?, of step: String, _ scope: FactScope, _ needs: inout [String]
    ) -> ForEach? {
        guard let field else { return nil }
        if case .mapping = field.value.content {
            let fields = file.fields(of: field.value, .forEach, owner: field.title)
            guard let query = fields["query"] else {
                file.report(
                    "\(field.title) has no 'query'", hint: "add one, or write a list: for_each: [a, b]", at: field.place
                )
                return nil
            }
            return readItemsQuery(query, of: step, scope, &needs)
        }
        guard let nodes = file.items(field, of: "a list of items") else { return nil }
        let items = nodes.compactMap { file.string($0, title: field.title, "an item", emptyAt: field.place) }
        if items.count > Limits.itemsPerStepMax {
            file.report(
                "\(field.title) has \(items.count) items; \(Limits.itemsPerStepMax) is the most", hint: "split it",
                at: field.place, code: .limit)
        }
        var seen: Set<String> = []
        for (node, item) in zip(nodes, items) where !seen.insert(item).inserted {
            file.report(
                "\(field.title) has '\(FileReader.shortened(item))' twice", hint: "keep one", at: node.place)
        }
        return .items(items)
    }

    private mutating func readItemsQuery(
        _ field: FileReader.Field, of step: String, _ scope: FactScope, _ needs: inout [String]
    ) -> ForEach? {
        guard let query = readQuery(field.value, title: field.title, of: step, scope, &needs) else { return nil }
        guard query.rollup.outputs.count == 1 else {
            file.report(
                "\(field.title) gives \(query.rollup.outputs.count) columns",
                hint: "select the one whose values are the items", at: field.value.place)
            return nil
        }
        return .query(query)
    }

    /// SQL over what a step puts out.
    mutating func readQuery(
        _ node: YAMLNode, title: String, of step: String, _ scope: FactScope, _ needs: inout [String]
    ) -> CheckWork.Query? {
        guard let text = file.string(node, title: title, "a SELECT over the output of a step", emptyAt: node.place)
        else { return nil }
        let map = ScalarMap(node)
        do {
            let rollup = try Rollup.parse(text, sources: scope.outputs) { map.place(utf8Offset: $0) }
            need(["\(rollup.source).rows"], scope, of: step, &needs, at: node.place)
            return CheckWork.Query(step: rollup.source, rollup: rollup, sql: text)
        } catch {
            file.report(error, at: node.place)
            return nil
        }
    }

    // MARK: Numbers

    mutating func readLength(_ field: FileReader.Field?) -> Duration? {
        guard let field, let length = file.parsed(field, "a length of time such as 15m", DurationText.parse) else {
            return nil
        }
        if length <= .seconds(366 * 86_400) { return length }
        file.report("\(field.title) is longer than a year", hint: "write less", at: field.value.place)
        return nil
    }

    mutating func readCount(_ field: FileReader.Field?, _ range: ClosedRange<Int>) -> Int? {
        file.count(field, range)
    }

    mutating func readNumber(_ field: FileReader.Field?, _ range: ClosedRange<Double>) -> Double? {
        guard let field, let text = file.string(field, "a number") else { return nil }
        if let number = Double(text), range.contains(number) { return number }
        file.report(
            "\(field.title) cannot be '\(FileReader.shortened(text))'",
            hint: "write a number of \(Self.plain(range.lowerBound)) to \(Self.plain(range.upperBound))",
            at: field.value.place)
        return nil
    }

    private static func plain(_ number: Double) -> String {
        number == number.rounded() ? "\(Int(number))" : "\(number)"
    }

    /// `max_parallel`, `pools`, `timeout` and `retry` of the whole pipeline.
    mutating func readLimits(_ fields: [String: FileReader.Field]) -> GraphLimits {
        var limits = GraphLimits()
        limits.maxParallel = readCount(fields["max_parallel"], 1...Limits.parallelStepsMax)
        limits.timeout = readLength(fields["timeout"])
        if let field = fields["retry"] { retry = readRetry(field) }
        guard let field = fields["pools"],
            let entries = file.namedEntries(field, of: "numbers", example: "for example { database: 2 }")
        else { return limits }
        for entry in entries {
            checkName(entry, "pool")
            limits.pools[entry.name] = readCount(entry, 1...Limits.parallelStepsMax) ?? 1
        }
        pools = limits.pools
        return limits
    }
}
