// Package archtest holds the source against the architecture. What may import
// what, what a library never calls and how large a file may grow stand here as
// data, each rule with its reason; the package's tests apply them to this
// module. Nothing else imports it.
//
// A rule that turns out to be wrong is changed here, with the reason, in the
// same commit as the code that wants it. golangci-lint's depguard says the
// direct bans again, where an editor shows them; this package also sees what an
// import drags in.
package archtest
