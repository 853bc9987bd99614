import DaymillCore
import DaymillSQL

extension Pipeline: CustomStringConvertible {
    /// For people: everything that was understood, defaults included, a line for each thing.
    public var description: String {
        let head = ["pipeline \(name)\(about.map { ": \($0)" } ?? "")"]
        let zone = ["timezone \(timezone)"]
        let start = schedule.map { ["starts \($0)"] } ?? []
        let params = params.sorted { $0.key < $1.key }.map { "param \($0.key) '\($0.value)'" }
        let due = deadline.map { ["to have succeeded by \(zeroPadded($0 / 60, 2)):\(zeroPadded($0 % 60, 2))"] } ?? []
        let told = notify.map { ["\($0)"] } ?? []
        let all = nodes.flatMap { node in
            if case .rollup(let step) = node.work { step.lines + node.controls } else { node.lines }
        }
        return (head + zone + start + triggers.lines + due + told + params + sources.flatMap(\.lines) + all).joined(
            separator: "\n")
    }
}

extension Schedule: CustomStringConvertible {
    /// What was understood, in words.
    public var description: String {
        let rules =
            ["missed: \(missed.rawValue)"] + (start.map { ["from \($0)"] } ?? []) + (end.map { ["to \($0)"] } ?? [])
            + (gap.map { ["clock_gap: \($0.rawValue)"] } ?? [])
            + (overlap.map { ["clock_overlap: \($0.rawValue)"] } ?? [])
        return "\(cron) (\(rules.joined(separator: ", ")))"
    }
}

extension PipelineTriggers {
    /// What starts it, a line for each thing: `starts when a file in/{date}.csv has held still for 2s`.
    public var lines: [String] {
        outputs.map { "starts when \($0.pipeline)\($0.step.map { ".\($0)" } ?? "") has been made" }
            + files.map { "starts when a file \($0.path) has held still for \(DurationText.text($0.settle))" }
            + (httpToken == nil ? [] : ["starts by HTTP"])
    }
}

extension Source {
    /// What was understood, a line for each thing.
    fileprivate var lines: [String] {
        var lines = [
            "source \(name)",
            "  files \(files.map(\.text).joined(separator: ", "))",
            "  columns \(columns.indices.map(words(ofColumn:)).joined(separator: ", "))",
        ]
        lines += shape
        if onBadRow == .quarantine { lines.append("  quarantine to \(quarantineTo)") }
        if let eventTime { lines.append("  event time \(columns[eventTime].name)") }
        if !distinctOn.isEmpty {
            lines.append("  distinct on \(distinctOn.map { columns[$0].name }.joined(separator: ", "))")
        }
        if hasOtherClock { lines.append("  written by the clock of \(timezone)") }
        if let settle {
            lines.append(
                "  files hold still for \(DurationText.text(settle.hold)), waited for \(DurationText.text(settle.wait))"
            )
        }
        if let start { lines.append("  starts on \(start)") }
        return lines
    }

    /// Name and type, and where it stands if that is not a key of its name.
    private func words(ofColumn i: Int) -> String {
        let isNamed = format == .csv || paths[i] == JSONPath(key: columns[i].name)
        let type = zonedColumns.contains(i) ? "timestamptz" : "\(columns[i].type)"
        return "\(columns[i].name) \(type)" + (isNamed ? "" : " at \(paths[i])")
    }

    private var shape: [String] {
        let nulls = nullWords.map { "'\($0)'" }.joined(separator: " ")
        let missing = "  missing day \(missing.rawValue)"
        let policies = "missing columns \(missingColumns.rawValue), bad row \(onBadRow.rawValue)"
        let packed = "  \(format.rawValue), compression \(compression.rawValue)"
        switch format {
        case .csv:
            return [
                "\(packed), header \(header.rawValue), delimiter \(Self.words(delimiter)), quote "
                    + "\(quote.map(Self.words) ?? "none"), null words \(nulls)",
                "\(missing), extra columns \(extraColumns.rawValue), \(policies)",
            ]
        case .jsonl: return [packed + (nulls.isEmpty ? "" : ", null words \(nulls)"), "\(missing), \(policies)"]
        }
    }

    private static func words(_ byte: UInt8) -> String {
        byte == 9 ? "tab" : "'\(Character(Unicode.Scalar(byte)))'"
    }
}

extension Step {
    /// What was understood, a line for each thing.
    fileprivate var lines: [String] {
        var lines = [
            "step \(name)", "  reads \(rollup.source)", "  window \(window?.description ?? "everything")",
            "  columns \(rollup.outputs.map { "\($0.name) \($0.expression.type)" }.joined(separator: ", "))",
            "  to \(to), \(format == .csv ? "header \(header)" : format.rawValue)",
        ]
        if split == .day { lines.append("  a file for each day of its rows; the window is of the days in paths") }
        if !needs.isEmpty { lines.append("  needs \(needs.joined(separator: ", "))") }
        return lines
    }
}
