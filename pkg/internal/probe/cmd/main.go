// Command probe is the content of test images: a program that does what its
// arguments say. They are commands with their own arguments, separated by ";"
// and done in order; the first that fails ends it with exit code 1.
//
//	probe write /reports/unit.xml '<testsuite/>' ';' exit 3
//
// Under the name of a command it is that command, so that an image can have a
// /bin/cat.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// command is one thing the probe can do.
type command func(args []string) error

func commands() map[string]command {
	return map[string]command{
		"alloc": alloc, "big": big, "cat": cat, "copy": copyFile, "daemon": daemon, "echo": echo, "env": env,
		"err": errorLine, "exists": exists, "exit": exit, "fill": fill, "flood": flood,
		"get": get, "hang": hang, "hostname": hostname, "id": id, "mkdir": mkdir, "once": once,
		"pwd": pwd, "serve": serve, "sleep": sleep, "stat": stat, "symlink": symlink, "write": write,
	}
}

func main() {
	known := commands()
	args := os.Args[1:]
	if name := filepath.Base(os.Args[0]); known[name] != nil {
		args = append([]string{name}, args...)
	}
	for words := range each(args) {
		do, ok := known[words[0]]
		if !ok {
			fail(words[0], fmt.Errorf("no such command"))
		}
		if err := do(words[1:]); err != nil {
			fail(words[0], err)
		}
	}
}

// each gives the commands between the semicolons.
func each(args []string) func(yield func([]string) bool) {
	return func(yield func([]string) bool) {
		for len(args) > 0 {
			end := slices.Index(args, ";")
			if end < 0 {
				end = len(args)
			}
			if end > 0 && !yield(args[:end]) {
				return
			}
			args = args[min(end+1, len(args)):]
		}
	}
}

func fail(name string, err error) {
	fmt.Fprintf(os.Stderr, "probe: %s: %v\n", name, err)
	os.Exit(1)
}

// arg is the argument at i, or otherwise.
func arg(args []string, i int, otherwise string) string {
	if i < len(args) {
		return args[i]
	}
	return otherwise
}
