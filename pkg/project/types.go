package project

import (
	"time"

	"github.com/retort-ci/retort/pkg/evidence/bundle"
	"github.com/retort-ci/retort/pkg/freeze"
)

// Project is what a compose file (or a lone Dockerfile) describes, in the
// shape that the steps take.
type Project struct {
	Name         string
	Dir          string        // absolute; paths of the file are relative to it
	Files        []string      // absolute paths of the compose files, empty for a lone Dockerfile
	Services     []Service     // every service, suites too, sorted by name
	Environments []Environment // each behind the one named in its After
	Tags         []string      // templates of the tags that a push gives, see ExpandTag; nil: the usual ones
	Warnings     []string      // Compose keys that are not honoured, by name and place

	env map[string]string // the environment, and below it the .env file
}

// Service is one service of the file. It is one of four kinds: a suite
// (Suite is set); deployable (built here, and it has a repository); support
// (built here, no repository); or external (only Image).
//
// A service with structure checks brings a suite into the project that the file
// does not name: SERVICE-structure, whose Suite.Structure is set. It stands
// among the others wherever suites do, but has neither Build nor Image, and no
// container runs it.
type Service struct {
	Name      string
	Image     string   // the reference as the file gives it, interpolated
	Build     *Build   // nil when the image is not built here
	Suite     *Suite   // nil when the service is not a suite
	Structure []string // files of structure checks on the service's image, absolute; nil in a suite
	Profiles  []string
	DependsOn []Dependency // sorted by name
	Run       Run
}

// Build is how the service's image is built: Compose's build section.
type Build struct {
	Context    string // absolute directory
	Dockerfile string // relative to Context, or absolute
	Inline     string // dockerfile_inline
	Target     string
	Args       map[string]string
	Labels     map[string]string
	Contexts   map[string]string // additional_contexts
	Secrets    []Secret
	SSH        []SSH
	CacheFrom  []string // cache_from, as the file has it
	CacheTo    []string // cache_to
	Platforms  []string
	NoCache    bool
	Network    string
	ExtraHosts []string
}

// Secret is a build secret: an ID and where its value is.
type Secret struct {
	ID   string
	File string // absolute path
	Env  string // name of an environment variable
}

// SSH is an agent or a key that RUN --mount=type=ssh finds.
type SSH struct {
	ID   string
	Path string // absolute; empty for the agent of SSH_AUTH_SOCK
}

// Run is how a container of the service runs.
type Run struct {
	Entrypoint []string // nil: the image's own; empty: none, as Compose has it
	Command    []string // as Entrypoint
	Env        []string // NAME=value, sorted
	User       string
	WorkingDir string
	Hostname   string
	Tmpfs      []string // path, or path:options; mounts of type tmpfs too
	ExtraHosts []string // host:ip
	Aliases    []string // on the suite's network, besides the service's name
	CapAdd     []string
	CapDrop    []string
	Privileged bool
	ReadOnly   bool
	Init       bool
	StopSignal string
	Memory     int64    // bytes, 0: no limit
	NanoCPUs   int64    // billionths of a CPU, 0: no limit
	Pids       int64    // 0: no limit
	ShmSize    int64    // bytes of /dev/shm, 0: the engine's default
	Ulimits    []Ulimit // sorted by name
	// SecurityOpt is as Docker writes it ("no-new-privileges:false").
	SecurityOpt []string
	NetworkMode string   // "none", "host" or, for the network of the run, empty
	Ports       []string // container ports named by expose and ports, "8080/tcp"
	Volumes     []Volume
	Binds       []Bind
	Files       []File // configs, then secrets, each in the order of the file
	Health      *Healthcheck
}

// Ulimit is one of Compose's ulimits; -1 is no limit.
type Ulimit struct {
	Name       string
	Soft, Hard int64
}

// Volume is a named volume in a container. It is private to a run: what a
// volume of that name holds elsewhere is not looked at. An anonymous one has no
// name, and no other container sees it.
type Volume struct {
	Name     string // key under the file's volumes, or empty
	Path     string // in the container
	ReadOnly bool
}

// Bind is a path of the host in a container.
type Bind struct {
	Source   string // absolute
	Path     string // in the container
	ReadOnly bool
	At       string // where the file asks for it: "compose.yaml:7:9"
}

// File is a config or a secret in a container. Exactly one of Source, Env and
// Content says what is in it; Content may be empty too.
type File struct {
	Path     string // absolute, in the container
	Source   string // absolute path on this machine
	Env      string // name of a variable
	Content  string
	Secret   bool
	Mode     uint32 // permission bits; 0: not said
	UID, GID int
}

// Healthcheck is Compose's healthcheck, laid over the image's own.
type Healthcheck struct {
	Disabled    bool
	Test        []string // as Docker writes it: CMD or CMD-SHELL first; empty: the image's
	Interval    time.Duration
	Timeout     time.Duration
	StartPeriod time.Duration
	Retries     int // 0: not said
}

// Condition is what a dependency must have reached.
type Condition string

// The conditions Compose knows.
const (
	Started   Condition = "service_started"
	Healthy   Condition = "service_healthy"
	Completed Condition = "service_completed_successfully"
)

// Dependency is one entry of depends_on.
type Dependency struct {
	Service   string
	Condition Condition
	Required  bool // else what fails without it may go on
}

// Suite is the x-retort section of a service that verifies others.
type Suite struct {
	Verifies []string      // services built here whose digests the verdict is about, sorted
	Timeout  time.Duration // DefaultTimeout when the file does not say
	Retries  int           // how often a suite that failed is run again

	Reports         []string // globs of JUnit files in the container, absolute
	GoTest          bool     // reports: stdout:gotest, its output is that of go test -json
	ReportsRequired bool     // a suite without any report fails

	Shards int      // parts that run side by side; 0: it is not divided
	Split  []string // globs of files, relative to the project, that the shards share out

	NoCache bool          // cache: false, it is run whatever evidence there is
	MaxAge  time.Duration // evidence that is older is of no account; 0: any age

	// Structure has the files of structure checks, absolute, in a suite that is
	// made of them alone.
	Structure []string
}

// DefaultTimeout is how long a suite may take when the file does not say.
const DefaultTimeout = 10 * time.Minute

// Environment is a promotion target.
type Environment struct {
	Name       string
	After      string   // the environment a digest must be in first, or empty
	Repository string   // text/template with .Service and .Project; empty: the service's own repository
	Tag        string   // text/template, the environment's name when the file does not say
	Requires   []string // suites whose passing evidence is required; nil: all that verify the service
	// SignedBy are the public keys under which alone evidence counts; nil: evidence
	// counts that nobody signed.
	SignedBy bundle.Keys

	Soak     time.Duration   // how long a digest must have been in After; 0: at all
	Branches []string        // patterns for path.Match of the branch a digest was built from; nil: any
	Tags     []string        // likewise of git's tag; one of Branches will do as well
	Freeze   []freeze.Window // when nothing enters
	Exec     *Exec           // a command that is asked; nil: none
	Override bool            // a person may overrule gates that refuse, with a reason
	Write    []Write         // files that name its digests
	// FromPullRequests lets the builds of pull requests promote to it, as to a
	// preview. To all others only what was merged goes.
	FromPullRequests bool
}

// Exec is a command that allows or refuses by its exit code.
type Exec struct {
	Command []string
	Timeout time.Duration // 0: not said
}

// Deployable is true for a service that is pushed and promoted: built here,
// with a repository of its own, and not a suite.
func (s Service) Deployable() bool {
	return s.Build != nil && s.Image != "" && s.Suite == nil
}
