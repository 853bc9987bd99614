import ArgumentParser
import DaymillColumns
import DaymillCore
import DaymillPipeline

/// `daymill init`.
struct InitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Write a first pipeline to change; existing files are left alone.")

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
        let root = projectOptions.project ?? "."
        let path = (root == "." ? "" : root + "/") + "pipelines/\(name).yaml"
        guard try FileDoor.stamp(of: path) == nil else {
            throw DaymillError(.usage, "\(path) is there already", hint: "choose another name, or edit it")
        }
        try FileDoor.makeDirectory(FileDoor.parent(of: path))
        try FileDoor.replace(path, with: Array(InitTemplate.text(name: name).utf8))
        try Output.line("Wrote \(path). Now:")
        if root != "." { try Output.line("  cd \(root)") }
        try Output.line("  daymill generate user-actions input 2024-09-09 7 1000 10000   # data to try it on")
        try Output.line("  daymill run \(name) 2024-09-16")
    }
}

/// The pipeline that `init` writes.
enum InitTemplate {
    static func text(name: String) -> String {
        """
        # What every user did over the last week, one line per user.
        #
        #   daymill run \(name) 2024-09-16
        #
        # reads input/2024-09-09.csv to input/2024-09-15.csv and writes output/2024-09-16.csv.
        about: CRUD actions of every user over the previous seven days

        # When it is to run by itself: every day at 07:00 by the clock of this zone.
        schedule: { cron: "0 7 * * *", timezone: UTC }

        # Where rows come from: one file a day; {date} in its name is that day.
        sources:
          actions:
            files: input/{date}.csv
            columns: { email: text, action: text, dt: timestamp }

        # What to make of them: plain SQL that reads a source by its name.
        steps:
          weekly:
            window: last 7 days
            rollup: |
              SELECT email,
                     count(*) FILTER (WHERE action = 'CREATE') AS create_count,
                     count(*) FILTER (WHERE action = 'READ')   AS read_count,
                     count(*) FILTER (WHERE action = 'UPDATE') AS update_count,
                     count(*) FILTER (WHERE action = 'DELETE') AS delete_count
              FROM actions
              GROUP BY email
            to: output/{date}.csv

        """
    }
}
