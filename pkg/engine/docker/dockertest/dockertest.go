// Package dockertest gives tests the Docker daemon of this machine, counts and
// removes what they left on it, and breaks the connection to it on command.
package dockertest

import (
	"cmp"
	"context"
	"errors"
	"os"
	"testing"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/docker/api/types/volume"
	"github.com/docker/docker/client"

	"github.com/retort-ci/retort/pkg/engine/docker"
	"github.com/retort-ci/retort/pkg/internal/owner"
)

// Engine is the daemon as retort sees it, with what only tests do to it.
type Engine struct {
	*docker.Engine
	api *client.Client
}

// Open gives the daemon of DOCKER_HOST or of the platform's socket, and closes
// it with the test. Where none answers the test is skipped; where CI=true it
// fails, so that a broken agent does not look like success.
func Open(tb testing.TB) *Engine {
	tb.Helper()
	eng, err := docker.New(docker.Options{Host: host()})
	if err != nil {
		tb.Fatal(err)
	}
	api, err := client.NewClientWithOpts(client.FromEnv, client.WithAPIVersionNegotiation())
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := errors.Join(eng.Close(), api.Close()); err != nil {
			tb.Errorf("close the engine: %v", err)
		}
	})
	if _, err := eng.Describe(tb.Context()); err != nil {
		if os.Getenv("CI") == "true" {
			tb.Fatal(err)
		}
		tb.Skip(err)
	}
	return &Engine{Engine: eng, api: api}
}

// host is the daemon's address. Docker contexts are left out, so that both
// clients of an Engine speak to the same daemon.
func host() string { return cmp.Or(os.Getenv(client.EnvOverrideHost), client.DefaultDockerHost) }

// Host is the daemon's address as DOCKER_HOST takes it.
func (e *Engine) Host() string { return host() }

// Left names the containers, networks and volumes of the run that are on the
// daemon.
func (e *Engine) Left(ctx context.Context, run string) ([]string, error) {
	return e.found(ctx, of(run))
}

// Clear removes the containers, networks, volumes and images of the run.
func (e *Engine) Clear(ctx context.Context, run string) error {
	var errs []error
	containers, err := e.api.ContainerList(ctx, container.ListOptions{All: true, Filters: of(run)})
	errs = append(errs, err)
	for _, c := range containers {
		errs = append(errs, e.removeContainer(ctx, c.ID))
	}
	networks, err := e.api.NetworkList(ctx, network.ListOptions{Filters: of(run)})
	errs = append(errs, err)
	for _, n := range networks {
		errs = append(errs, e.api.NetworkRemove(ctx, n.ID))
	}
	volumes, err := e.api.VolumeList(ctx, volume.ListOptions{Filters: of(run)})
	errs = append(errs, err)
	for _, v := range volumes.Volumes {
		errs = append(errs, e.api.VolumeRemove(ctx, v.Name, true))
	}
	return errors.Join(append(errs, e.clearImages(ctx, of(run)))...)
}

// removeContainer waits for the end of a removal that is under way already.
func (e *Engine) removeContainer(ctx context.Context, id string) error {
	err := e.api.ContainerRemove(ctx, id, container.RemoveOptions{Force: true, RemoveVolumes: true})
	if errdefs.IsConflict(err) {
		results, errs := e.api.ContainerWait(ctx, id, container.WaitConditionRemoved)
		select {
		case <-results:
			return nil
		case err = <-errs:
		}
	}
	if errdefs.IsNotFound(err) {
		return nil
	}
	return err
}

func of(run string) filters.Args {
	return filters.NewArgs(filters.Arg("label", owner.LabelRun+"="+run))
}
