// Package ci tells what is being built: which CI system runs this, what event
// started it, and the branch, tag, commit and pull request it is about. The
// systems are tables of variable names; git in the checkout is the default.
package ci

// System is a CI system.
type System string

// The systems that are known. None is a laptop, or a CI that is not known:
// CI=true alone says nothing.
const (
	None       System = ""
	Jenkins    System = "jenkins"
	Travis     System = "travis"
	GitHub     System = "github"
	GitLab     System = "gitlab"
	Drone      System = "drone"
	Woodpecker System = "woodpecker"
)

// Event is what started the build.
type Event string

// The events. Unknown is also a build that was started by hand or through an
// API. Jenkins tells no cause, so its builds of a branch count as Push.
const (
	Unknown     Event = ""
	Push        Event = "push"
	PullRequest Event = "pull-request"
	Tag         Event = "tag"
	Cron        Event = "cron"
)

// Environment is what is known about the build. A field nobody told is zero.
type Environment struct {
	System      System
	Event       Event
	Branch      string // that was pushed; empty for a pull request, even where the system names one
	Tag         string // that was pushed, without refs/tags/
	Commit      string // full hex hash of what is checked out
	PullRequest int    // its number, 0 when it has none
	Head, Base  string // of a pull request: the branch it comes from, and the one it wants to enter
	// Fork: the pull request comes from another repository, or the system does
	// not tell where from. A branch pushed to the repository is no fork's.
	Fork bool
	// Secrets: the build was given the secrets that its repository has. Where a
	// system does not tell, they are withheld from forks alone.
	Secrets     bool
	BuildID     string // unique on the system
	BuildNumber string // counts the builds of one job or repository
	URL         string // of the build's page
	Job         string // the job's name
	Actor       string // the person who started the build
	Slug        string // of the repository: owner/name
	Git         Git    // the checkout; zero after Detect
	Dirty       bool   // what is built is not what Commit says; see Describe
	Notes       []string
}
