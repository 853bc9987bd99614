import DaymillCore
import DaymillEngine
import DaymillPipeline
import DaymillRunner

/// What must be true whatever has happened.
extension History {
    /// Whatever a plan calls fresh is what would be computed now. One run has its turn: `status` is asked about all.
    func checkPlans() throws {
        guard !tried.isEmpty else { return }
        let run = tried.sorted()[count % tried.count]
        guard let plans = try? world.plan(run.shape, run.date) else { return }
        for (step, plan) in plans.enumerated() where plan.isFresh == true { try checkFresh(run, step) }
    }

    private func checkFresh(_ run: Run, _ step: Int) throws {
        let answer = try world.expected(run.shape, run.date)
        let path = try world.output(run.shape, step, run.date)
        let found = world.disk.bytes(path)
        if found == nil || found != answer.outputs[step] {
            throw Broken("\(path) claims to be fresh, and is \(text(found)) instead of \(answer)")
        }
    }

    /// The steps of a shape's runs that plans call fresh.
    func fresh(_ shape: Int) throws -> Set<Published> {
        var found: Set<Published> = []
        for run in tried where run.shape == shape {
            guard let plans = try? world.plan(shape, run.date) else { continue }
            for (step, plan) in plans.enumerated() where plan.isFresh == true {
                found.insert(Published(run: run, step: step, path: try world.output(shape, step, run.date)))
            }
        }
        return found
    }

    /// What `status` calls fresh is what would be computed now, and nothing that was published is left out: so no output
    /// whose bytes would differ is missed. Asked on a copy, since asking may note things.
    func checkStatus() throws {
        for shape in Set(tried.map(\.shape)).sorted() {
            let disk = world.disk.fork()
            defer { disk.close() }
            var listed: Set<Published> = []
            for (step, status) in try world.status(shape, on: disk).enumerated() {
                for output in status.outputs where output.state != .neverMade {
                    let run = Run(shape: shape, date: Day(output.date)!)
                    listed.insert(Published(run: run, step: step, path: output.output))
                    try check(output, run, step)
                }
            }
            // Those of other params are other outputs.
            let own = try published.filter { item in
                try item.run.shape == shape && item.path == world.output(shape, item.step, item.run.date)
            }
            let left = own.subtracting(listed)
            if !left.isEmpty && !mayHaveForgotten { throw Broken("status leaves out \(left)") }
        }
    }

    private func check(_ output: OutputStatus, _ run: Run, _ step: Int) throws {
        let isThere = world.disk.bytes(try world.output(run.shape, step, run.date)) != nil
        switch output.state {
        case .fresh: try checkFresh(run, step)
        case .missing: if isThere { throw Broken("\(output.output) is there, and status calls it missing") }
        default: if !isThere { throw Broken("\(output.output) is missing, and status calls it \(output.state)") }
        }
    }

    /// The bytes of an output are those of before or what they should be now, never anything else.
    ///
    /// - Parameter earlier: what else they may be: that of before a crash which a failure of the power takes back.
    func checkNothingElse(_ runs: [Run], or earlier: [String: [UInt8]] = [:]) throws {
        var allowed: [String: [UInt8]] = [:]
        for run in runs {
            for (step, bytes) in try world.expected(run.shape, run.date).outputs.enumerated() {
                allowed[try world.output(run.shape, step, run.date)] = bytes
            }
        }
        for (path, bytes) in world.disk.contents(of: "out") where !path.hasSuffix(".tmp") {
            guard bytes == outputs[path] || bytes == allowed[path] || bytes == earlier[path] else {
                throw Broken("\(path) is neither what it was nor what it should be: \(text(bytes))")
            }
        }
    }

    /// In the end everything can be made right, and nothing is left lying about.
    func checkEnd() throws {
        for run in tried.sorted() {
            outputs = world.disk.contents(of: "out")
            try runWell(run)
        }
        // Those beside receipts and quarantine files go when such a file is written there again.
        let left = world.disk.paths(below: ".daymill").first { path in
            path.hasSuffix(".tmp") && !path.contains("/quarantine/") && !path.contains("/receipts/")
        }
        if let left { throw Broken("\(left) is left over") }
    }
}
