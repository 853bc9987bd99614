import Testing

/// Each rule finds what it is there to find, and leaves alone what only looks like it.
@Suite struct TidyRuleTests {
    /// Made-up code in a target, and whether a rule should object.
    struct Case: CustomTestStringConvertible, Sendable {
        var text: String
        var target = "DaymillEngine"
        var isFine = false

        var file: TreeFile { TreeFile(path: "Sources/\(target)/Made.swift", text: text) }
        var testDescription: String { "\(isFine ? "fine" : "wrong") in \(target): \(text)" }
    }

    @Test func aSecondDoorIsFound() {
        let door = TreeFile(path: "Sources/DaymillSQL/Parser.swift", text: "import CPgQuery")
        let second = TreeFile(path: "Sources/DaymillSQL/Other.swift", text: "import Yams\nprivate import CPgQuery")
        let mention = TreeFile(path: "Sources/DaymillSQL/Note.swift", text: "// import CPgQuery")
        #expect(CodeRules.doubleDoors([door, mention]).isEmpty)
        #expect(CodeRules.doubleDoors([door, second]).map(\.path) == [second.path])
    }

    @Test(arguments: [
        Case(text: "let a = unsafe b()"),
        Case(text: "func f(_ p: UnsafePointer<Int>) {}"),
        Case(text: "bytes.withUnsafeBytes { $0.count }"),
        Case(text: #"let s = "\(unsafe b())""#),
        Case(text: "let a = unsafe b()", target: "DaymillColumns", isFine: true),
        Case(text: "import CZlib\nlet a = unsafe b()", target: "DaymillConnect", isFine: true),
        Case(text: "// unsafe, said in a comment", isFine: true),
        Case(text: "/* a /* nested */ unsafe one */", isFine: true),
        Case(text: ##"let s = "unsafe", t = #"a " unsafe"#"##, isFine: true),
        Case(text: "let s = \"\"\"\n  unsafe\n  \"\"\"", isFine: true),
        Case(text: "nonisolated(unsafe) var x = 1", isFine: true),
        Case(text: "let unsafely = 1", isFine: true),
    ])
    func unsafeCodeIsFound(_ example: Case) {
        #expect(CodeRules.unsafeOutsideDoors(example.file).isEmpty == example.isFine)
    }

    @Test(arguments: [
        Case(text: "let now = Date()"),
        Case(text: "let now = Date.now"),
        Case(text: "let then = Date(timeIntervalSince1970: 0)", isFine: true),
        Case(text: "let d = BirthDate()", isFine: true),
    ])
    func askingForTheTimeIsFound(_ example: Case) {
        #expect(CodeRules.timeOutsideClock(example.file).isEmpty == example.isFine)
        #expect(CodeRules.timeOutsideClock(TreeFile(path: CodeRules.clockFile, text: example.text)).isEmpty)
    }

    @Test(arguments: [
        Case(text: "final class C: @unchecked Sendable {}"),
        Case(text: "// It is fine.\nfinal class C: @unchecked Sendable {}"),
        Case(text: "// Unchecked because it is far away.\n\nfinal class C: @unchecked Sendable {}"),
        Case(text: "nonisolated(unsafe) var x = 1"),
        Case(text: "// Unchecked because C never changes.\nfinal class C: @unchecked Sendable {}", isFine: true),
        Case(text: "/// A thing.\n// Unchecked because so.\n@frozen\nstruct C: @unchecked Sendable {}", isFine: true),
        Case(text: "nonisolated(unsafe) var x = 1  // Unchecked because set once.", isFine: true),
    ])
    func uncheckedCodeWithoutReasonIsFound(_ example: Case) {
        #expect(CodeRules.unexplainedUnchecked(example.file).isEmpty == example.isFine)
    }

    @Test(arguments: [
        Case(text: "Task { await f() }"),
        Case(text: "Task(priority: .low) { await f() }"),
        Case(text: "let t = Task.detached { f() }"),
        Case(text: "// Outlives the request, since the answer is sent before.\nTask { await f() }", isFine: true),
        Case(text: "group.addTask { await f() }", isFine: true),
        Case(text: "try Task.checkCancellation()", isFine: true),
    ])
    func looseTasksAreFound(_ example: Case) {
        #expect(CodeRules.unexplainedTasks(example.file).isEmpty == example.isFine)
    }

    @Test(arguments: [
        Case(text: "import DaymillConnect", target: "DaymillEngine"),
        Case(text: "package import DaymillSQL", target: "DaymillCore"),
        Case(text: "@preconcurrency internal import struct Yams.Node", target: "DaymillSQL"),
        Case(text: "import Foundation\nimport DaymillCore", target: "DaymillNew"),
        Case(text: "public import DaymillSQL", target: "DaymillEngine", isFine: true),
        Case(text: "import Foundation", target: "DaymillCore", isFine: true),
        Case(text: "import Yams", target: "daymill", isFine: true),
    ])
    func forbiddenImportsAreFound(_ example: Case) {
        #expect(ImportTable.forbiddenImports(example.file).isEmpty == example.isFine)
    }

    @Test(arguments: [
        (#"["DaymillCore", "DaymillColumns", "DaymillSQL"]"#, true),
        (#"["DaymillCore", "DaymillConnect"]"#, false),
        (#"["DaymillCore", .product(name: "Yams", package: "DaymillColumns")]"#, false),
    ])
    func forbiddenDependenciesAreFound(list: String, isFine: Bool) {
        let text = "[\n.target(\nname: \"DaymillEngine\",\ndependencies: \(list), swiftSettings: safe)]"
        let found = ImportTable.forbiddenDependencies(TreeFile(path: "Package.swift", text: text))
        #expect(found.map(\.line) == (isFine ? [] : [2]))
    }

    @Test(arguments: TextRules.leftOverWords)
    func leftOverWorkIsFound(word: String) {
        #expect(TextRules.leftOvers(TreeFile(path: "a.md", text: "one\n// \(word): two")).map(\.line) == [2])
        #expect(TextRules.leftOvers(TreeFile(path: "a.md", text: "\(word)S are no word")).isEmpty)
    }

    @Test(arguments: TextRules.machinePathParts)
    func pathsOfOneMachineAreFound(part: String) {
        #expect(TextRules.machinePaths(TreeFile(path: "a.sh", text: "cd \(part)x")).count == 1)
        #expect(TextRules.machinePaths(TreeFile(path: "a.sh", text: "cd /usr/lib")).isEmpty)
    }

    @Test func longFilesAreFound() {
        let lines = [String](repeating: "x", count: TextRules.linesMax)
        let fine = TreeFile(path: "a.swift", text: lines.joined(separator: "\n"))
        #expect(TextRules.longFile(fine).isEmpty)
        #expect(TextRules.longFile(TreeFile(path: "a.swift", text: fine.text + "\nx")).count == 1)
    }

    @Test(arguments: [
        ("[a](LIMITS.md)", true),
        ("[a](spec/cli.md#exit-codes)", true),
        ("[a](../README.md)", true),
        ("[a](#here) [b](https://example.org/x)", true),
        ("[a](missing.md)", false),
        ("[a](../LIMITS.md)", false),
    ])
    func brokenLinksAreFound(text: String, isFine: Bool) {
        let there: Set = ["README.md", "docs/LIMITS.md", "docs/spec/cli.md"]
        let page = TreeFile(path: "docs/PAGE.md", text: text)
        #expect(TextRules.brokenLinks(page, exists: there.contains).isEmpty == isFine)
    }

    @Test(arguments: [
        ("make test", true),
        ("make bench ROWS=10 QUICK=1", true),
        ("make coffee", false),
        ("daymill run user-actions 2024-09-16", true),
        ("daymill fly", false),
        ("daymill", false),
        ("scripts/setup --test", true),
        ("scripts/missing", false),
        ("apachectl start", false),
    ])
    func unknownCommandsAreFound(command: String, isFine: Bool) {
        let page = TreeFile(path: "README.md", text: "text\n```sh\n# a remark\n\(command)   # why\n```\nnot a command")
        let found = DocumentedCommands.unknownCommands(
            in: page, makefile: "test: ## x\n\tmake\nbench:\n\tx\n", exists: { $0 == "scripts/setup" })
        #expect(DocumentedCommands.commands(in: page).map(\.text) == [command])
        #expect(found.map(\.line) == (isFine ? [] : [4]))
    }

    @Test func scriptsNeedOnlyTheProgram() {
        let page = TreeFile(
            path: "README.md",
            text: """
                ```sh
                make demo
                ```
                ```sh
                cd logs
                daymill run \\
                  a
                ```
                ```yaml
                daymill: x
                ```
                ```sh
                ls
                ```
                """)
        #expect(DocumentedCommands.runnableScripts(in: page) == ["cd logs\ndaymill run a"])
    }
}
