// Package engine declares what retort asks of whatever builds images and runs
// containers. The interfaces are small and named by ability; an engine offers
// those it has, and a step that wants an optional one finds it by type
// assertion. No engine is imported here: adapters live in the packages below,
// and pkg/engine/enginetest is the suite that each of them passes.
package engine

import (
	"context"
	"errors"
	"io"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Sentinels that adapters wrap and callers branch on.
var (
	// ErrUnavailable: the engine cannot be reached, or went away in the middle.
	ErrUnavailable = errors.New("engine unavailable")
	// ErrImageNotFound: the engine does not have the image.
	ErrImageNotFound = errors.New("image not found in the engine")
	// ErrPathNotFound: the container has no such path.
	ErrPathNotFound = errors.New("path not found in the container")
	// ErrUnsupported: this engine cannot do what was asked.
	ErrUnsupported = errors.New("not supported by this engine")
	// ErrBuild: the Dockerfile or one of its instructions failed.
	ErrBuild = errors.New("build failed")
	// ErrCommand: the container's command could not be started: it is not in the image,
	// or, where fs.ErrPermission is wrapped as well, it may not be executed.
	ErrCommand = errors.New("command cannot be started")
)

// Builder makes images of Dockerfiles.
type Builder interface {
	// Build gives the image, or ErrBuild, ErrUnsupported or ErrUnavailable wrapped.
	Build(ctx context.Context, spec BuildSpec) (Built, error)
}

// Runner runs containers.
type Runner interface {
	// Start creates a container and starts it. The caller removes it, also
	// after Wait failed or ctx ended. When Start itself fails nothing is left.
	Start(ctx context.Context, spec ContainerSpec) (Container, error)
}

// Creator is the optional ability to create a container before it is known when
// it may start. That takes the engine about as long as the start itself.
type Creator interface {
	// Create makes the container with its files; the spec's Stdout and Stderr are
	// for Start to give. The caller removes it, started or not. When Create itself
	// fails nothing is left.
	Create(ctx context.Context, spec ContainerSpec) (Created, error)
}

// Created is a container that was not started yet.
type Created interface {
	// Start starts it, once. What it prints goes to the writers; nil discards.
	Start(ctx context.Context, stdout, stderr io.Writer) (Container, error)
	// Remove removes it, also once it was started. Removing twice is no error.
	Remove(ctx context.Context) error
}

// Container is one that was started.
type Container interface {
	// ID is the engine's name for it.
	ID() string
	// Wait gives the exit code once the container has ended and all its output
	// was written. A container that ended before is no error.
	Wait(ctx context.Context) (int, error)
	// Remove kills what runs and removes the container with its anonymous
	// volumes. Removing twice is no error.
	Remove(ctx context.Context) error
}

// Killer is the optional ability to end a container and keep its files.
type Killer interface {
	Kill(ctx context.Context) error
}

// FileCopier is the optional ability of a container, running or ended, to give
// its files: the path and what is below it as a tar stream whose names begin
// with the path's last element. ErrPathNotFound when there is no such path.
type FileCopier interface {
	CopyFrom(ctx context.Context, path string) (io.ReadCloser, error)
}

// HealthChecker is the optional ability to ask a container how it is.
type HealthChecker interface {
	// Health gives the state of the container now. With a probe, the probe is
	// executed in the container, within ctx.
	Health(ctx context.Context, probe []string) (Health, error)
}

// Networker makes private networks.
type Networker interface {
	// CreateNetwork makes a network of its own; the caller removes it.
	CreateNetwork(ctx context.Context, spec NetworkSpec) (Network, error)
}

// Network is a private network that containers join by its ID.
type Network interface {
	ID() string
	// Remove gives the network back. Removing twice is no error.
	Remove(ctx context.Context) error
}

// PortProber is the optional ability to tell whether a container takes TCP
// connections, for services whose image says nothing about their health.
type PortProber interface {
	// Listening gives the state of the container now; Healthy when something
	// listens on every port ("8080/tcp"), and otherwise Output says which one it
	// is not. ErrUnsupported when that cannot be told from here.
	Listening(ctx context.Context, ports []string) (Health, error)
}

// Planner is the optional ability to tell before anything is built or made what
// containers cannot have on this engine.
type Planner interface {
	// PlanContainers takes specs whose images need not be there yet; networks says
	// that they are to meet on a private network. ErrUnsupported wrapped, with the
	// way out, where they cannot run; otherwise it names the settings that they run
	// without ("memory limit"), for a warning.
	PlanContainers(ctx context.Context, specs []ContainerSpec, networks bool) (without []string, err error)
}

// Volumer makes volumes, which containers of one run share.
type Volumer interface {
	// CreateVolume makes an empty volume; the caller removes it.
	CreateVolume(ctx context.Context, spec VolumeSpec) (Volume, error)
}

// Volume is storage that containers mount by its name.
type Volume interface {
	Name() string
	// Remove fails while a container uses the volume. Removing twice is no error.
	Remove(ctx context.Context) error
}

// Inspector looks at images the engine has.
type Inspector interface {
	// InspectImage takes a reference, a digest reference or an image ID.
	// ErrImageNotFound when the engine does not have it.
	InspectImage(ctx context.Context, ref string) (ImageInfo, error)
}

// Exporter gives an image's content.
type Exporter interface {
	// Export writes the image's layers into dir, compressed, and gives the
	// image made of them; it is readable while dir exists. Layers for which
	// opts.Known answers are not written but taken from there.
	Export(ctx context.Context, id string, dir string, opts ExportOptions) (v1.Image, error)
}

// IndexExporter is the optional ability to give an image of several platforms
// whole; Exporter gives one of them.
type IndexExporter interface {
	// ExportIndex gives the index with this ID (OCI image-spec, image-index.md),
	// readable while the engine is open, and nil when the ID is of one platform's
	// image. opts.Known is asked as Export does; what a compression would change is
	// ErrUnsupported.
	ExportIndex(ctx context.Context, id string, opts ExportOptions) (v1.ImageIndex, error)
}

// Pusher is the optional ability of an engine to send its images itself, which
// is cheap where it knows what the registry has.
type Pusher interface {
	// Unsent estimates how many of the image's bytes, uncompressed, the engine would
	// have to send to the registry of ref, and how many there are.
	Unsent(ctx context.Context, id, ref string) (unsent, total int64, err error)
	// Push sends the image under ref and gives the digest that the registry told
	// the engine. No name of the engine's images is another when it returns. The
	// registry that the engine means by ref may be another one than the caller's:
	// ask yours. ErrUnsupported wrapped where ref names another image in the engine.
	Push(ctx context.Context, id, ref string, opts PushOptions) (digest string, err error)
}

// Sender is the optional ability of an engine on another machine to send its images
// to a registry from there, so that their bytes do not pass through this one.
type Sender interface {
	// Sends says whether that can be done for the repository, and is worth it.
	Sends(ctx context.Context, repository string) (bool, error)
	// Send sends the image without a tag, and gives the digest that the repository has
	// then. ErrUnsupported wrapped where this image cannot be sent, or became another
	// one on the way.
	Send(ctx context.Context, id, repository string) (digest string, err error)
}

// Puller brings an image from a registry into the engine.
type Puller interface {
	// Pull takes repo@digest and gives the engine's ID of it.
	Pull(ctx context.Context, ref string) (ImageInfo, error)
}

// Sweeper removes what dead runs left behind.
type Sweeper interface {
	// Sweep removes containers, networks and volumes whose labels say that they
	// belong to a run that is dead, and tells what it removed.
	Sweep(ctx context.Context) ([]string, error)
}

// Describer says what the engine is, for messages: "docker 20.10.24 at unix:///…".
type Describer interface {
	Describe(ctx context.Context) (string, error)
}

// Lineage is the optional ability to say what registries hold of an image.
type Lineage interface {
	// KnownAs gives repo@digest references under which registries know the
	// image, or an image that it is built upon.
	KnownAs(ctx context.Context, id string) ([]string, error)
}
