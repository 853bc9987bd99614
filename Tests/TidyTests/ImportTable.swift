/// Who may import whom: the table of docs/ARCHITECTURE.md, checked against the sources and against Package.swift.
enum ImportTable {
    /// What every target may import.
    static let common: Set = ["DaymillCore"]
    /// The toolchain's own modules.
    static let system: Set = ["Dispatch", "Foundation", "FoundationEssentials", "Glibc", "Synchronization"]
    /// Beyond that, ours and foreign ones. The program itself may import anything.
    static let table: [String: Set<String>] = [
        "DaymillCore": [],
        "DaymillColumns": ["CKernels"],
        "DaymillSQL": ["CPgQuery"],
        "DaymillNaive": ["DaymillSQL"],
        "DaymillState": ["GRDB"],
        "DaymillHTTP": ["CCurl"],
        "DaymillNotify": ["DaymillHTTP"],
        "DaymillProcess": ["CProcess"],
        "DaymillEngine": ["DaymillColumns", "DaymillSQL"],
        "DaymillConnect": ["DaymillColumns", "CZlib", "CZstd"],
        "DaymillReport": ["DaymillColumns"],
        "DaymillPipeline": ["DaymillSQL", "Yams"],
        "DaymillRunner": [
            "DaymillColumns", "DaymillPipeline", "DaymillSQL", "DaymillState", "DaymillEngine", "DaymillConnect",
            "DaymillNaive", "DaymillReport", "DaymillHTTP", "DaymillNotify", "DaymillProcess",
        ],
        "DaymillWeb": [
            "DaymillPipeline", "DaymillState", "DaymillReport", "DaymillRunner", "HummingbirdCore", "HTTPTypes",
            "NIOCore",
            "NIOPosix", "NIOHTTPTypes", "Logging", "Mustache",
        ],
    ]
    static let program = "daymill"

    /// Why a target may not import a module; nil when it may.
    static func objection(to module: String, in target: String) -> String? {
        if target == program || system.contains(module) { return nil }
        guard let allowed = table[target] else { return "\(target) has no row in the import table" }
        let others = target == "DaymillCore" ? allowed : allowed.union(common)
        return others.contains(module) ? nil : "\(target) may not import \(module)"
    }

    /// The import lines of a file that the table forbids.
    static func forbiddenImports(_ file: TreeFile) -> [Finding] {
        guard let target = file.target else { return [] }
        return imports(in: file).compactMap { line in
            objection(to: line.module, in: target).map { file.finding(line.line, $0) }
        }
    }

    /// The dependencies in a package manifest that the table forbids. The compiler keeps imports within these.
    static func forbiddenDependencies(_ manifest: TreeFile) -> [Finding] {
        let target = #/\.target\(\s*name:\s*"(?<name>Daymill\w+)",(?<rest>[^#]*?)swiftSettings/#
        return manifest.text.matches(of: target).flatMap { match -> [Finding] in
            guard !match.rest.contains("path: \"Tests") else { return [] }
            let before = manifest.text[..<match.range.lowerBound]
            let line = before.split(separator: "\n", omittingEmptySubsequences: false).count
            return dependencies(match.rest).compactMap { name in
                objection(to: name, in: String(match.name)).map { manifest.finding(line, $0) }
            }
        }
    }

    private static func dependencies(_ text: Substring) -> [String] {
        guard let list = text.firstMatch(of: #/dependencies:\s*\[(?<names>[^\]]*)\]/#) else { return [] }
        // A product is named like its module; the package's name after it is not a dependency.
        let names = list.names.replacing(#/package:\s*"[^"]*"/#, with: "")
        return names.matches(of: #/"([^"]+)"/#).map { String($0.1) }
    }
}
