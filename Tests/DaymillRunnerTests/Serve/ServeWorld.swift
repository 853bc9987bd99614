import DaymillCore
import DaymillPipeline
import DaymillRunner
import DaymillTestKit

/// A clock that goes its own way, a server that is now and then not there, and books about all that it has decided.
struct ServeWorld {
    /// A pipeline, as it stands in a project.
    struct Project {
        var name: String
        var schedule: Schedule
        var pause: String?
        /// The moments from here on are to be decided, this one not included.
        var from: Int64
        /// As it is kept over the end of a server.
        var decided: Int64
        /// The first moment after that.
        var next: Int64?
    }

    let rules: ZoneRules
    private(set) var projects: [Project]
    private(set) var machine: ServeMachine
    private(set) var now: Int64
    private(set) var decisions: [ServeMachine.Decision] = []
    /// What should not be.
    private(set) var problems: [String] = []
    /// Runs that have not ended, the oldest first.
    private var open: [ServeMachine.OpenRun] = []
    private var count = 0
    private let maxRuns: Int
    var random: SeededGenerator

    init(_ zone: String, _ schedules: [Schedule], from: Int64, maxRuns: Int, seed: UInt64) throws {
        let table = try TimeZoneName.parse(zone).rules()
        rules = table
        projects = schedules.enumerated().map {
            let next = $0.element.next(after: from, table)?.second
            return Project(
                name: "p\($0.offset)", schedule: $0.element, pause: nil, from: from, decided: from, next: next)
        }
        now = from
        random = SeededGenerator(seed: seed)
        self.maxRuns = maxRuns
        machine = ServeMachine(maxRuns: maxRuns)
        serve()
    }

    private mutating func expect(_ isSo: Bool, _ what: String) {
        if !isSo { problems.append("at \(now): \(what)") }
    }

    private mutating func serve() {
        machine.serve(
            projects.map {
                ServeMachine.Served(
                    $0.name, $0.schedule, rules, overlap: $0.schedule.runOverlap, pause: $0.pause, decided: $0.decided)
            })
    }

    // MARK: What happens

    /// The server sleeps until something is due, and wakes up a little late.
    mutating func sleep(late: Int64) {
        guard let wake = machine.nextWake else { return }
        now = max(now, wake + late)
        look()
    }

    /// The clock goes on, or back, and the server looks at it.
    mutating func move(by seconds: Int64) {
        now += seconds
        look()
    }

    /// The server ends, and another one starts when the clock has gone on.
    mutating func restart(after seconds: Int64) {
        now += seconds
        machine = ServeMachine(maxRuns: maxRuns)
        serve()
        machine.adopt(open)
        look()
    }

    mutating func setPause(_ place: Int, _ reason: String?) {
        projects[place].pause = reason
        serve()
        look()
    }

    /// Somebody says otherwise what becomes of starts that were missed, and of runs that overlap.
    mutating func edit(_ place: Int, _ missed: MissedStarts, _ overlap: RunOverlap) {
        projects[place].schedule.missed = missed
        projects[place].schedule.runOverlap = overlap
        serve()
        look()
    }

    /// Runs at work end, some of them.
    mutating func endSome(oneIn times: Int) {
        for run in open where run.isRunning && random.once(in: times) { end(run.id) }
        start()
    }

    private mutating func end(_ id: String) {
        guard let place = open.firstIndex(where: { $0.id == id }) else { return }
        machine.ended(id, of: open[place].pipeline)
        open.remove(at: place)
    }

    // MARK: Decisions

    private mutating func look() {
        let wake = machine.nextWake
        let found = machine.due(now)
        if let wake, wake > now { expect(found.isEmpty, "decides before anything is due") }
        if let next = machine.nextWake { expect(next > now, "what is due is not decided") }
        for place in projects.indices {
            let own = found.filter { $0.pipeline == projects[place].name }
            compare(own, place)
            guard !own.isEmpty else { continue }
            projects[place].decided = max(projects[place].decided, now)
            projects[place].next = projects[place].schedule.next(after: projects[place].decided, rules)?.second
        }
        decisions += found
        for decision in found { carryOut(decision) }
        start()
    }

    private mutating func carryOut(_ decision: ServeMachine.Decision) {
        guard decision.verdict == .ran else { return }
        for id in decision.ends { end(id) }
        count += 1
        let run = ServeMachine.OpenRun(zeroPadded(count, 9), decision.pipeline, isRunning: false)
        open.append(run)
        machine.queued(run)
    }

    /// Starts what can: the oldest first, one of each pipeline, as many as there are places.
    private mutating func start() {
        var expected: [String] = [], busy = Set(open.filter(\.isRunning).map(\.pipeline))
        var places = maxRuns - busy.count
        for run in open where places > 0 && busy.insert(run.pipeline).inserted {
            expected.append(run.id)
            places -= 1
        }
        let found = machine.starts()
        expect(found.map(\.id) == expected, "starts \(found.map(\.id)) and not \(expected)")
        for run in found {
            guard let place = open.firstIndex(of: run) else { continue }
            open[place].isRunning = true
        }
    }

    /// By definition: all moments since the last decision, oldest first, each with what its policies say.
    private mutating func compare(_ found: [ServeMachine.Decision], _ place: Int) {
        let project = projects[place]
        let isDue = project.next.map { $0 <= now } ?? false
        let due = isDue ? project.schedule.firings(in: project.decided + 1..<now + 1, rules) : []
        expect(
            found.map(\.firing) == due, "\(project.name) decides \(found.map(\.firing.second)) of \(due.map(\.second))")
        let isLate = due.map { $0.second < now - 60 }
        let hasOnTime = isLate.contains(false)
        let others = open.filter { $0.pipeline == project.name }.map(\.id)
        for (number, decision) in found.enumerated() where number < due.count {
            var verdict: ServeMachine.Decision.Verdict
            if project.pause != nil {
                verdict = .skipped
            } else if !isLate[number] {
                verdict = .ran
            } else {
                switch project.schedule.missed {
                case .none: verdict = .skipped
                case .all: verdict = .ran
                case .latest: verdict = number == due.count - 1 && !hasOnTime ? .ran : .merged
                }
            }
            let isFollowed = number < due.count - 1 && hasOnTime
            // A start in time finds those that were decided before it.
            let finds = !isLate[number] && found[..<number].contains { $0.verdict == .ran }
            let overlap = project.schedule.runOverlap
            if verdict == .ran, overlap == .skip, !others.isEmpty || finds { verdict = .skipped }
            if verdict == .ran, overlap == .cancelOld, isFollowed { verdict = .merged }
            let what = "\(project.name) \(decision.firing.second)"
            expect(decision.verdict == verdict, "\(what) is \(decision.verdict) and not \(verdict): \(decision.reason)")
            let isFirst = !found[..<number].contains { $0.verdict == .ran }
            let ends = verdict == .ran && overlap == .cancelOld && isFirst ? others : []
            expect(decision.ends == ends, "\(what) ends \(decision.ends) and not \(ends)")
            let isSentence = !decision.reason.isEmpty && !decision.reason.hasSuffix(".")
            expect(isSentence, "\(what) does not say why")
        }
    }

    /// All moments that there were have one decision each, and no others have any.
    mutating func compareAll() {
        for project in projects {
            let found = decisions.filter { $0.pipeline == project.name }.map(\.firing)
            let expected = project.schedule.firings(
                in: project.from + 1..<max(project.decided, project.from) + 1, rules)
            expect(found == expected, "\(project.name) has \(found.count) decisions about \(expected.count) moments")
            expect(Set(found.map(\.second)).count == found.count, "\(project.name) decides twice")
        }
    }
}
