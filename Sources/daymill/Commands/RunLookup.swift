import DaymillCore
import DaymillPipeline
import DaymillState

extension StateDatabase {
    /// The one run that an id, its first characters, or `last` mean.
    ///
    /// - Throws: `.notFound`; `.usage` when there are several.
    func only(_ id: String) throws -> RunRecord {
        let found = try id == "last" ? runs(limit: 1) : runs(startingWith: id)
        guard let first = found.first else {
            throw DaymillError(.notFound, "there is no run '\(id)'", hint: "'daymill runs' lists them")
        }
        guard found.count == 1 || first.id == id else {
            let ids = found.map(\.id).joined(separator: ", ")
            throw DaymillError(.usage, "several runs begin with '\(id)'", hint: "give more of one: \(ids)")
        }
        return first
    }
}

extension Pipeline {
    /// That it has a step.
    ///
    /// - Throws: `.notFound` with the nearest name.
    func checkHas(step name: String) throws {
        let names = nodes.map(\.name)
        guard !names.contains(name) else { return }
        throw DaymillError(
            .notFound, "pipeline '\(self.name)' has no step '\(name)'",
            hint: nearestWord(to: name, in: names).map { "did you mean '\($0)'?" }
                ?? "its steps are \(names.joined(separator: ", "))")
    }
}

extension RunHistory {
    /// The history, which has to be there.
    ///
    /// - Throws: `.notFound` when nothing was ever run.
    static func existing(_ options: ProjectOptions) throws -> StateDatabase {
        guard let history = try open(options) else {
            throw DaymillError(
                .notFound, "nothing was ever run here", hint: "go to the project's folder, or name it with --project")
        }
        return history
    }
}
