import DaymillProof
import Foundation

// Many histories of made-up projects; see docs/PROOF.md.
//
//     DAYMILL_HISTORIES=20000 DAYMILL_HISTORY_SEED=1 histories
//     DAYMILL_SOAK_MINUTES=60 histories
//
// A process for each core, since threads of one would wait for each other's memory. Ends with 1 when a history goes wrong,
// and prints it in its shortest form.

let environment = ProcessInfo.processInfo.environment
let minutes = environment["DAYMILL_SOAK_MINUTES"].flatMap(Double.init)
let count = environment["DAYMILL_HISTORIES"].flatMap(Int.init) ?? (minutes == nil ? 20_000 : .max)
let seed = environment["DAYMILL_HISTORY_SEED"].flatMap(UInt64.init) ?? 1
let cores = ProcessInfo.processInfo.activeProcessorCount
let part = environment["DAYMILL_HISTORY_PART"].flatMap(Int.init)

/// Every so many-th history, from a part's number on; what came of it goes to standard output.
func runPart(_ part: Int) throws -> Never {
    let report = HistoryCampaign.run(
        first: seed + UInt64(part), step: UInt64(cores), count: count / cores + (part < count % cores ? 1 : 0),
        seconds: minutes.map { $0 * 60 } ?? .infinity,
        failuresMax: environment["DAYMILL_HISTORY_FAILURES"].flatMap(Int.init) ?? 1,
        shrinks: environment["DAYMILL_HISTORY_SHRINKS"] != "0")
    for failure in report.failures { FileHandle.standardError.write(Data("\(failure)\n".utf8)) }
    FileHandle.standardOutput.write(try JSONEncoder().encode(report.numbers))
    exit(report.failures.isEmpty ? 0 : 1)
}

if let part { try runPart(part) }

let start = ContinuousClock.now
var total = HistoryCampaign.Numbers()
let children = try (0..<cores).map { part in
    let child = Process(), output = Pipe()
    child.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    // Sets and dictionaries in the same order in every process, so that a seed is one history.
    child.environment = environment.merging(
        ["DAYMILL_HISTORY_PART": "\(part)", "SWIFT_DETERMINISTIC_HASHING": "1"]
    ) { $1 }
    child.standardOutput = output
    try child.run()
    return (child, output)
}
var isRight = true
for (child, output) in children {
    let answer = output.fileHandleForReading.readDataToEndOfFile()
    child.waitUntilExit()
    isRight = isRight && child.terminationStatus == 0
    if let numbers = try? JSONDecoder().decode(HistoryCampaign.Numbers.self, from: answer) {
        total.add(numbers)
    } else {
        print("a process of histories died")
        isRight = false
    }
}
let seconds = (ContinuousClock.now - start) / .seconds(1)
let flips = try FlippedBits.run(
    stride: isRight ? environment["DAYMILL_FLIP_STRIDE"].flatMap(Int.init) ?? 1 : .max,
    all: minutes != nil, threads: cores)
for failure in flips.failures.prefix(10) { print(failure) }
print(
    "\(total.histories) histories from seed \(seed), \(total.operations) operations, \(total.crashes) crashes,",
    "\(total.answers) answers computed in two other ways,", "\(String(format: "%.0f", seconds)) s,",
    isRight ? "all right" : "not all right")
print(
    "\(flips.bits) flipped bits in \(flips.files) files of a store, \(flips.failures.count) of them with consequences")
exit(isRight && flips.failures.isEmpty ? 0 : 1)
