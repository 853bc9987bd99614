/// The version of this program, as `daymill --version` prints it.
public let daymillVersion = "0.1.0"
