import DaymillCore
import DaymillSQL

extension StepNode {
    /// For people: what it does and when, a line for each thing.
    public var lines: [String] {
        var lines = ["step \(name)", "  \(what)"]
        if !needs.isEmpty { lines.append("  needs \(needs.joined(separator: ", "))") }
        return lines + controls
    }

    /// When it starts and what happens when it fails, where that is not as usual.
    public var controls: [String] {
        var lines: [String] = []
        if let when = control.when {
            lines.append("  when \(when.text.split(whereSeparator: \.isWhitespace).joined(separator: " "))")
        }
        if control.runIf != .allSucceeded { lines.append("  run_if \(control.runIf.rawValue)") }
        if let step = control.fallbackOf { lines.append("  takes the place of \(step) when that has failed") }
        if let step = control.onFailure { lines.append("  when it fails \(step) takes its place") }
        switch control.forEach {
        case .items(let items): lines.append("  for each of \(items.joined(separator: ", "))")
        case .query(let query): lines.append("  for each row of a query over \(query.step)")
        case nil: break
        }
        if control.retry.times > 0 {
            let retry = control.retry
            lines.append(
                "  tried again \(retry.times) times, after \(DurationText.text(retry.delay)), each pause "
                    + "\(retry.backoff) times the one before, at most \(DurationText.text(retry.maxDelay))")
        }
        if let timeout = control.timeout { lines.append("  ended after \(DurationText.text(timeout))") }
        if let pool = control.pool { lines.append("  takes a place of pool \(pool)") }
        if let notify = control.notify { lines.append("  \(notify)") }
        return lines
    }

    private var what: String {
        switch work {
        case .rollup(let step): return "rollup over \(step.rollup.source) to \(step.to)"
        case .shell(let work):
            let first = work.script.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
            return "shell \(first.prefix(80))" + (work.script.contains { $0.isNewline } ? " ..." : "")
        case .call(let work): return "call \(work.method) \(work.place)"
        case .wait(let work): return "wait for \(words(work.target)), at most \(DurationText.text(work.atMost))"
        case .check(let work): return "check \(work.assertions.map(\.text).joined(separator: "; "))"
        }
    }

    private func words(_ target: WaitWork.Target) -> String {
        switch target {
        case .file(let path, let settle): "the file \(path.text), still for \(DurationText.text(settle))"
        case .output(let pipeline, let step): "\(pipeline)\(step.map { ".\($0)" } ?? "") to be fresh"
        case .answer(let call): "an answer of \(call.place)"
        case .time(let length): DurationText.text(length)
        }
    }
}

extension NoticeRule: CustomStringConvertible {
    /// `tells ops of failure, recovery`
    public var description: String {
        "tells \(to.joined(separator: ", ")) of \(on.map(\.rawValue).sorted().joined(separator: ", "))"
    }
}
