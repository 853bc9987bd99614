import DaymillProof
import Foundation

// Many histories of made-up projects; see docs/PROOF.md.
//
//     DAYMILL_HISTORIES=20000 DAYMILL_HISTORY_SEED=1 histories
//     DAYMILL_SOAK_MINUTES=60 histories
//
// Ends with 1 when a history goes wrong, and prints it in its shortest form.

let environment = ProcessInfo.processInfo.environment
let minutes = environment["DAYMILL_SOAK_MINUTES"].flatMap(Double.init)
let count = environment["DAYMILL_HISTORIES"].flatMap(Int.init) ?? (minutes == nil ? 20_000 : .max)
let seed = environment["DAYMILL_HISTORY_SEED"].flatMap(UInt64.init) ?? 1
let failures = environment["DAYMILL_HISTORY_FAILURES"].flatMap(Int.init) ?? 1

let start = ContinuousClock.now
let report = HistoryCampaign.run(
    first: seed, count: count, threads: ProcessInfo.processInfo.activeProcessorCount,
    seconds: minutes.map { $0 * 60 } ?? .infinity, failuresMax: failures,
    shrinks: environment["DAYMILL_HISTORY_SHRINKS"] != "0")
let seconds = (ContinuousClock.now - start) / .seconds(1)
for failure in report.failures { print(failure) }
let flips = try FlippedBits.run(
    stride: report.failures.isEmpty ? environment["DAYMILL_FLIP_STRIDE"].flatMap(Int.init) ?? 1 : .max,
    all: minutes != nil, threads: ProcessInfo.processInfo.activeProcessorCount)
for failure in flips.failures.prefix(10) { print(failure) }
print(
    "\(report.histories) histories from seed \(seed), \(report.operations) operations,",
    "\(report.answers) answers computed in two other ways,", "\(String(format: "%.0f", seconds)) s,",
    report.failures.isEmpty ? "all right" : "\(report.failures.count) wrong")
print(
    "\(flips.bits) flipped bits in \(flips.files) files of a store, \(flips.failures.count) of them with consequences")
exit(report.failures.isEmpty && flips.failures.isEmpty ? 0 : 1)
