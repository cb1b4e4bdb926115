package state

import "github.com/retort-ci/retort/pkg/fault"

// For checks that r is of commit, the one the workspace is at. Otherwise it
// gives a fault that names both. An empty Run is of every commit. An empty
// commit is one nobody knows, as on an agent that got a stash and no checkout:
// r is then taken as it is.
func (r Run) For(commit string) error {
	if commit == "" || r.Commit == commit || r.empty() {
		return nil
	}
	was := "was built outside a git repository"
	if r.Commit != "" {
		was = "is of commit " + short(r.Commit)
	}
	return fault.New(fault.Usage, "retort build",
		"%s %s, but the workspace is at commit %s", FileName, was, short(commit))
}

// Begin makes r a run of this project and commit, for build to write into.
// What another project or commit left there is dropped; what another process
// wrote about the same one stays.
func (r *Run) Begin(project, commit string, dirty bool) {
	if r.Project != project || r.Commit != commit {
		*r = Run{Version: Version}
		r.fill()
	}
	r.Project, r.Commit, r.Dirty = project, commit, dirty
}

func (r Run) empty() bool {
	return len(r.Services) == 0 && len(r.Suites) == 0 && len(r.Promotions) == 0
}

// fill makes the maps, so that whoever changes a Run can write into them.
func (r *Run) fill() {
	if r.Services == nil {
		r.Services = map[string]Service{}
	}
	if r.Suites == nil {
		r.Suites = map[string]Suite{}
	}
}

// short is enough of a commit for a person to know it by.
func short(commit string) string { return commit[:min(len(commit), 12)] }
