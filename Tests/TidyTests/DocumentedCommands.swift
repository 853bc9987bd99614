/// A command that a page tells people to type.
struct DocumentedCommand {
    var line: Int
    /// Commands of one block are typed one after the other.
    var block: Int
    var text: String

    /// The first word.
    var program: String { words.first ?? "" }
    var words: [String] { text.split(whereSeparator: \.isWhitespace).map(String.init) }
}

/// The commands in a page's `sh` blocks, checked against what there is.
enum DocumentedCommands {
    /// What anybody has; a page may use it to show things.
    static let everydayTools: Set = ["cat", "cd", "cp", "git", "head", "ls", "mkdir", "swift", "tail"]
    /// What `daymill` knows to do.
    static let daymillCommands: Set = [
        "backfill", "check", "generate", "init", "plan", "repair", "run", "status", "store", "verify", "--help",
        "--version",
    ]

    /// Every command of the blocks fenced with ```sh, without comments; a line may go on after a backslash.
    static func commands(in page: TreeFile) -> [DocumentedCommand] {
        var commands: [DocumentedCommand] = []
        var isInside = false
        var goesOn = false
        var block = 0
        for (number, line) in page.numberedLines {
            let line = line.trimmed
            if line.hasPrefix("```") {
                isInside = !isInside && line == "```sh"
                block += isInside ? 1 : 0
            } else if isInside {
                let text = withoutComment(line)
                if goesOn {
                    commands[commands.count - 1].text += " " + text.withoutBackslash
                } else if !text.isEmpty {
                    commands.append(DocumentedCommand(line: number, block: block, text: text.withoutBackslash))
                }
                goesOn = text.hasSuffix("\\")
            }
        }
        return commands
    }

    /// Commands that nobody could carry out.
    ///
    /// - Parameter makefile: The text of the Makefile, whose targets count.
    static func unknownCommands(in page: TreeFile, makefile: String, exists: (String) -> Bool) -> [Finding] {
        commands(in: page).compactMap { command in
            objection(to: command, makefile: makefile, exists: exists).map { page.finding(command.line, $0) }
        }
    }

    private static func objection(
        to command: DocumentedCommand, makefile: String, exists: (String) -> Bool
    ) -> String? {
        let words = command.words
        switch command.program {
        case "make":
            let unknown = words.dropFirst().first { !$0.contains("=") && !targets(of: makefile).contains($0) }
            return unknown.map { "the Makefile has no target '\($0)'" }
        case "daymill":
            let known = words.count > 1 && daymillCommands.contains(words[1])
            return known ? nil : "daymill has no command '\(words.dropFirst().first ?? "")'"
        case let program where program.contains("/"):
            return program.hasPrefix(".build/") || exists(program) ? nil : "there is no '\(program)'"
        default:
            return everydayTools.contains(command.program) ? nil : "'\(command.program)' is not a known command"
        }
    }

    /// The blocks that need nothing but the program and everyday tools, each as a script.
    static func runnableScripts(in page: TreeFile) -> [String] {
        let blocks = Dictionary(grouping: commands(in: page), by: \.block).sorted { $0.key < $1.key }.map(\.value)
        let programs = everydayTools.subtracting(["git", "swift"]).union(["daymill", "python3"])
        return blocks.filter { commands in
            commands.allSatisfy { programs.contains($0.program) } && commands.contains { $0.program == "daymill" }
        }.map { $0.map(\.text).joined(separator: "\n") }
    }

    /// The targets that a Makefile defines.
    static func targets(of makefile: String) -> Set<String> {
        Set(makefile.matches(of: #/(?m)^([a-z][a-z-]*):(?!=)/#).map { String($0.1) })
    }

    private static func withoutComment(_ line: String) -> String {
        if line.hasPrefix("#") { return "" }
        guard let comment = line.firstRange(of: #/\s+# /#) else { return line }
        return String(line[..<comment.lowerBound])
    }
}

extension StringProtocol {
    fileprivate var trimmed: String {
        String(drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }

    fileprivate var withoutBackslash: String { hasSuffix("\\") ? dropLast().trimmed : String(self) }
}
