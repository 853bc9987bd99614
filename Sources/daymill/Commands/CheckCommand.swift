import ArgumentParser
import DaymillCore
import DaymillPipeline
import DaymillRunner
import Foundation

/// `daymill check`.
struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Check pipeline files and list every problem; nothing is read or written.")

    @Argument(help: "Names under pipelines/ or paths (default: every pipeline of the project).")
    var pipelines: [String] = []

    @OptionGroup var projectOptions: ProjectOptions

    @Flag(help: "Also show each pipeline as Daymill understands it.")
    var verbose = false

    func run() throws {
        var names = pipelines
        if names.isEmpty {
            let project = try projectOptions.project(for: nil)
            names = Pipeline.names(in: project.root)
            guard !names.isEmpty else {
                throw DaymillError(.notFound, "there are no pipelines here", hint: "make one with 'daymill init NAME'")
            }
        }
        var problems: [DaymillError] = []
        let environment = ProcessInfo.processInfo.environment
        var roots: Set<String> = []
        for name in names {
            if let project = try? projectOptions.project(for: name), roots.insert(project.root).inserted {
                problems += Secrets.problems(of: project, environment)
            }
            let pipeline: Pipeline
            do {
                let (project, loaded) = try projectOptions.load(name)
                pipeline = loaded
                let wrong = waits(of: loaded, project) + Secrets.problems(of: loaded, project, environment)
                problems += wrong
                guard wrong.isEmpty else { continue }
            } catch let error as DaymillErrors {
                problems += error.all
                continue
            } catch let error as DaymillError {
                problems.append(error)
                continue
            }
            try Output.line("\(pipeline.file): correct")
            if verbose { try Output.line(pipeline.description) }
            warn(pipeline)
        }
        if !problems.isEmpty { throw DaymillErrors(problems) }
    }

    /// Steps that wait for outputs of pipelines that are not there.
    private func waits(of pipeline: Pipeline, _ project: Project) -> [DaymillError] {
        pipeline.nodes.compactMap { node in
            guard case .wait(let work) = node.work, case .output(let name, let step) = work.target else { return nil }
            do {
                let other = try Pipeline.load(name, in: project)
                guard let step, other.step(step) == nil else { return nil }
                let near = nearestWord(to: step, in: other.steps.map(\.name)).map { "did you mean '\($0)'?" }
                return DaymillError(
                    .pipelineInvalid, at: node.place,
                    "step '\(node.name)' waits for the output of '\(step)', which the pipeline '\(name)' does not have",
                    hint: near ?? "")
            } catch let error as DaymillError where error.code == .notFound {
                let near = nearestWord(to: name, in: Pipeline.names(in: project.root)).map { "did you mean '\($0)'?" }
                return DaymillError(
                    .pipelineInvalid, at: node.place,
                    "step '\(node.name)' waits for the pipeline '\(name)', which is not there", hint: near ?? "")
            } catch {
                // What is wrong with that file is told where it is checked.
                return nil
            }
        }
    }

    /// What is correct and yet refused by a run for now.
    private func warn(_ pipeline: Pipeline) {
        for refusal in PipelineRun.refusals(of: pipeline) {
            Output.complain("warning: \(refusal)\n")
        }
    }
}
