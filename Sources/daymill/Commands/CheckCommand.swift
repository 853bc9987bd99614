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
        for name in names {
            let pipeline: Pipeline
            do { pipeline = try projectOptions.load(name).1 } catch let error as DaymillErrors {
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

    /// What is correct and yet refused by a run for now.
    private func warn(_ pipeline: Pipeline) {
        for refusal in PipelineRun.refusals(of: pipeline) {
            FileHandle.standardError.write(Data("warning: \(refusal)\n".utf8))
        }
    }
}
