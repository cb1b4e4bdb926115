// Package secondself runs a program again as process 1 of mount and pid namespaces
// of its own. It needs so little of the standard library (no unicode, which strings,
// fmt and os/exec are built upon) that Go can have it ready before most of what a
// large program links.
package secondself

import "os"

// Program is what is known of the program that runs.
type Program struct {
	Args                  []string // os.Args
	Env                   []string // os.Environ()
	Stdin, Stdout, Stderr *os.File
}

// Users are those of a user namespace that the second self is root of.
type Users struct {
	Caps []uintptr           // it is executed before it is mapped to root, and would lose these
	Map  func(pid int) error // gives the process's namespace its users
}
