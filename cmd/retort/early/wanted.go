package early

import "slices"

// Commands are those that work on an engine.
func Commands() []string { return []string{"build", "push", "run", "test"} }

// wanted says whether the command line and the environment leave no doubt that a
// command shall work on the embedded engine: engine is what the environment names.
// A flag is asked before that; where there are several, main reads them.
func wanted(args []string, engine string) bool {
	if len(args) < 2 || !slices.Contains(Commands(), args[1]) {
		return false
	}
	if end := slices.Index(args, "--"); end >= 0 {
		args = args[:end]
	}
	flags := 0
	for i, word := range args {
		value, joined, ok := engineFlag(word)
		if !ok {
			continue
		}
		if !joined && i+1 < len(args) {
			value = args[i+1]
		}
		engine = value
		flags++
	}
	return engine == "embedded" && flags < 2
}

// engineFlag reads --engine, and the value that is joined to it.
func engineFlag(word string) (value string, joined, ok bool) {
	for _, name := range []string{"-engine", "--engine"} {
		if word == name {
			return "", false, true
		}
		if len(word) > len(name) && word[:len(name)] == name && word[len(name)] == '=' {
			return word[len(name)+1:], true, true
		}
	}
	return "", false, false
}
