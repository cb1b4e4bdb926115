package structure

import "regexp"

// File is a test file that was read. All that it holds is valid.
type File struct {
	Name      string // as given to Parse
	Env       []Variable
	Run       RunOptions
	Existence []ExistenceTest
	Contents  []ContentTest
	Metadata  *MetadataTest // nil when the file has none
	Commands  []CommandTest
	Warnings  []string // keys that have no effect, by name and place
}

// ExistenceTest is an entry of fileExistenceTests.
type ExistenceTest struct {
	Name         string
	Path         string // in the image; relative to its root
	ShouldExist  bool
	Permissions  string // as ls or fs.FileMode writes them; empty: not checked
	UID, GID     *int64 // nil: not checked
	ExecutableBy string // owner, group, other, any; empty: not checked
}

// ContentTest is an entry of fileContentTests.
type ContentTest struct {
	Name     string
	Path     string
	Expected []*regexp.Regexp // each must match somewhere
	Excluded []*regexp.Regexp // none may match anywhere
}

// MetadataTest is the metadataTest section. Empty fields are not checked.
type MetadataTest struct {
	Env              []Expectation
	UnboundEnv       []string // names of variables that must not be set
	Labels           []Expectation
	Entrypoint       []string // nil: not checked; empty: the image must have none
	Cmd              []string // as Entrypoint
	ExposedPorts     []string // "8080" for any protocol, or "8080/tcp"
	UnexposedPorts   []string
	Volumes          []string
	UnmountedVolumes []string
	Workdir          string
	User             string
}

// Expectation is a variable or label with the value it must have.
type Expectation struct {
	Key   string
	Value string
	Regex *regexp.Regexp // to match instead of being Value; nil unless isRegex
}

// Variable is an environment variable to set.
type Variable struct {
	Key   string
	Value string
}

// CommandTest is an entry of commandTests.
type CommandTest struct {
	Name           string
	Setup          [][]string
	Teardown       [][]string
	Command        string
	Args           []string
	Env            []Variable
	ExpectedOutput []*regexp.Regexp
	ExcludedOutput []*regexp.Regexp
	ExpectedError  []*regexp.Regexp
	ExcludedError  []*regexp.Regexp
	ExitCode       int
}

// RunOptions are what of containerRunOptions is honoured, for every command test.
type RunOptions struct {
	User       string // empty: the image's
	Privileged bool
	CapAdd     []string
	CapDrop    []string
	Network    string // "none", or empty for the runner's choice
}

// Tests is how many results Check gives.
func (f File) Tests() int {
	n := len(f.Existence) + len(f.Contents) + len(f.Commands)
	if f.Metadata != nil {
		n++
	}
	return n
}

// ReadsLayers is true when Check reads the image's layers. Otherwise an image
// that has nothing but its config will do.
func (f File) ReadsLayers() bool { return len(f.Existence)+len(f.Contents) > 0 }

// RunsCommands is true when Check needs a Runner.
func (f File) RunsCommands() bool { return len(f.Commands) > 0 }
