package secondself

import "slices"

// The runtime's variables: https://pkg.go.dev/runtime#hdr-Environment_Variables
const (
	Percent = "GOGC"
	Limit   = "GOMEMLIMIT"
)

// Late is how much memory there is when a second self first collects garbage.
const Late = "64MiB"

// collectLate lets the second self collect no garbage while it starts: its packages
// keep most of what they make then, and a short build is over before it pays. Who
// has set one of the variables is left alone.
func collectLate(env []string) []string {
	if slices.ContainsFunc(env, func(pair string) bool { return sets(pair, Percent) || sets(pair, Limit) }) {
		return env
	}
	return append(slices.Clip(env), Percent+"=off", Limit+"="+Late)
}

// without is the environment less a variable.
func without(env []string, name string) []string {
	return slices.DeleteFunc(slices.Clone(env), func(pair string) bool { return sets(pair, name) })
}

// sets tells whether NAME=value is of the variable.
func sets(pair, name string) bool {
	return len(pair) > len(name) && pair[:len(name)] == name && pair[len(name)] == '='
}
