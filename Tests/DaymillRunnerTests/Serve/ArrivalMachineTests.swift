import DaymillCore
import DaymillRunner
import DaymillState
import DaymillTestKit
import Testing

/// When files that come start runs, by made clocks and made folders.
@Suite struct ArrivalMachineTests {
    private static let day = Day("2026-11-20")!, next = Day("2026-11-21")!
    private static let second: Int64 = 1_000_000
    /// The clock of the day shows this much more than the steady one.
    private static let wall: Int64 = 1_800_000_000 * second

    private static func moment(_ seconds: Int64, jump: Int64 = 0) -> ArrivalMachine.Moment {
        .init(wall: wall + (seconds + jump) * second, steady: seconds * second)
    }

    /// A file that was changed at a time in seconds.
    private static func identity(_ changed: Int64, size: Int = 1) -> FileIdentity {
        let time = (wall + changed * second) * 1000
        return FileIdentity(size: size, modified: time, changed: time, inode: 7)
    }

    /// A machine that has seen a file of this moment.
    private static func machine(_ path: String = "a", at seconds: Int64 = 100, settle: Int = 30) -> ArrivalMachine {
        var machine = ArrivalMachine()
        machine.saw(path, identity(seconds), of: "p", date: day, settle: .seconds(settle), at: moment(seconds))
        return machine
    }

    /// Looks again at what wants to be looked at: the files are as they are given.
    private static func look(
        _ machine: inout ArrivalMachine, _ files: [String: Int64], at seconds: Int64, settle: Int = 30
    ) {
        for (pipeline, path) in machine.looks(at: moment(seconds)) {
            if let changed = files[path] {
                machine.saw(
                    path, identity(changed), of: pipeline, date: day, settle: .seconds(settle), at: moment(seconds))
            } else {
                machine.forget(path, of: pipeline)
            }
        }
    }

    @Test func aFileThatHeldStillStartsARun() {
        var machine = Self.machine()
        #expect(machine.nextWake(Self.moment(100)) == Self.wall + 130 * Self.second)
        #expect(machine.looks(at: Self.moment(129)).isEmpty && machine.batches(at: Self.moment(129)).isEmpty)
        // Nobody has looked at it again.
        #expect(machine.batches(at: Self.moment(130)).isEmpty)
        #expect(machine.looks(at: Self.moment(130)).map(\.path) == ["a"])
        Self.look(&machine, ["a": 100], at: 130)
        let batch = ArrivalMachine.Batch(pipeline: "p", date: Self.day, files: ["a": Self.identity(100)])
        #expect(machine.batches(at: Self.moment(130)) == [batch] && machine.looks(at: Self.moment(130)).isEmpty)
        // It is told until somebody has noted it.
        #expect(machine.batches(at: Self.moment(131)) == [batch])
        machine.forget("a", of: "p")
        #expect(machine.batches(at: Self.moment(131)).isEmpty && machine.nextWake(Self.moment(131)) == nil)
    }

    @Test func aFileThatChangesWaitsAnew() {
        var machine = Self.machine()
        // Nothing was told of this change: it is found by the look.
        Self.look(&machine, ["a": 120], at: 130)
        #expect(machine.batches(at: Self.moment(130)).isEmpty)
        #expect(machine.nextWake(Self.moment(130)) == Self.wall + 150 * Self.second)
        Self.look(&machine, ["a": 120], at: 150)
        #expect(machine.batches(at: Self.moment(150)).map(\.files) == [["a": Self.identity(120)]])
    }

    /// As when a tool keeps a file's times and number, and only the system's own time tells.
    @Test(
        arguments: [
            FileIdentity(size: 2, modified: 0, changed: 0, inode: 7),
            FileIdentity(size: 1, modified: 1, changed: 0, inode: 7),
            FileIdentity(size: 1, modified: 0, changed: 1, inode: 7),
            FileIdentity(size: 1, modified: 0, changed: 0, inode: 8),
        ])
    func eachPartOfAnIdentityCounts(_ other: FileIdentity) {
        var machine = ArrivalMachine()
        let first = FileIdentity(size: 1, modified: 0, changed: 0, inode: 7)
        machine.saw("a", first, of: "p", date: Self.day, settle: .zero, at: Self.moment(1))
        machine.saw("a", other, of: "p", date: Self.day, settle: .zero, at: Self.moment(2))
        #expect(machine.batches(at: Self.moment(3)).map(\.files) == [["a": other]])
    }

    @Test func whatChangedLongAgoNeedNotBeWatched() {
        var machine = ArrivalMachine()
        machine.saw("a", Self.identity(0), of: "p", date: Self.day, settle: .seconds(30), at: Self.moment(500))
        #expect(machine.batches(at: Self.moment(500)).count == 1)
    }

    /// Another machine's times, and those of a clock that was set, tell nothing.
    @Test func timesThatAreNotBelievedSettleNothing() {
        for (believed, still) in [(0, 530), (10, 520), (29, 501)] as [(Int64, Int64)] {
            var machine = ArrivalMachine()
            machine.saw(
                "a", Self.identity(0), of: "p", date: Self.day, settle: .seconds(30),
                believed: believed * Self.second, at: Self.moment(500))
            #expect(machine.batches(at: Self.moment(still - 1)).isEmpty)
            Self.look(&machine, ["a": 0], at: still - 1)
            #expect(machine.batches(at: Self.moment(still - 1)).isEmpty)
            Self.look(&machine, ["a": 0], at: still)
            #expect(machine.batches(at: Self.moment(still)).count == 1, "\(believed)")
        }
    }

    /// The clock of the day is set forward by an hour while a file is written: it does not look old.
    @Test func aFileThatChangedSinceItWasSeenIsNotOld() {
        var machine = Self.machine()
        let set = Self.moment(130, jump: 3600)
        machine.saw("a", Self.identity(129), of: "p", date: Self.day, settle: .seconds(60), at: set)
        #expect(machine.batches(at: set).isEmpty && machine.nextWake(set) == set.wall + 30 * Self.second)
    }

    @Test func aFileThatIsGoneStartsNothing() {
        var machine = Self.machine()
        Self.look(&machine, [:], at: 130)
        #expect(machine.batches(at: Self.moment(1000)).isEmpty && machine.settling.isEmpty)
    }

    @Test func filesOfADateThatComeTogetherStartOneRun() {
        var machine = Self.machine()
        machine.saw("b", Self.identity(110), of: "p", date: Self.day, settle: .seconds(30), at: Self.moment(110))
        machine.saw("c", Self.identity(110), of: "p", date: Self.next, settle: .seconds(30), at: Self.moment(110))
        machine.saw("b", Self.identity(110), of: "q", date: Self.day, settle: .seconds(30), at: Self.moment(110))
        Self.look(&machine, ["a": 100, "b": 110], at: 130)
        #expect(machine.batches(at: Self.moment(130)).isEmpty)
        for file in ["b", "c"] {
            let date = file == "b" ? Self.day : Self.next
            machine.saw(file, Self.identity(110), of: "p", date: date, settle: .seconds(30), at: Self.moment(140))
        }
        #expect(
            machine.batches(at: Self.moment(140)) == [
                .init(pipeline: "p", date: Self.day, files: ["a": Self.identity(100), "b": Self.identity(110)]),
                .init(pipeline: "p", date: Self.next, files: ["c": Self.identity(110)]),
            ])
        #expect(machine.settling == ["p": 3, "q": 1])
    }

    /// One that never holds still keeps others of its date waiting for ten times as long, and no longer.
    @Test func othersAreNotKeptWaitingForEver() {
        var machine = Self.machine()
        var seconds: Int64 = 100
        while seconds < 430 {
            seconds += 10
            machine.saw(
                "b", Self.identity(seconds), of: "p", date: Self.day, settle: .seconds(30), at: Self.moment(seconds))
            Self.look(&machine, ["a": 100, "b": seconds], at: seconds)
            #expect(machine.batches(at: Self.moment(seconds)).isEmpty == (seconds < 430), "\(seconds)")
        }
        #expect(machine.batches(at: Self.moment(430)).map { Array($0.files.keys) } == [["a"]])
        machine.forget("a", of: "p")
        Self.look(&machine, ["b": 430], at: 460)
        #expect(machine.batches(at: Self.moment(460)).map { Array($0.files.keys) } == [["b"]])
    }

    /// A clock of the day that is set settles nothing too early by hours, and keeps nothing waiting.
    @Test(arguments: [-86_400, -3600, 3600, 86_400] as [Int64])
    func aClockThatIsSetChangesNothing(_ jump: Int64) {
        var machine = Self.machine()
        let before = Self.moment(129, jump: jump), after = Self.moment(130, jump: jump)
        #expect(machine.looks(at: before).isEmpty && machine.nextWake(before) == before.wall + Self.second)
        for (pipeline, path) in machine.looks(at: after) {
            machine.saw(path, Self.identity(100), of: pipeline, date: Self.day, settle: .seconds(30), at: after)
        }
        #expect(machine.batches(at: after).count == 1)
    }

    @Test func whatNobodyAsksForIsForgotten() {
        var machine = Self.machine()
        machine.saw("b", Self.identity(100), of: "p", date: Self.day, settle: .seconds(30), at: Self.moment(100))
        machine.saw("a", Self.identity(100), of: "q", date: Self.day, settle: .seconds(30), at: Self.moment(100))
        machine.keep { pipeline, path in pipeline == "p" && path == "a" }
        #expect(machine.settling == ["p": 1])
    }

    // MARK: Over time

    /// Files that are written, changed and removed at random: each that is left in peace starts one run as it is, none starts one
    /// before it has held still, and nothing starts twice.
    @Test(arguments: 0..<40 as Range<UInt64>) func eachFileStartsOneRunAsItIs(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed), machine = ArrivalMachine()
        var files: [String: Int64] = [:], known: [String: FileIdentity] = [:]
        var started: [String] = []
        func see(_ path: String, at seconds: Int64) {
            guard let changed = files[path] else { return machine.forget(path, of: "p") }
            let identity = Self.identity(changed)
            if known[path] == identity { return machine.forget(path, of: "p") }
            let date = path < "d" ? Self.day : Self.next
            machine.saw(path, identity, of: "p", date: date, settle: .seconds(20), at: Self.moment(seconds))
        }
        for seconds in 1...2000 as ClosedRange<Int64> {
            if seconds < 1500, random.once(in: 8) {
                let path = random.pick(["a", "b", "c", "d", "e"])
                files[path] = random.once(in: 6) ? nil : seconds
                // Now and then nobody is told.
                if !random.once(in: 4) { see(path, at: seconds) }
            }
            // A look at everything, as after an overflow.
            if random.once(in: 100) || seconds == 1500 { for path in files.keys { see(path, at: seconds) } }
            for (_, path) in machine.looks(at: Self.moment(seconds)) { see(path, at: seconds) }
            for batch in machine.batches(at: Self.moment(seconds)) {
                for (path, identity) in batch.files {
                    let name = "\(path) \(identity.changed)"
                    #expect(!started.contains(name), "seed \(seed): \(name) starts again")
                    let age = Self.wall + seconds * Self.second - identity.changed / 1000
                    #expect(age >= 20 * Self.second, "seed \(seed): \(name) starts after \(age)")
                    started.append(name)
                    known[path] = identity
                    machine.forget(path, of: "p")
                }
            }
        }
        #expect(known.filter { files[$0.key] != nil } == files.mapValues { Self.identity($0) }, "seed \(seed)")
        #expect(machine.settling.isEmpty && !started.isEmpty, "seed \(seed)")
    }
}
