package engine

import (
	"context"
	"io"
	"io/fs"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/retort-ci/retort/pkg/progress"
)

// BuildSpec is one Dockerfile to one image.
type BuildSpec struct {
	Context    string            // directory sent to the builder, less what .dockerignore names
	Dockerfile string            // file path; relative to Context unless absolute; "Dockerfile" when empty
	Inline     string            // the Dockerfile's text instead of a file
	Target     string            // stage to stop at, the last one when empty
	Args       map[string]string // build arguments
	Labels     map[string]string // set on the image, over what the Dockerfile sets
	Defaults   map[string]string // labels set on the image where the Dockerfile sets none of that name
	Contexts   map[string]string // additional named contexts, as in Compose's additional_contexts
	Secrets    []Secret
	SSH        []SSH
	CacheFrom  []string // where a cache is looked for besides the engine's own: "type=registry,ref=…", type=local,src=DIR, or a reference
	CacheTo    []string // where the cache is left: type=registry,ref=…, type=local,dest=DIR, type=inline; mode=max for all stages
	Platforms  []string // "linux/amd64"; the engine's own when empty
	Tags       []string // references the engine's store gives to the image
	NoCache    bool
	Network    string // "", "host" or "none" for RUN
	ExtraHosts []string
	Epoch      time.Time    // SOURCE_DATE_EPOCH, unless zero or given in Args; given there, BuildKit daemons set back the time of what RUN writes, too
	Bases      BaseResolver // where FROM's images are resolved; the engine's own way when nil
	Subject    string       // service name, for progress events
	Progress   progress.Sink
}

// Secret is a value a RUN instruction may mount. It never enters the image,
// its history, or the build cache. Exactly one source is set.
type Secret struct {
	ID   string
	File string // path on this machine
	Env  string // name of a variable in this process's environment
}

// SSH is an agent, or keys, that a RUN instruction may use (RUN --mount=type=ssh).
// Nothing of it enters the image or the build cache.
type SSH struct {
	ID   string // "default" when empty
	Path string // socket of an agent, or a private key; the agent of SSH_AUTH_SOCK when empty
}

// BaseResolver pins the reference in a FROM or COPY --from to a digest,
// perhaps in a mirror.
type BaseResolver interface {
	// ResolveBase takes the reference as the Dockerfile means it
	// ("docker.io/library/golang:1.26") and a platform ("linux/amd64").
	// A nil Base means: let the engine resolve it.
	ResolveBase(ctx context.Context, ref, platform string) (*Base, error)
}

// Base is an image that a Dockerfile builds upon.
type Base struct {
	Name   string `json:"name"`   // as the Dockerfile means it
	Ref    string `json:"ref"`    // where it was pulled from, without digest
	Digest string `json:"digest"` // of its manifest or index there
	Config []byte `json:"-"`      // image config of the platform, for the builder
}

// Built is what a build gave.
type Built struct {
	ID     string // the engine's ID of the image: the config's digest, or the manifest's on a containerd store
	Bases  []Base // every base the build resolved, pinned
	Steps  int    // instructions in all
	Cached int    // of them taken from the cache
}

// ImageInfo is what an engine knows of an image without exporting it.
type ImageInfo struct {
	ID          string            // as Built.ID
	RepoDigests []string          // repo@sha256:… under which registries know it
	RepoTags    []string          // references of the engine's store
	DiffIDs     []string          // of the layers, uncompressed, base first
	Labels      map[string]string // of the image's config
	Ports       []string          // exposed, as "8080/tcp"
	Healthcheck []string          // test of the image's HEALTHCHECK as Docker writes it, empty when there is none
	Rhythm      Rhythm            // of the HEALTHCHECK
	Size        int64             // bytes: uncompressed, or of compressed layers where the engine keeps those
	Platform    string            // "linux/amd64"
}

// Rhythm is when a HEALTHCHECK is asked; what is zero was not said.
type Rhythm struct {
	Interval, Timeout, StartPeriod time.Duration
	Retries                        int
}

// ExportOptions are the choices of Exporter.Export.
type ExportOptions struct {
	// Known gives a compressed layer that a registry already holds for a diff
	// ID, or nil. Its digest is kept and its bytes are not made anew.
	Known func(diffID v1.Hash) v1.Layer
	// Ready is given each distinct layer as soon as it can be read, by several
	// goroutines at once. That may be before its last byte is made: its Digest and
	// Size then fail with stream.ErrNotComputed, and whoever reads waits.
	Ready       func(v1.Layer)
	Compression Compression
	Subject     string // for progress events
	Progress    progress.Sink
}

// PushOptions are the choices of Pusher.Push.
type PushOptions struct {
	Subject  string // for progress events
	Progress progress.Sink
}

// ContainerSpec is a container to start. The zero value of every field but
// Image means the image's own.
type ContainerSpec struct {
	Name       string // empty: the engine chooses
	Image      string // image ID or reference that the engine has
	Entrypoint []string
	Cmd        []string
	Env        []string // NAME=value
	User       string
	WorkingDir string
	Hostname   string
	Tmpfs      []string
	ExtraHosts []string // host:ip
	CapAdd     []string
	CapDrop    []string
	Privileged bool
	ReadOnly   bool
	Init       bool
	StopSignal string
	Labels     map[string]string
	Network    string   // Network.ID, "none" or "host"; empty: the engine's default network
	Aliases    []string // names on Network
	Memory     int64    // bytes; 0 is no limit
	NanoCPUs   int64    // billionths of a CPU; 0 is no limit
	Pids       int64    // processes; 0 is no limit
	ShmSize    int64    // bytes of /dev/shm; 0 is the engine's default
	Ulimits    []Ulimit
	// SecurityOpt is passed on as Docker writes it ("seccomp=unconfined"). Where
	// no entry speaks of it, no-new-privileges is set.
	SecurityOpt []string
	Mounts      []Mount
	Files       []File // put into the container before it starts
	Stdout      io.Writer
	Stderr      io.Writer
}

// Ulimit bounds a resource of each process (setrlimit(2)).
type Ulimit struct {
	Name       string // as ulimit(1) and Docker call it: "nofile"
	Soft, Hard int64  // -1 is no limit
}

// Mount puts storage into a container. Exactly one source is set.
type Mount struct {
	Volume   string // Volume.Name; one that the engine does not have is made, and labelled as the container is
	Host     string // absolute path on the engine's host
	Path     string // absolute path in the container
	ReadOnly bool
}

// File is content that a container finds in its file system. It goes there
// through the engine's API, so it need not be on the engine's host. A usage fault
// tells of a path where the container would not find it: below a tmpfs, a path of
// the host, a read-only volume, or what every container has mounted. In a
// container with a read-only root file system, the directories that take files
// can be written to.
type File struct {
	Path     string // absolute; missing directories are made
	Content  []byte
	Mode     fs.FileMode // permission bits; 0 is 0o444
	UID, GID int
}

// VolumeSpec is a volume to create.
type VolumeSpec struct {
	Name   string
	Labels map[string]string
}

// NetworkSpec is a network to create.
type NetworkSpec struct {
	Name   string
	Labels map[string]string
	// Internal keeps the network's containers from reaching anything outside it.
	Internal bool
}

// Health is how a container is at one moment.
type Health struct {
	Running  bool
	ExitCode int    // of the container, when it does not run
	OOM      bool   // it was ended because it took more memory than it may have
	Healthy  bool   // the probe exited 0
	Output   string // of the probe, its last lines
}
