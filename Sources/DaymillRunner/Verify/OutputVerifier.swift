import DaymillColumns
import DaymillConnect
import DaymillCore
import DaymillNaive
import DaymillSQL

/// Computes a whole output again from its input files by an independent path, and compares it with what was published.
package struct OutputVerifier {
    private let request: VerifyRequest
    private let options: VerifyOptions

    package init(_ request: VerifyRequest, _ options: VerifyOptions) {
        self.request = request
        self.options = options
    }

    /// - Throws: `.notFound` when there is no output, `.stale` when an input is not what it was; what reading and
    ///   computing throw.
    package func verify() throws -> Verification {
        let start = ContinuousClock.now
        guard let file = try FileDoor.contents(of: request.outputPath) else {
            throw DaymillError.outputGone(request.output, request.pipeline, request.date)
        }
        var found = try verify(file)
        found.seconds = (ContinuousClock.now - start).seconds
        return found
    }

    private func verify(_ file: [UInt8]) throws -> Verification {
        switch options.engine {
        case .naive: return try naive(file, reason: nil)
        case .duckdb:
            guard let path = options.duckDB else { throw DaymillError.noDuckDB }
            let looks = try look()
            if let doubt = DuckDBTrust.objection(request) ?? oddity(looks) {
                options.report(.remark("a difference may come from DuckDB: \(doubt)"))
            }
            return try duckDB(try DuckDBProgram(path), looks, file)
        case .auto: return try auto(file)
        }
    }

    /// DuckDB if it is as good; where it fails or finds a difference the naive engine has the last word.
    private func auto(_ file: [UInt8]) throws -> Verification {
        guard let path = options.duckDB else { return try naive(file, reason: "no DuckDB program was found") }
        if let objection = DuckDBTrust.objection(request) { return try naive(file, reason: objection) }
        let looks = try look()
        if let oddity = oddity(looks) { return try naive(file, reason: oddity) }
        do {
            let found = try duckDB(try DuckDBProgram(path), looks, file)
            if found.verdict == .equal { return found }
            let first = found.differences.first.map { ": \($0)" } ?? ""
            return try naive(file, reason: "by \(found.engine) there is a difference\(first)")
        } catch let error as DaymillError where error.code == .unsupported || error.code == .limit {
            return try naive(file, reason: error.message)
        }
    }

    private func naive(_ file: [UInt8], reason: String?) throws -> Verification {
        if let reason { options.report(.remark("the naive engine computes this again: \(reason)")) }
        var rows = try NaiveRecomputation.rows(request, options).rows[...]
        return try compare(file, "naive", reason, isClose: request.rollup.outputs.map { _ in false }) {
            rows.popFirst()
        }
    }

    // MARK: DuckDB

    private func look() throws -> [InputLook] {
        options.report(.reading(step: request.step, bytes: request.bytes, files: request.inputs.count))
        return try request.inputs.map { input in
            try InputLook(input, request) { options.report(.read(bytes: $0)) }
        }
    }

    private func oddity(_ looks: [InputLook]) -> String? {
        zip(request.inputs, looks).lazy.compactMap { input, look in look.oddity.map { "\(input.path) \($0)" } }.first
    }

    private func duckDB(_ program: DuckDBProgram, _ looks: [InputLook], _ file: [UInt8]) throws -> Verification {
        options.report(.phase(step: request.step, "asking DuckDB \(program.version)"))
        let script = DuckDBScript(request, looks)
        let rows = try DuckDBRows(
            program, types: request.rollup.outputs.map(\.expression.type), timeout: options.timeout
        ) { script.text(options, folder: $0) }
        defer { rows.close() }
        let isClose = DuckDBTrust.isClose(request.rollup)
        let found = try compare(file, "duckdb \(program.version)", nil, isClose: isClose) { try rows.next() }
        for input in request.inputs where try input.file.currentStamp() != input.file.stamp {
            throw DaymillError.inputChanged(input.path, request)
        }
        return found
    }

    // MARK: The result

    private func compare(
        _ file: [UInt8], _ engine: String, _ reason: String?, isClose: [Bool],
        _ expected: @escaping () throws -> [Value]?
    ) throws -> Verification {
        var comparison = OutputComparison(
            request.rollup, request.format, hasHeader: request.hasHeader, isClose: isClose, file: file,
            expected: expected)
        try comparison.run()
        return Verification(
            pipeline: request.pipeline, step: request.step, date: request.date, output: request.output,
            verdict: comparison.differences.isEmpty ? .equal : .differs, engine: engine, reason: reason,
            rows: comparison.rows, bytes: file.count,
            inputs: request.inputs.map {
                .init(path: $0.path, day: $0.day?.description, bytes: $0.bytes, content: $0.content)
            },
            columns: zip(request.rollup.outputs, isClose).map { output, isClose in
                .init(
                    name: output.name, type: output.expression.type.description,
                    comparison: isClose ? .close : .exact)
            },
            differences: comparison.differences, isCut: comparison.isCut, seconds: 0)
    }
}
