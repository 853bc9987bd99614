import DaymillColumns
import DaymillCore
import DaymillEngine
import DaymillPipeline
import DaymillProcess
import Foundation
import Synchronization

/// What steps of each kind do. Each call is one attempt, on a thread of its own, and blocks until it has ended.
extension GraphRun {
    func perform(_ attempt: Attempt) -> AttemptResult {
        let result: AttemptResult
        switch attempt.node.work {
        case .rollup(let step): result = computing(attempt) { try perform(step) }
        case .check(let work): result = computing(attempt) { try perform(work, attempt) }
        case .shell(let work): result = perform(work, attempt)
        case .wait(let work): result = perform(work, attempt)
        case .call(let work): result = call(work, attempt)
        }
        forgetStop(of: attempt.unit)
        return result
    }

    private func computing(_ attempt: Attempt, _ body: () throws -> AttemptResult) -> AttemptResult {
        do { return try computing(attempt.unit, timeout: attempt.node.control.timeout, body) } catch {
            if let ended = error as? WorkEnded, case .asked = ended.reason { return .stopped }
            return .failure(error)
        }
    }

    // MARK: rollup

    private func perform(_ step: Step) throws -> AttemptResult {
        let run = PipelineRun(
            project: setting.project, pipeline: setting.pipeline, store: setting.store, options: setting.options)
        do {
            let made = try run.run(step, setting.date)
            outcomes.withLock { $0 += made }
            setting.notes.made(made)
            return .succeeded(facts: facts(of: made, step))
        } catch let ended as WorkEnded {
            errors.withLock { $0[step.name] = nil }
            if case .tookLonger = ended.reason { setting.notes.failed(step.name, ended.error) }
            throw ended
        } catch {
            let found = (error as? DaymillErrors)?.all ?? (error as? DaymillError).map { [$0] } ?? []
            errors.withLock { $0[step.name] = found }
            for error in found { setting.notes.failed(step.name, error) }
            return .failure(error)
        }
    }

    /// What is known of an output, whether it was made now or before.
    private func facts(of made: [StepOutcome], _ step: Step) -> [String: String] {
        var rows = 0, bytes = 0
        for outcome in made {
            if outcome.status == .made {
                rows += outcome.rowsWritten
                bytes += outcome.bytesWritten
            } else if let receipt = receipt(of: outcome) {
                rows += receipt.rows
                bytes += receipt.bytes
            }
        }
        var facts = [
            "rows": "\(rows)", "bytes": "\(bytes)", "rows_read": "\(made.reduce(0) { $0 + $1.rowsRead })",
            "bad_rows": "\(made.reduce(0) { $0 + $1.badRows })", "files": "\(made.reduce(0) { $0 + $1.files })",
            "made": "\(made.contains { $0.status == .made })",
        ]
        if let output = made.first?.output { facts["output"] = output }
        return facts
    }

    /// What is kept of an output that was made before.
    private func receipt(of outcome: StepOutcome) -> Receipt? {
        let key = OutputRecord.Key(date: outcome.date, output: outcome.output)
        return try? setting.store.receipt(setting.pipeline.name, outcome.step, key)
    }

    // MARK: shell

    private func perform(_ work: ShellWork, _ attempt: Attempt) -> AttemptResult {
        var environment = setting.environment.merging(attempt.variables(setting)) { $1 }
        for variable in work.environment { environment[variable.name] = attempt.text(variable.value) }
        environment["DAYMILL_FACTS"] = "\(attempt.log.dropLast(4)).facts".fromRoot
        let folder = work.folder.map { setting.project.path($0) } ?? setting.project.root
        let command = ChildCommand(
            program: work.program, arguments: ["-c", work.script], environment: environment,
            folder: folder.isEmpty ? nil : folder, log: attempt.log.fromRoot)
        do {
            let child = try ChildProcess(command)
            stop(attempt.unit) { child.stop() }
            var log = BoundedLog(attempt.log)
            let ending = child.wait(timeout: attempt.node.control.timeout) { log.bound() }
            // A log that stays long is no reason to fail.
            try? log.finish()
            let isDone = ending.code == 0 && !ending.wasStopped && !ending.hasTimedOut
            var facts = isDone ? try declaredFacts(attempt) : (try? declaredFacts(attempt)) ?? [:]
            facts["exit"] = "\(ending.code)"
            return result(ending, attempt, facts)
        } catch {
            return .failure(error)
        }
    }

    private func result(_ ending: ChildProcess.Ending, _ attempt: Attempt, _ facts: [String: String]) -> AttemptResult {
        if ending.wasStopped { return .stopped }
        if ending.hasTimedOut {
            let limit = attempt.node.control.timeout.map(DurationText.text) ?? ""
            return .failure(.stepFailed, "it took longer than \(limit) and was ended", facts: facts)
        }
        if ending.code == 0 {
            removeIfEmpty(attempt.log)
            return .succeeded(facts: facts)
        }
        let last = lastLine(of: attempt.log).map { "; it said: \($0)" } ?? ""
        let how = ending.code < 0 ? "signal \(-ending.code) ended it" : "it ended with exit code \(ending.code)"
        return .failure(.stepFailed, how + last, facts: facts)
    }

    private func removeIfEmpty(_ path: String) {
        let size = (try? FileManager.default.attributesOfItem(atPath: path))?[.size] as? Int
        if size == 0 { try? FileManager.default.removeItem(atPath: path) }
    }

    private func lastLine(of path: String) -> String? {
        guard let file = FileHandle(forReadingAtPath: path), let end = try? file.seekToEnd() else { return nil }
        defer { try? file.close() }
        try? file.seek(toOffset: end > 4096 ? end - 4096 : 0)
        let text = (try? file.readToEnd()).flatMap { $0 }.map { String(decoding: $0, as: UTF8.self) } ?? ""
        let line = text.split(whereSeparator: \.isNewline).last { $0.contains { !$0.isWhitespace } }
        return line.map { String($0.prefix(200)).trimmingCharacters(in: .whitespaces) }
    }

    /// What a shell wrote into the file `$DAYMILL_FACTS`: lines of `name=value`.
    ///
    /// - Throws: `.stepFailed` for what was not declared, or is no value of its type.
    private func declaredFacts(_ attempt: Attempt) throws -> [String: String] {
        let path = "\(attempt.log.dropLast(4)).facts"
        guard !attempt.node.facts.isEmpty || FileManager.default.fileExists(atPath: path),
            let data = FileManager.default.contents(atPath: path)
        else { return [:] }
        try? FileManager.default.removeItem(atPath: path)
        var found: [String: String] = [:]
        for line in String(decoding: data.prefix(1 << 20), as: UTF8.self).split(whereSeparator: \.isNewline) {
            guard let equals = line.firstIndex(of: "=") else {
                throw DaymillError(
                    .stepFailed, "it wrote the line '\(line.prefix(80))' as a fact", hint: "write name=value")
            }
            let name = line[..<equals].trimmingCharacters(in: .whitespaces)
            let value = String(line[line.index(after: equals)...])
            guard let fact = attempt.node.facts.first(where: { $0.name == name }) else {
                throw DaymillError(
                    .stepFailed, "it wrote a fact '\(name.prefix(80))', which it does not declare",
                    hint: "add 'facts: { \(name.prefix(80)): text }' to the step")
            }
            guard FactValues.isValue(value, of: fact) else {
                throw DaymillError(
                    .stepFailed, "its fact '\(name)' is '\(value.prefix(80))', which is no \(fact.type)")
            }
            found[name] = value
        }
        return found
    }
}
