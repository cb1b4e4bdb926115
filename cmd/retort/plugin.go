package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/retort-ci/retort/pkg/ci"
	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/progress"
	"github.com/retort-ci/retort/pkg/retort"
)

// Started without a word in a step of Drone or Woodpecker that has settings,
// retort is the plugin that builds an image and pushes it, as plugins/docker is.

// pluginPrefix begins the variables that hold a step's settings.
const pluginPrefix = "PLUGIN_"

// isPlugin is true where the settings of an image are in the environment. Other
// programs have plugins too: without a repository it takes Drone or Woodpecker to
// believe it.
func isPlugin(environ []string, system ci.System) bool {
	known := false
	for _, pair := range environ {
		name, value, _ := strings.Cut(pair, "=")
		if name, ok := strings.CutPrefix(name, pluginPrefix); ok && value != "" {
			if name == "REPO" {
				return true
			}
			known = known || findSetting(name) != nil
		}
	}
	return known && (system == ci.Drone || system == ci.Woodpecker)
}

// runPlugin builds the image that the settings describe and pushes it.
func runPlugin(ctx context.Context, s *session, environ []string, getenv func(string) string) error {
	p, err := readPlugin(environ, s.cli.String("C"), getenv)
	if err != nil {
		return err
	}
	for _, text := range p.notes {
		s.ui.Emit(progress.Event{Kind: progress.Note, Stage: "plugin", Text: text})
	}
	if len(p.tags) == 0 {
		s.ui.Emit(progress.Event{Kind: progress.Note, Stage: "plugin", Text: "nothing is built: auto_tag names tags and the default branch alone, and this is neither"})
		return nil
	}
	s.secrets.Add(p.password)
	done, err := p.login(getenv)
	if err != nil {
		return err
	}
	defer done()
	result, err := p.run(ctx, s, getenv)
	if errors.Is(err, engine.ErrUnavailable) {
		s.ui.Emit(progress.Event{Kind: progress.Warning, Text: "unlike plugins/docker, retort starts no Docker daemon: " +
			"mount /var/run/docker.sock into the step, or set DOCKER_HOST to a docker:dind service"})
	}
	if err != nil {
		return err
	}
	return s.result(result.doc, func(w *strings.Builder) {
		for _, line := range result.lines {
			fmt.Fprintln(w, line)
		}
	})
}

// pluginResult is what a step prints.
type pluginResult struct {
	doc   any
	lines []string
}

func (p *plugin) run(ctx context.Context, s *session, getenv func(string) string) (pluginResult, error) {
	opts := s.options()
	var err error
	if opts.Signer, err = s.signer(getenv(signingKey), getenv("COSIGN_PASSWORD")); err != nil {
		return pluginResult{}, err
	}
	opts.Dir, opts.Dockerfile, opts.Target, opts.Args = p.context, p.dockerfile, p.target, p.args
	opts.Image = p.refs()[0]
	opts.PlainHTTP = append(opts.PlainHTTP, p.plainHTTP()...)
	if p.mirror != "" {
		opts.Mirror = p.mirror
	}
	image, done, err := s.project(ctx, opts)
	if err != nil {
		return pluginResult{}, err
	}
	defer done()
	p.describe(image.Project.Services[0].Build)
	s.secrets.Add(image.Secrets()...)
	built, err := image.Build(ctx, retort.BuildOptions{NoCache: p.noCache})
	if err != nil {
		return pluginResult{}, err
	}
	id := built.Images[0].ID
	if p.dryRun {
		return pluginResult{doc: buildDoc(built), lines: []string{id}}, nil
	}
	pushed, err := image.PushImage(ctx, retort.PushImageOptions{Image: id, Refs: p.refs(), ForceTag: p.forceTag})
	if err != nil {
		return pluginResult{}, err
	}
	result := pluginResult{doc: pushDoc(pushed)}
	for _, img := range pushed.Images {
		for _, repo := range p.repos {
			result.lines = append(result.lines, repo+"@"+img.Digest)
		}
	}
	return result, nil
}
