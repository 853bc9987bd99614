import ArgumentParser
import DaymillColumns
import DaymillCore
import DaymillPipeline

/// `daymill init`.
struct InitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Write a first pipeline to change; existing files are left alone.",
        discussion: """
            Three names bring a pipeline of their own: 'user-actions' (a window of days over one file a day), 'ads' \
            (duplicates removed) and 'backlog' (each row to the file of its day). Any other name brings the first.
            """)

    @Argument(help: "The pipeline's name.")
    var name = "user-actions"

    @OptionGroup var projectOptions: ProjectOptions

    func run() throws {
        let allowed = name.unicodeScalars.allSatisfy {
            $0.isASCII
                && ($0.properties.isAlphabetic || $0.properties.numericType != nil || "_-".unicodeScalars.contains($0))
        }
        guard allowed, !name.isEmpty else {
            throw DaymillError(.usage, "'\(name)' is no name for a pipeline", hint: "use letters, digits, '_' and '-'")
        }
        let template = InitTemplate(name)
        let root = projectOptions.project ?? "."
        let path = (root == "." ? "" : root + "/") + "pipelines/\(name).yaml"
        guard try FileDoor.stamp(of: path) == nil else {
            throw DaymillError(.usage, "\(path) is there already", hint: "choose another name, or edit it")
        }
        try FileDoor.makeDirectory(FileDoor.parent(of: path))
        try FileDoor.replace(path, with: Array(template.text.utf8))
        try Output.line("Wrote \(path). Now:")
        if root != "." { try Output.line("  cd \(root)") }
        for line in template.nextLines { try Output.line("  \(line)") }
    }
}
