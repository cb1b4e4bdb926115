package gatewayrun_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/frontend/dockerfile/dockerfile2llb"
	"github.com/moby/buildkit/frontend/dockerui"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/engine/buildkit/gatewayrun"
	"github.com/retort-ci/retort/pkg/engine/enginetest"
)

// images builds Dockerfiles as far as containers need it: an image is the
// daemon's recipe for it, no more.
type images struct {
	*gatewayrun.Runtime
	conn *client.Client

	mu    sync.Mutex
	known map[string]gatewayrun.Image
}

func newImages(conn *client.Client) *images {
	i := &images{conn: conn, known: map[string]gatewayrun.Image{}}
	i.Runtime = gatewayrun.New(gatewayrun.Options{
		Connect: func(context.Context) (*client.Client, error) { return conn, nil },
		Image:   i.image,
	})
	return i
}

// Clear has nothing to clear: the daemon goes with the test.
func (i *images) Clear(context.Context, string) error { return nil }

// Peculiarities are those of every gateway container.
func (i *images) Peculiarities() enginetest.Peculiarities {
	return enginetest.Peculiarities{OwnInit: true, Volatile: true}
}

func (i *images) image(_ context.Context, ref string) (gatewayrun.Image, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	img, ok := i.known[ref]
	if !ok {
		return img, fmt.Errorf("%s: %w", ref, engine.ErrImageNotFound)
	}
	return img, nil
}

// Build takes the context's files into the recipe.
func (i *images) Build(ctx context.Context, spec engine.BuildSpec) (engine.Built, error) {
	dockerfile, err := os.ReadFile(filepath.Join(spec.Context, "Dockerfile"))
	if err != nil {
		return engine.Built{}, err
	}
	files := llb.Scratch()
	err = filepath.WalkDir(spec.Context, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		name, err := filepath.Rel(spec.Context, path)
		files = files.File(llb.Mkdir("/"+filepath.Dir(name), 0o755, llb.WithParents(true))).File(llb.Mkfile("/"+name, info.Mode(), content))
		return err
	})
	if err != nil {
		return engine.Built{}, err
	}
	platform := ocispecs.Platform{OS: "linux", Architecture: runtime.GOARCH}
	made, err := dockerfile2llb.Dockerfile2LLB(ctx, dockerfile, dockerfile2llb.ConvertOpt{
		MainContext: &files, TargetPlatform: &platform, Config: dockerui.Config{Labels: spec.Labels},
	})
	if err != nil {
		return engine.Built{}, err
	}
	config, err := json.Marshal(made.Image)
	if err != nil {
		return engine.Built{}, err
	}
	def, err := made.State.Marshal(ctx)
	if err != nil {
		return engine.Built{}, err
	}
	top, err := def.Head()
	if err != nil {
		return engine.Built{}, err
	}
	id := digest.FromString(string(config) + top.String()).String()
	i.mu.Lock()
	defer i.mu.Unlock()
	i.known[id] = gatewayrun.Image{Config: config, State: made.State}
	return engine.Built{ID: id}, nil
}
