import DaymillCore
package import DaymillPipeline
import Synchronization

/// The pipelines of histories: a few shapes of sources, each in several wordings.
package enum HistoryPipelines {
    /// A pipeline and the texts that its file may have; the first two mean the same.
    package struct Shape: Sendable {
        package var name: String
        /// The folder of its input files, and how they are named.
        var naming: Naming
        package var texts: [String]
        /// Days from one day that histories know to the next.
        var stride = 1
        /// Whether files are JSON Lines.
        var isJSON = false
        /// Params that are given on the command line, by text.
        var given: [Int: [String: String]] = [:]

        /// The days that histories know.
        func day(_ number: Int) -> Day { HistoryWorld.firstDay.adding(days: number * stride) }
    }

    /// How input files are named.
    enum Naming: Sendable {
        /// Several files a day.
        case manyOfDay
        /// One file a day.
        case oneOfDay
        /// Names that tell nothing: rows carry their day.
        case free
        /// A file an hour, by the clock of UTC.
        case hours
    }

    /// The last one has histories of its own: see `History+Split`.
    package static let shapes: [Shape] = [
        days, late, strict, pairs, latepairs, json, named, hours, zones, long, split,
    ]
    static let splitShape = 10

    static func step(_ name: String, _ window: String, _ select: String, _ rest: String) -> String {
        """
          \(name):
            window: \(window)
            rollup: "\(select) FROM rows \(rest)"
            to: out/PIPELINE-\(name)-{date}.csv
        """
    }

    static func texts(head: String = "", source: String, steps: [[String]]) -> [String] {
        let indented = source.split(separator: "\n").map { "    \($0)" }.joined(separator: "\n")
        let folder = source.split(separator: "/")[0].split(separator: " ").last!
        return steps.map { steps in
            let body = steps.joined(separator: "\n").replacing("PIPELINE", with: folder)
            return "\(head)sources:\n  rows:\n\(indented)\nsteps:\n\(body)\n"
        }
    }

    // MARK: Checked once

    private static let parsed = Mutex<[String: Pipeline]>([:])

    /// The checked pipeline of a shape in one of its wordings.
    package static func pipeline(_ shape: Shape, _ text: Int) throws -> Pipeline {
        let key = "\(shape.name) \(text)"
        if let known = parsed.withLock({ $0[key] }) { return known }
        let file = try Pipeline.parse(
            shape.texts[text], file: "pipelines/\(shape.name).yaml", project: Project(root: "."))
        let pipeline = try file.applying(shape.given[text] ?? [:])
        parsed.withLock { $0[key] = pipeline }
        return pipeline
    }
}
