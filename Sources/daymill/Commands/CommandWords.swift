import ArgumentParser
import DaymillCore

/// The words that choose a command.
enum CommandWords {
    /// Finds a word that is no command before the parser says something less clear about it.
    ///
    /// - Throws: `.usage` with the nearest command.
    static func check(_ arguments: some Sequence<String>) throws {
        var command: any ParsableCommand.Type = Daymill.self
        for word in arguments {
            let subcommands = command.configuration.subcommands
            guard !subcommands.isEmpty, !word.hasPrefix("-"), word != "help" else { return }
            guard let found = subcommands.first(where: { name($0) == word }) else {
                let known = subcommands.filter { $0.configuration.shouldDisplay }.map(name)
                throw unknown(word, among: known, of: command)
            }
            command = found
        }
    }

    private static func name(_ command: any ParsableCommand.Type) -> String {
        command.configuration.commandName ?? "\(command)".lowercased()
    }

    private static func unknown(
        _ word: String, among names: [String], of command: any ParsableCommand.Type
    ) -> DaymillError {
        let parent = command is Daymill.Type ? "daymill" : "daymill \(name(command))"
        let all = "the commands are \(names.joined(separator: ", "))"
        return DaymillError(
            .usage, "'\(parent)' has no command '\(word)'",
            hint: nearestWord(to: word, in: names).map { "did you mean '\($0)'? (\(all))" } ?? all)
    }
}
