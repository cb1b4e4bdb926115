package ci

import (
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
)

// tables lists the systems in the order in which they are asked. Woodpecker
// comes before Drone, whose variables it sets too, and Jenkins comes last:
// BUILD_TAG is a name that others may use.
func tables() []table {
	return []table{travis(), github(), gitlab(), woodpecker(), drone(), jenkins()}
}

// Detect reads the variables of the CI system. It takes os.Getenv or something
// like it, and looks at nothing else. Outside CI it gives an Environment with
// Secrets set and nothing else: a person has what a person has.
func Detect(lookup func(string) string) Environment {
	get := vars(lookup)
	for _, t := range tables() {
		if slices.ContainsFunc(t.marks, get.holds) {
			return t.read(get)
		}
	}
	return Environment{Secrets: true}
}

func (t table) read(get vars) Environment {
	e := Environment{
		System:      t.system,
		Event:       decide(get, t.events, Unknown),
		Branch:      branchName(get.first(t.branch)),
		Tag:         strings.TrimPrefix(get.first(t.tag), "refs/tags/"),
		Commit:      commitHash(get.first(t.commit)),
		PullRequest: leadingNumber(get.first(t.pullRequest)),
		BuildID:     get.first(t.buildID),
		BuildNumber: get.first(t.buildNumber),
		URL:         get.expand(t.url),
		Job:         get.first(t.job),
		Actor:       person(get.first(t.actor)),
		Slug:        slugOf(get.first(t.slug)),
	}
	if e.PullRequest > 0 {
		e.Event = PullRequest
	}
	switch {
	case e.Event == PullRequest:
		// A branch named here is the target or the fork's. Neither was pushed.
		e.Branch, e.Tag = "", ""
		e.Head, e.Base = branchName(get.first(t.head)), branchName(get.first(t.base))
		e.Fork = decide(get, t.forks, true)
	case e.Tag != "":
		e.Branch = ""
		if e.Event != Cron {
			e.Event = Tag
		}
	}
	e.Secrets = decide(get, t.secrets, !e.Fork)
	return e
}

// branchName is the name without its namespace, and nothing where there is no
// branch: Jenkins calls that "detached".
func branchName(ref string) string {
	name := strings.TrimPrefix(ref, "refs/heads/")
	if name == "HEAD" || name == "detached" || strings.HasPrefix(name, "refs/") {
		return ""
	}
	return name
}

// person is the name, and nothing where the system calls itself that: a build that
// a push started is "@hook" to Drone.
func person(name string) string {
	if strings.HasPrefix(name, "@") {
		return ""
	}
	return name
}

// commitHash is s when it is a whole hash, SHA-1 or SHA-256, in lower case.
func commitHash(s string) string {
	s = strings.ToLower(s)
	if raw, err := hex.DecodeString(s); err != nil || len(raw) != 20 && len(raw) != 32 {
		return ""
	}
	return s
}

// leadingNumber reads "24" and "24/merge". What is no number, as Travis's
// "false", is 0.
func leadingNumber(s string) int {
	digits := len(s) - len(strings.TrimLeft(s, "0123456789"))
	n, err := strconv.Atoi(s[:digits])
	if err != nil {
		return 0
	}
	return n
}
