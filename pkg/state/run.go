// Package state keeps what one pipeline run knows between its stages in
// .retort/run.json, a small file in the workspace. A CI can stash it, and a
// workspace without it loses nothing: the registry says the same.
//
// The file is replaced whole, never edited in place, and under a lock: two
// retort processes in one workspace both get their changes in, and one that is
// killed leaves the file as it was.
package state

import (
	"time"

	"github.com/retort-ci/retort/pkg/engine"
)

// Version is the version of the file's format. It grows when an older retort
// would read the file wrongly or lose something by writing it back.
const Version = 1

// Run is the content of .retort/run.json.
type Run struct {
	Version    int                `json:"version"`
	Project    string             `json:"project,omitempty"`
	Commit     string             `json:"commit,omitempty"` // full git commit, empty outside a repository
	Dirty      bool               `json:"dirty,omitempty"`  // the work tree differed from Commit
	Services   map[string]Service `json:"services,omitempty"`
	Suites     map[string]Suite   `json:"suites,omitempty"`
	Promotions []Promotion        `json:"promotions,omitempty"` // oldest first
}

// Service is what was built of a service, and where it was pushed.
type Service struct {
	Image     string        `json:"image"`               // the engine's image ID
	Engine    string        `json:"engine,omitempty"`    // which engine has it
	Candidate string        `json:"candidate,omitempty"` // repo:git-<sha>
	Bases     []engine.Base `json:"bases,omitempty"`     // what it was built upon, pinned
	Digest    string        `json:"digest,omitempty"`    // of the manifest in the registry, once pushed
	Refs      []string      `json:"refs,omitempty"`      // references it was pushed to
	Built     time.Time     `json:"built,omitzero"`
	Seconds   float64       `json:"seconds,omitempty"` // the build took
	Build     *Build        `json:"build,omitempty"`   // how it was made; nil: by a retort that did not say
}

// Build is what provenance says of how an image was made. There is no secret in
// it: what it holds, everyone may read.
type Build struct {
	Builder    string    `json:"builder"` // URI of the CI server, or of a retort that nobody watched
	Invocation string    `json:"invocation,omitempty"`
	Version    string    `json:"version,omitempty"` // of retort
	Started    time.Time `json:"started,omitzero"`
	Finished   time.Time `json:"finished,omitzero"`

	Repository string `json:"repository,omitempty"` // URL of the source
	Branch     string `json:"branch,omitempty"`
	Tag        string `json:"tag,omitempty"`
	Modified   bool   `json:"modified,omitempty"` // the work tree had what the commit has not

	Context    string            `json:"context,omitempty"` // relative to the source's root
	Dockerfile string            `json:"dockerfile,omitempty"`
	Target     string            `json:"target,omitempty"`
	Platforms  []string          `json:"platforms,omitempty"`
	Args       map[string]string `json:"args,omitempty"`
	Secrets    []string          `json:"secrets,omitempty"` // names alone
}

// Verdict is how a suite ended.
type Verdict string

// The verdicts.
const (
	Passed  Verdict = "passed"
	Failed  Verdict = "failed"
	Timeout Verdict = "timeout"
)

// Suite is the last result of a suite, or of a shard of one.
type Suite struct {
	Verdict  Verdict           `json:"verdict"`
	Flaky    bool              `json:"flaky,omitempty"`    // it passed when it was run again
	ExitCode int               `json:"exitCode"`           // of its container; meaningless after a timeout
	Verifies map[string]string `json:"verifies,omitempty"` // service to the image ID or digest that was tested
	Services map[string]string `json:"services,omitempty"` // further service to the image ID that ran beside it
	Reports  []string          `json:"reports,omitempty"`  // JUnit files, relative to the workspace
	Evidence string            `json:"evidence,omitempty"` // the same as one file, which nothing else reads or removes
	Image    string            `json:"image,omitempty"`    // the suite's own image ID; for structure checks the digest of their files
	Started  time.Time         `json:"started,omitzero"`
	Seconds  float64           `json:"seconds,omitempty"`
	URL      string            `json:"url,omitempty"` // of the CI build that ran it
	// Heard: it ran elsewhere, and the word for it is a registry's, which nobody
	// signed whom this workspace has reason to believe.
	Heard bool `json:"heard,omitempty"`

	Definition string `json:"definition,omitempty"` // digest of how the suite is run
	Inputs     string `json:"inputs,omitempty"`     // digest of all that the verdict depends on

	Suite string `json:"suite,omitempty"` // its name, where the entry is of a shard
	Shard *Shard `json:"shard,omitempty"`
}

// Shard is the part of a suite that an entry is of.
type Shard struct {
	Index int    `json:"index"` // from 1
	Total int    `json:"total"`
	Plan  string `json:"plan"` // digest of the division
}

// Promotion is one digest that entered an environment.
type Promotion struct {
	Service     string    `json:"service"`
	Environment string    `json:"environment"`
	Ref         string    `json:"ref"` // the environment's reference, with its tag
	Digest      string    `json:"digest"`
	Time        time.Time `json:"time,omitzero"`
	Seconds     float64   `json:"seconds,omitempty"`
}
