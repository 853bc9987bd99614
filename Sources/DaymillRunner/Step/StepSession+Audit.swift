import DaymillColumns
import DaymillCore
import DaymillEngine
import DaymillPipeline

/// Every run that makes an output re-checks a little of what it rests on.
extension StepSession {
    /// Compares a stored segment of a file with the file, and a part of a day's with what it was merged from: others with
    /// each output made. What is wrong is dropped, and told.
    ///
    /// - Returns: whether something was wrong, so that the output at work has to be made again.
    /// - Throws: `.io`, what scanning throws.
    func audit(_ store: Store) throws -> Bool {
        guard options.auditBytesMin > 0 else { return false }
        return try timed("audit") {
            let files = inputs.files.indices.compactMap { i in
                inputs.content(i, definition, segments).flatMap { content in
                    content == inputs.files[i].content ? (file: inputs.files[i].file, content: content) : nil
                }
            }
            let audit = StoreAudit(definition, store, threads: options.threads, memory: options.memoryBytes)
            let allowance = max(options.auditBytesMin, AuditPlan.allowance(runBytes: outcome.bytesRead))
            let tasks = AuditPlan.tasks(try audit.entries(files), counter: turn, maxBytes: allowance)
            var isWrong = false
            for task in tasks {
                let verdict = try audit.audit(task)
                outcome.audited.append(StepOutcome.Audited(task, verdict))
                guard case .wrong(let finding) = verdict else { continue }
                isWrong = true
                options.report(
                    .remark("the stored segment of \(finding.about) was wrong: \(finding.what); it is made anew"))
            }
            if isWrong { try reload(store) }
            return isWrong
        }
    }

    /// Whose turn it is to be audited: one more with each output that the step makes.
    var turn: Int { 1 + (outputs.values.lazy.map(\.turn).max() ?? 0) }

    /// Takes over what the audit has dropped.
    private func reload(_ store: Store) throws {
        segments = try store.catalog.segments(of: definition.fileState)
        outputs = try store.catalog.outputs(of: definition.pipeline, definition.step.name)
        outcome.rebuilt += 1
        forgetReuse()
    }
}

extension StepOutcome.Audited {
    init(_ task: AuditTask, _ verdict: AuditVerdict) {
        let what: String =
            switch task {
            case .file: "file"
            case .slice(_, let shard): shard.map { "part \($0) of 16 of a day" } ?? "day"
            }
        let word: String =
            switch verdict {
            case .right: "right"
            case .skipped: "skipped"
            case .wrong: "wrong"
            }
        self.init(segment: task.entry.id.text, what: what, verdict: word)
    }
}
