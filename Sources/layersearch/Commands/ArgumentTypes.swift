import ArgumentParser
import SearchCore

// Names of the configuration are the command line's too: allowed values in help, in completions and in errors.
extension Model: ExpressibleByArgument {}
extension Schedule: ExpressibleByArgument {}
extension BasisVariant: ExpressibleByArgument {}
