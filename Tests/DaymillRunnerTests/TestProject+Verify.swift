import DaymillCore
import DaymillEngine
import DaymillPipeline
import DaymillRunner
import Foundation

extension TestProject {
    /// What the program does for `daymill verify`.
    func verify(
        _ date: String, _ step: String? = nil, engine: VerifyEngine = .naive, duckDB: String? = nil,
        timeout: Duration = .seconds(60), yaml: String? = nil, report: @escaping @Sendable (RunEvent) -> Void = { _ in }
    ) throws -> [Verification] {
        let project = Project(root: root)
        let pipeline = try pipeline(yaml)
        let options = VerifyOptions(engine: engine, duckDB: duckDB, timeout: timeout, report: report)
        let run = VerifyRun(project: project, pipeline: pipeline, store: store(), options: options)
        let steps = pipeline.steps.filter { step == nil || $0.name == step }
        return try steps.map { try run.verify($0, Day(date)!) }
    }

    /// What the catalog says of the last verification of an output.
    func verified(_ step: String, _ date: String) throws -> (at: Int64?, by: String) {
        let record = try store().catalog.outputs(of: "job", step).values.first { $0.key.date == date }
        return (record?.verified, record?.verifiedBy ?? "")
    }

    /// Changes a text file as an editor would.
    func edit(_ name: String, _ change: (String) -> String) throws { try write(name, change(text(name) ?? "")) }
}

/// DuckDB's program, as the tests of comparisons know it.
enum TestDuckDB {
    static let path = ProcessInfo.processInfo.environment["DAYMILL_DUCKDB"].flatMap { $0.isEmpty ? nil : $0 }
    static let isRequired = ProcessInfo.processInfo.environment["CI"] != nil
}
