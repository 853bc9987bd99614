import DaymillCore
import DaymillPipeline
import Foundation

/// One attempt at a step, with all that it needs to know.
struct Attempt: Sendable {
    var unit: RunMachine.Unit
    var number: Int
    var node: StepNode
    /// Its item's name; nil for a step without items.
    var item: String?
    /// What is known when it starts.
    var facts: [String: String]
    var date: Day
    /// Where it writes what it says.
    var log: String
    /// Names it among all attempts of all runs.
    var id: String

    init(_ start: RunDecisions.Start, _ machine: RunMachine, _ setting: GraphRun.Setting) {
        unit = start.unit
        number = start.attempt
        node = machine.nodes[start.unit.node]
        item = machine.item(start.unit)
        facts = machine.facts
        date = setting.date
        let place = item == nil ? "" : ".\(start.unit.item + 1)"
        log = "\(setting.logFolder)/\(Attempt.logName(node.name, place, number))"
        id = "\(setting.run)/\(node.name)\(place)/\(number)"
    }

    /// The name of the file of an attempt's log.
    static func logName(_ step: String, _ place: String, _ number: Int) -> String { "\(step)\(place).\(number).log" }

    /// A text with what is known put in.
    ///
    /// - Parameter spelt: how values are written where they stand.
    func text(_ template: TextTemplate, spelt: (String) -> String = { $0 }) -> String {
        template.render(date) { name in (name == "item" ? item : facts[name]).map(spelt) }
    }

    /// The variables that Daymill gives to children.
    func variables(_ setting: GraphRun.Setting) -> [String: String] {
        var variables = [
            "DAYMILL_RUN": setting.run, "DAYMILL_ATTEMPT": id, "DAYMILL_PIPELINE": setting.pipeline.name,
            "DAYMILL_STEP": node.name, "DAYMILL_DATE": date.description, "DAYMILL_FACTS": "\(log.dropLast(4)).facts",
        ]
        if let item { variables["DAYMILL_ITEM"] = item }
        for (name, value) in setting.pipeline.params { variables["DAYMILL_PARAM_\(name.uppercased())"] = value }
        for need in node.needs {
            // The system takes no variable of 128 KiB or more.
            for (name, value) in facts where name.hasPrefix("\(need).") && value.utf8.count < 100_000 {
                variables["DAYMILL_FACT_" + Attempt.variable(name)] = value
            }
        }
        return variables
    }

    private static func variable(_ name: String) -> String {
        String(name.uppercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
    }

    /// Adds a line to its log.
    func say(_ line: String) {
        let file = FileHandle(forWritingAtPath: log) ?? Attempt.made(log)
        guard let file else { return }
        _ = try? file.seekToEnd()
        try? file.write(contentsOf: Data((line + "\n").utf8))
        try? file.close()
    }

    private static func made(_ path: String) -> FileHandle? {
        FileManager.default.createFile(atPath: path, contents: nil) ? FileHandle(forWritingAtPath: path) : nil
    }
}

extension AttemptResult {
    static func failure(_ error: any Error, facts: [String: String] = [:]) -> AttemptResult {
        .failed(RunProblem(error), facts: facts)
    }

    static func failure(_ code: ErrorCode, _ message: String, facts: [String: String] = [:]) -> AttemptResult {
        .failed(RunProblem(code: code.rawValue, message: message), facts: facts)
    }
}

extension RunProblem {
    init(_ error: any Error) {
        switch error {
        case let error as DaymillError: self.init(code: error.code.rawValue, message: "\(error)")
        case let errors as DaymillErrors: self.init(code: errors.all[0].code.rawValue, message: "\(errors)")
        case let ended as WorkEnded: self.init(code: ended.error.code.rawValue, message: ended.error.message)
        case let problem as RunProblem: self = problem
        default: self.init(code: ErrorCode.bug.rawValue, message: "\(error)")
        }
    }
}
