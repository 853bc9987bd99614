import ArgumentParser
import DaymillColumns
import DaymillCore
import DaymillEngine
import DaymillPipeline
import DaymillRunner
import Foundation

/// Which project, which pipeline, how many threads: the options that several commands share.
struct ProjectOptions: ParsableArguments {
    @Option(name: [.customShort("C"), .long], help: "The project's folder (default: the current one).")
    var project: String?

    /// The project of a pipeline: the folder asked for, else the one above the pipeline's `pipelines/`, else this one.
    func project(for pipeline: String?) throws -> Project {
        if let project {
            guard FileDoor.isDirectory(project) else {
                throw DaymillError(
                    .notFound, "there is no folder '\(project)'", hint: "give the folder that holds pipelines/")
            }
            return try Project.load(root: project)
        }
        return try Project.load(root: pipeline.map { Project.root(ofPipeline: $0) } ?? ".")
    }

    /// The pipeline of a name or path, in its project.
    func load(_ name: String) throws -> (Project, Pipeline) {
        let project = try project(for: name)
        return (project, try Pipeline.load(name, in: project))
    }

    /// One pipeline, or all of a project.
    ///
    /// - Throws: every problem of every file.
    func pipelines(_ name: String?) throws -> (Project, [Pipeline]) {
        if let name {
            let (project, pipeline) = try load(name)
            return (project, [pipeline])
        }
        let project = try project(for: nil)
        let names = Pipeline.names(in: project.root)
        guard !names.isEmpty else {
            throw DaymillError(
                .notFound, "there are no pipelines in \(project.path("pipelines"))",
                hint: "go to the project's folder, or name it with --project; 'daymill init' writes a first one")
        }
        return (project, try names.map { try Pipeline.load($0, in: project) })
    }

    /// The pipeline of a command that takes a pipeline and a date.
    ///
    /// - Throws: `.usage` when they are swapped.
    func load(_ name: String, date: String?, command: String) throws -> (Project, Pipeline) {
        do { return try load(name) } catch let error as DaymillError
            where error.code == .notFound && RunDate.isDate(name)
        {
            guard let date, !RunDate.isDate(date) else { throw error }
            throw DaymillError(
                .usage, "'\(name)' is a date and stands where the pipeline's name should",
                hint: "swap them: daymill \(command) \(date) \(name)")
        }
    }
}

/// Values in the place of those that a pipeline file gives its params.
struct ParamOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Give a param of the pipeline another value, as in initials=ab; may be repeated.", valueName: "name=value"))
    var param: [String] = []

    /// The params that were given, by name; one that reads as none is left out.
    var given: [String: String] { (try? Pipeline.params(param)) ?? [:] }

    /// - Throws: `.usage`; what is wrong with the pipeline then.
    func applied(to pipeline: Pipeline) throws -> Pipeline {
        let applied = try pipeline.applying(try Pipeline.params(param))
        try GraphCommand.checkParams(applied)
        return applied
    }

    /// For commands that take one pipeline or all.
    ///
    /// - Throws: also `.usage` when no pipeline is named whose params these would be.
    func applied(to pipelines: [Pipeline], named name: String?) throws -> [Pipeline] {
        guard !param.isEmpty, name == nil else { return try pipelines.map { try applied(to: $0) } }
        throw DaymillError(.usage, "--param is for one pipeline, and none is named", hint: "name it before the options")
    }
}

/// The date of a run as people write it.
struct RunDate {
    /// - Throws: `.usage`.
    static func parse(_ text: String?, _ zone: TimeZoneName) throws -> Day {
        let today = zone.today(.system)
        guard let text else { return today }
        do { return try Day.parse(text, today: today) } catch let problem {
            throw DaymillError(.usage, problem.message, hint: problem.hint)
        }
    }

    /// A range of dates; nil for one date or none.
    ///
    /// - Throws: `.usage`.
    static func range(_ text: String?, _ zone: TimeZoneName) throws -> DateRange? {
        guard let text, (try? Day.parse(text, today: zone.today(.system))) == nil else { return nil }
        guard text == "all" || text.contains("..") || (text.contains { $0.isNumber }) else { return nil }
        do {
            let range = try DateRange.parse(text, today: zone.today(.system))
            return range.only == nil ? range : nil
        } catch let problem { throw DaymillError(.usage, problem.message, hint: problem.hint) }
    }

    /// Whether a word reads as a date.
    static func isDate(_ text: String) -> Bool { (try? Day.parse(text, today: Day(daysSinceEpoch: 0))) != nil }
}

/// How many threads to use.
struct ThreadOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Threads to compute with (default: what daymill.yaml says, else one per core).", valueName: "n"))
    var threads: Int?

    func validate() throws {
        if let threads, !(1...256).contains(threads) { throw ValidationError("--threads is 1 to 256, not \(threads)") }
    }

    func count(_ project: Project) -> Int {
        threads ?? project.threads ?? max(1, ProcessInfo.processInfo.activeProcessorCount)
    }
}

/// How much memory to use.
struct MemoryOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Memory for the whole run, such as 512MiB; beyond it groups go to disk (default: 60 % of the machine's).",
            valueName: "size"))
    var memory: String?

    func validate() throws { _ = try size() }

    /// What the program may take.
    func bytes(_ project: Project) throws -> Int { (try size() ?? project.memory)?.bytes ?? MemoryBudget.usual() }

    private func size() throws -> ByteCount? {
        guard let memory else { return nil }
        do { return try ByteCount.parseMemory(memory) } catch let problem {
            throw ValidationError("--memory: \(problem.message); \(problem.hint)")
        }
    }
}
