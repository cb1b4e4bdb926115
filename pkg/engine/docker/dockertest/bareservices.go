package dockertest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/network"
	"golang.org/x/sync/errgroup"
)

// BareSuite is a suite with services, for RunBareSuite.
type BareSuite struct {
	Name, Image string // of the network, and the beginning of the containers' names
	Labels      map[string]string
	Services    []string // their names, by which the suite reaches them
	Serve       []string // the command of each
	Probe       []string // that exits 0 in a service which is ready
	Ask         []string // the suite's own command
}

// barePause is between two probes of one service.
const barePause = 25 * time.Millisecond

// RunBareSuite runs the services, the suite and their removal by the calls without
// which there is no exit code, side by side wherever they may be: what the engine
// itself takes, however it is asked. It gives the suite's exit code.
func (e *Engine) RunBareSuite(ctx context.Context, s BareSuite) (code int, err error) {
	made, err := e.api.NetworkCreate(ctx, s.Name, network.CreateOptions{Driver: "bridge", Labels: s.Labels})
	if err != nil {
		return 0, err
	}
	ids := make([]string, len(s.Services)+1) // the last one is the suite's own
	defer func() { err = errors.Join(err, e.removeBareSuite(context.WithoutCancel(ctx), ids, made.ID)) }()
	if err := e.serveBare(ctx, s, ids); err != nil {
		return 0, err
	}
	return e.finishBare(ctx, ids[len(s.Services)])
}

// serveBare brings the services up and creates the suite's container beside them.
func (e *Engine) serveBare(ctx context.Context, s BareSuite, ids []string) error {
	g, ctx := errgroup.WithContext(ctx)
	for i, name := range s.Services {
		g.Go(func() (err error) {
			if ids[i], err = e.createIn(ctx, s, name, s.Serve); err != nil {
				return err
			}
			streams, err := e.startBare(ctx, ids[i])
			if err != nil {
				return err
			}
			context.AfterFunc(ctx, streams.Close)
			return e.readyBare(ctx, ids[i], s.Probe)
		})
	}
	g.Go(func() (err error) {
		ids[len(s.Services)], err = e.createIn(ctx, s, "suite", s.Ask)
		return err
	})
	return g.Wait()
}

func (e *Engine) createIn(ctx context.Context, s BareSuite, name string, cmd []string) (string, error) {
	created, err := e.api.ContainerCreate(ctx, &container.Config{
		Image: s.Image, Cmd: cmd, Labels: s.Labels, AttachStdout: true, AttachStderr: true,
	}, &container.HostConfig{NetworkMode: container.NetworkMode(s.Name)}, &network.NetworkingConfig{
		EndpointsConfig: map[string]*network.EndpointSettings{s.Name: {Aliases: []string{name}}},
	}, nil, s.Name+"."+name)
	return created.ID, err
}

// readyBare executes the probe until it exits 0.
func (e *Engine) readyBare(ctx context.Context, id string, probe []string) error {
	for {
		made, err := e.api.ContainerExecCreate(ctx, id, container.ExecOptions{Cmd: probe, AttachStdout: true, AttachStderr: true})
		if err != nil {
			return err
		}
		streams, err := e.api.ContainerExecAttach(ctx, made.ID, container.ExecAttachOptions{})
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, streams.Reader)
		streams.Close()
		if err != nil {
			return err
		}
		done, err := e.api.ContainerExecInspect(ctx, made.ID)
		for err == nil && done.Running { // its output ends a moment before
			done, err = e.api.ContainerExecInspect(ctx, made.ID)
		}
		if err != nil || done.ExitCode == 0 {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(barePause):
		}
	}
}

func (e *Engine) removeBareSuite(ctx context.Context, ids []string, network string) error {
	var g errgroup.Group
	for _, id := range ids {
		if id != "" {
			g.Go(func() error { return e.removeContainer(ctx, id) })
		}
	}
	if err := g.Wait(); err != nil {
		return err
	}
	if err := e.api.NetworkRemove(ctx, network); err != nil {
		return fmt.Errorf("remove network: %w", err)
	}
	return nil
}
