package main

import (
	"context"
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/retort-ci/retort/pkg/engine/docker/dockertest"
	"github.com/retort-ci/retort/pkg/registry/serve"
)

// TestScripts runs the command line's contract, one idea per script. Besides
// testscript's own variables a script has
//
//	$REGISTRY  an empty registry of its own, host:port
//	$PROJECT   a name that no other script has, for the compose file
//	$PROBE     a static program for images (pkg/internal/probe), a file whose
//	           content no other script has
//	unique     another such file, a small one
//
// and the commands of scriptCommands.
func TestScripts(t *testing.T) {
	eng := dockertest.Open(t)
	testscript.Run(t, testscript.Params{
		Dir:                "testdata",
		RequireUniqueNames: true,
		Cmds:               scriptCommands(eng),
		Condition:          scriptCondition,
		Setup: func(env *testscript.Env) error {
			return setUp(env, eng)
		},
	})
}

// setUp gives a script its registry and variables, and removes at its end what
// it left on the engine. A container among that is a failure.
func setUp(env *testscript.Env, eng *dockertest.Engine) error {
	t := env.T().(testing.TB)
	server, err := serve.Listen(t.Context(), serve.Options{Dir: t.TempDir(), Addr: "127.0.0.1:0"})
	if err != nil {
		return err
	}
	project := "cli-" + strings.ToLower(rand.Text()[:10])
	if err := os.WriteFile(filepath.Join(env.WorkDir, "unique"), []byte(project), 0o644); err != nil {
		return err
	}
	program, err := ownProbe(project)
	if err != nil {
		return err
	}
	probe := filepath.Join(t.TempDir(), "probe")
	if err := os.WriteFile(probe, program, 0o755); err != nil {
		return err
	}
	env.Values[served{}] = &served{}
	env.Setenv("REGISTRY", server.Addr())
	env.Setenv("PROJECT", project)
	env.Setenv("PROBE", probe)
	env.Setenv("HOME", filepath.Join(env.WorkDir, "home"))
	env.Setenv("GORACE", "atexit_sleep_ms=0") // or each command lasts a second longer
	env.Vars = append(env.Vars, gitVars()...)
	env.Vars = append(env.Vars, engineVars()...)
	env.Defer(func() {
		cleanUp(t, eng, server.Addr(), project)
		if err := server.Close(); err != nil {
			t.Errorf("close the registry: %v", err)
		}
	})
	return nil
}

// cleanUp removes the images of a project and its registry, and fails when
// there are containers of them. The test's own context has ended by then.
func cleanUp(t testing.TB, eng *dockertest.Engine, registry, project string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), time.Minute)
	defer cancel()
	left, err := eng.RemoveNames(ctx, func(name string) bool {
		return strings.HasPrefix(name, registry+"/") || strings.Contains(name, "/"+project+"/")
	})
	if err != nil {
		t.Errorf("remove images: %v", err)
	}
	for _, what := range left {
		t.Errorf("left on the engine: %s", what)
	}
}

// gitVars make git the same on every machine.
func gitVars() []string {
	return []string{
		"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=" + os.DevNull,
		"GIT_AUTHOR_NAME=Ann", "GIT_AUTHOR_EMAIL=ann@example.com",
		"GIT_COMMITTER_NAME=Ann", "GIT_COMMITTER_EMAIL=ann@example.com",
	}
}

// engineVars say where the daemon is, if this machine says so.
func engineVars() []string {
	var vars []string
	for _, name := range []string{"DOCKER_HOST", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"} {
		if value := os.Getenv(name); value != "" {
			vars = append(vars, name+"="+value)
		}
	}
	return vars
}
