import DaymillPipeline

/// The pipelines of the project, as their files were when they were last right.
struct ServePipelines {
    private let setting: ServeLoop.Setting
    /// By name.
    private(set) var all: [String: Pipeline] = [:]
    /// What was wrong with the file of one when it was read last.
    private(set) var problems: [String: String] = [:]

    init(_ setting: ServeLoop.Setting) { self.setting = setting }

    subscript(name: String) -> Pipeline? { all[name] }

    /// By name, ascending.
    var sorted: [Pipeline] { all.values.sorted { $0.name < $1.name } }

    /// Reads all pipeline files. Of a file that has become wrong what was right before goes on.
    mutating func load() {
        var found: [String: Pipeline] = [:], wrong: [String: String] = [:]
        for name in Pipeline.names(in: setting.project.root) {
            do { found[name] = try Pipeline.load(name, in: setting.project) } catch {
                wrong[name] = "\(error)"
                found[name] = all[name]
                if problems[name] != wrong[name] {
                    setting.say(.wrong(pipeline: name, wrong[name] ?? "", isKept: found[name] != nil))
                }
            }
        }
        (all, problems) = (found, wrong)
    }
}
