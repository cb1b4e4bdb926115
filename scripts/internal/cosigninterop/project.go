package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/retort-ci/retort/pkg/evidence"
)

// project is one that the retort command takes through its stages. Its only suite
// looks at the image's files, so that no container is needed.
type project struct {
	room       *room
	dir        string
	repository string
	ref        string // repository@digest, once pushed
}

const composeFile = `
services:
  app:
    build: .
    image: %s
    x-retort: { structure: app.yaml }
x-retort:
  environments:
    production: { tag: live, signed-by: cosign.pub }
`

const structureFile = `schemaVersion: 2.0.0
fileExistenceTests:
  - { name: data, path: /data, shouldExist: true }
`

// project makes one whose environment trusts the room's key, builds it, tests it
// and pushes it, with arguments for push.
func (r *room) project(ctx context.Context, args ...string) (*project, error) {
	dir, err := os.MkdirTemp(r.dir, "project-")
	if err != nil {
		return nil, err
	}
	name := "interop-" + strings.ToLower(rand.Text()[:10])
	p := &project{room: r, dir: dir, repository: r.addr + "/" + name + "/app"}
	public, err := os.ReadFile(r.file("cosign.pub"))
	if err != nil {
		return nil, err
	}
	for file, text := range map[string]string{
		"compose.yaml": "name: " + name + fmt.Sprintf(composeFile, p.repository),
		"app.yaml":     structureFile, "data": name, "cosign.pub": string(public),
		"Dockerfile": "FROM scratch\nCOPY data /data\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
			return nil, err
		}
	}
	for _, stage := range [][]string{{"build"}, {"test"}, append([]string{"push"}, args...)} {
		if p.ref, err = p.retort(ctx, stage...); err != nil {
			return p, err
		}
	}
	return p, nil
}

// retort runs the command and gives what it prints.
func (p *project) retort(ctx context.Context, args ...string) (string, error) {
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, p.room.retort, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = p.dir, &stdout, &stderr
	cmd.Env = append(os.Environ(), "COSIGN_PASSWORD="+password)
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("retort %s: %w\n%s", strings.Join(args, " "), err, stderr.Bytes())
	}
	return strings.TrimSpace(stdout.String()), nil
}

// promotes says whether the environment lets the image in.
func (p *project) promotes(ctx context.Context) (bool, error) {
	_, err := p.retort(ctx, "promote", "--to", "production")
	const refused = 4
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.ExitCode() == refused {
		return false, nil
	}
	return err == nil, err
}

// remove takes the image off the engine.
func (p *project) remove(ctx context.Context) error {
	out, err := exec.CommandContext(context.WithoutCancel(ctx), "docker", "image", "rm", p.repository+":local").CombinedOutput()
	if err != nil {
		return fmt.Errorf("remove the image: %w\n%s", err, out)
	}
	return nil
}

// retortSigned has cosign verify what the command attaches, and the command let in
// what it signed itself.
func retortSigned(ctx context.Context, r *room) (err error) {
	p, err := r.project(ctx, "--key", r.file("cosign.key"))
	if p != nil {
		defer func() { err = errors.Join(err, p.remove(ctx)) }()
	}
	if err != nil {
		return err
	}
	for _, predicateType := range []string{"slsaprovenance1", evidence.TestResultType} {
		if _, err := r.verify(ctx, bundles, r.file("cosign.pub"), predicateType, p.ref); err != nil {
			return err
		}
	}
	in, err := p.promotes(ctx)
	if err == nil && !in {
		err = errors.New("retort does not let in what it signed")
	}
	return err
}

// retortTrusts has cosign attest what retort found out but did not sign: first it
// is kept out, and then let in.
func retortTrusts(f form) func(context.Context, *room) error {
	return func(ctx context.Context, r *room) (err error) {
		p, err := r.project(ctx)
		if p != nil {
			defer func() { err = errors.Join(err, p.remove(ctx)) }()
		}
		if err != nil {
			return err
		}
		if in, err := p.promotes(ctx); err != nil || in {
			return fmt.Errorf("what nobody signed is let in: %v, %w", in, err)
		}
		found, err := r.registry.Referrers(ctx, p.ref, evidence.MediaType)
		if err != nil {
			return err
		}
		for _, a := range found {
			statement, err := evidence.Parse(a.Data)
			if err != nil {
				return err
			}
			file := r.file("predicate.json")
			if err := os.WriteFile(file, statement.Predicate, 0o600); err != nil {
				return err
			}
			if err := r.attest(ctx, f, file, statement.PredicateType, p.ref); err != nil {
				return err
			}
		}
		in, err := p.promotes(ctx)
		if err == nil && !in {
			err = errors.New("retort does not let in what cosign attested")
		}
		return err
	}
}
