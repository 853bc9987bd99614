import DaymillCore
import DaymillPipeline
import DaymillSQL
import Foundation

/// SQL over what a step put out: its file is read like that of any source, by the same engine, and nothing is kept.
struct OutputQuery {
    var setting: GraphRun.Setting
    var query: CheckWork.Query
    /// A file that may be made and is removed again, without its ending.
    var scratch: String

    /// The rows, as texts by the names of columns; nil is NULL. At most `limit`.
    ///
    /// - Throws: what a run throws; `.notFound` when the output is not there.
    func rows(limit: Int) throws -> [[String: String?]] {
        guard let step = setting.pipeline.step(query.step) else { return [] }
        let output = setting.project.path(step.to.render(for: setting.date))
        guard FileManager.default.fileExists(atPath: output) else {
            throw DaymillError(
                .notFound, "there is no output of '\(step.name)' for \(setting.date): \(output)",
                hint: "let this step need one that makes it")
        }
        let result = "\(scratch).rows.jsonl"
        defer { try? FileManager.default.removeItem(atPath: result) }
        let text = try yaml(step, output, result, limit)
        let project = Project(root: "/", store: setting.project.storeFolder, timezone: setting.project.timezone)
        let pipeline = try Pipeline.parse(text, file: "check", project: project)
        var options = setting.options
        options.report = { _ in }
        let run = PipelineRun(project: project, pipeline: pipeline, store: nil, options: options)
        _ = try run.run(pipeline.steps[0], setting.date)
        let data = FileManager.default.contents(atPath: result) ?? Data()
        return data.split(separator: UInt8(ascii: "\n")).prefix(limit).map { line in
            guard case .object(let object)? = JSONAnswer(line) else { return [:] }
            return object.mapValues(\.text)
        }
    }

    /// A pipeline that reads the output. JSON is YAML, so texts are written as JSON.
    private func yaml(_ step: Step, _ output: String, _ result: String, _ limit: Int) throws -> String {
        let columns = step.rollup.outputs.map { column in
            let type = column.expression.type
            return "      \(JSONText.quoted(column.name)): \(JSONText.quoted(type == .interval ? "text" : "\(type)"))"
        }
        let format = step.format == .csv ? "    header: \(step.header)\n" : ""
        let sql = query.rollup.limit == nil ? "\(OutputQuery.withoutEnd(query.sql))\nLIMIT \(limit)" : query.sql
        return """
            sources:
              \(JSONText.quoted(step.name)):
                files: \(JSONText.quoted(OutputQuery.literal(output.fromRoot)))
                format: \(step.format.rawValue)
            \(format)    columns:
            \(columns.joined(separator: "\n"))
            steps:
              check-rows:
                rollup: \(JSONText.quoted(sql))
                to: \(JSONText.quoted(OutputQuery.literal(result.fromRoot)))
            """
    }

    /// Without semicolons after it.
    private static func withoutEnd(_ sql: String) -> Substring {
        var rest = Substring(sql)
        while let last = rest.last, last.isWhitespace || last == ";" { rest.removeLast() }
        return rest
    }

    /// A path in which nothing stands for anything else.
    static func literal(_ path: String) -> String {
        path.map { "*?[".contains($0) ? "[\($0)]" : "{}".contains($0) ? "\($0)\($0)" : "\($0)" }.joined()
    }
}
