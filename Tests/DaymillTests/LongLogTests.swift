import Foundation
import Testing

/// A shell that prints without end leaves its first and its last words.
@Suite struct LongLogTests {
    @Test func aLogOfManyBytesKeepsItsEnds() throws {
        let scratch = try Scratch()
        try scratch.write(
            "pipelines/p.yaml",
            "steps: { x: { shell: \"echo first; yes again | head -c 150000000; echo; echo last; exit 3\" } }")
        let run = try Program.run(["run", "p", "2026-11-20"], in: scratch.path)
        #expect(run.status != 0 && run.complaints.contains("it said: last"), "\(run.complaints)")
        let sizes = try Program.shell("stat -c %s .daymill/logs/*/x.1.log", in: scratch.path).output
        let size = try #require(Int(sizes.trimmingCharacters(in: .whitespacesAndNewlines)))
        #expect(size > 60 << 20 && size <= (64 << 20) + 100, "\(size)")
        let ends = "daymill logs last x | grep -av '^again$'"
        let said = try Program.shell(ends, in: scratch.path).output
        let left = 150_000_000 + 12 - (size - "\n[daymill: 82891162 bytes were left out here]\n".utf8.count)
        #expect(said.hasPrefix("first\n") && said.hasSuffix("last\n"))
        #expect(said.contains("[daymill: \(left) bytes were left out here]"), "\(said)")
        #expect(said.split(separator: "\n").count <= 6, "\(said)")
    }
}
