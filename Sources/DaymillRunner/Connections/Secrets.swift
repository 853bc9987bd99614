package import DaymillCore
package import DaymillPipeline
import Foundation

/// Secrets of a project: where they are is written in its files, and they are read when something needs them.
package enum Secrets {
    /// The text of a secret.
    ///
    /// - Throws: `.notFound` when it is not there.
    package static func reveal(
        _ text: SecretText, _ project: Project, _ environment: [String: String]
    ) throws -> String {
        switch text {
        case .variable(let name):
            if let value = environment[name], !value.isEmpty { return value }
            throw DaymillError(
                .notFound, "the variable \(name) is not set", hint: "set it in the environment of daymill")
        case .file(let path):
            guard let data = FileManager.default.contents(atPath: project.path(path)) else {
                throw DaymillError(
                    .notFound, "the file \(path) that holds a secret cannot be read",
                    hint: "make it, readable for daymill only")
            }
            let value = String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
            guard !value.isEmpty else {
                throw DaymillError(
                    .notFound, "the file \(path) that holds a secret is empty", hint: "write the secret into it")
            }
            return value
        }
    }

    /// What is wrong with the secrets of a project's connections and channels.
    package static func problems(of project: Project, _ environment: [String: String]) -> [DaymillError] {
        let owners =
            project.connections.map { ("connection '\($0.name)'", $0.secrets, $0.place) }
            + project.channels.map { ("channel '\($0.name)'", $0.secrets, $0.place) }
        return owners.flatMap { owner, secrets, place in
            secrets.compactMap { problem(with: $0, of: owner, at: place, project, environment) }
        }
    }

    /// The same for a pipeline.
    package static func problems(
        of pipeline: Pipeline, _ project: Project, _ environment: [String: String]
    ) -> [DaymillError] {
        guard let token = pipeline.triggers.httpToken else { return [] }
        let place = SourcePlace(file: pipeline.file)
        return [problem(with: token, of: "the trigger 'http'", at: place, project, environment)].compactMap(\.self)
    }

    private static func problem(
        with secret: SecretText, of owner: String, at place: SourcePlace, _ project: Project,
        _ environment: [String: String]
    ) -> DaymillError? {
        do {
            _ = try reveal(secret, project, environment)
            return nil
        } catch {
            guard var error = error as? DaymillError else { return nil }
            error.place = place
            error.message = "\(owner): \(error.message)"
            return error
        }
    }
}
