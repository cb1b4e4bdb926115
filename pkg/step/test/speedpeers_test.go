package test_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/engine/docker/dockertest"
	"github.com/retort-ci/retort/pkg/internal/owner"
	"github.com/retort-ci/retort/pkg/internal/versus"
	"github.com/retort-ci/retort/pkg/step/test"
)

// The test of two services that everyone runs: they listen 300 ms after their
// start, and their health is looked at every second, which is the shortest
// interval that people usually write. Docker looks at it after a whole interval
// for the first time.
const (
	slowStart = "300ms"
	interval  = time.Second
)

// looks is the health check; asks is the suite, which has no patience.
func looks() []string { return []string{"/probe", "get", "http://127.0.0.1:8080/", "0s"} }

func asks() []string {
	return []string{"get", "http://orders:8080/", "0s", ";", "get", "http://billing:8080/", "0s"}
}

// BenchmarkVersusCompose brings up two services side by side, runs a suite once
// they are healthy, and takes everything down again.
func BenchmarkVersusCompose(b *testing.B) {
	t := newTrack(b)
	suite := t.suite("e2e", asks()...)
	for _, name := range []string{"orders", "billing"} {
		suite.Services = append(suite.Services, test.Service{
			Name:      name,
			Container: engine.ContainerSpec{Image: t.image, Cmd: []string{"serve", ":8080", slowStart}},
			Health:    &test.Health{Probe: looks(), Interval: interval},
		})
		suite.DependsOn = append(suite.DependsOn, on(name, test.Healthy)...)
	}
	versus.Run(b, versus.Work{
		Name: "two healthy services, one suite", Rounds: 7,
		Ours: func() error { return t.pass(suite) },
		Peers: []versus.Peer{
			{Name: "docker-compose 1", Limit: 0.4, Do: t.compose(b), Missing: missing("docker-compose")},
			{Name: "script of docker commands", Limit: 0.59, Do: t.script(b), Missing: missing("docker")},
			{Name: "bare API calls, side by side", Limit: 1.15, Do: t.bare},
		},
	})
}

// bare is the engine's own part of it, which nobody can do without.
func (t *track) bare() error {
	return exits0(t.engine.RunBareSuite(t.ctx, dockertest.BareSuite{
		Name: "retort-" + t.run, Image: t.image, Labels: t.labels, Services: []string{"orders", "billing"},
		Serve: []string{"serve", ":8080", slowStart}, Probe: looks(), Ask: asks(),
	}))
}

// missing says so where the machine does not have the program.
func missing(program string) string {
	if _, err := exec.LookPath(program); err != nil {
		return program + " is not installed"
	}
	return ""
}

// compose is what the README of many a project says: run the suite, with what
// it depends on, and take it down. The file is one that docker-compose 1.29
// takes as well as docker compose; JSON is YAML.
func (t *track) compose(b *testing.B) func() error {
	b.Helper()
	type object map[string]any
	healthy := object{"condition": "service_healthy"}
	service := object{
		"image": t.image, "command": []string{"serve", ":8080", slowStart}, "labels": t.labels,
		"healthcheck": object{"test": append([]string{"CMD"}, looks()...), "interval": interval.String()},
	}
	suite := object{
		"image": t.image, "command": asks(), "labels": t.labels,
		"depends_on": object{"orders": healthy, "billing": healthy},
	}
	content, err := json.Marshal(object{
		"version":  "2.4",
		"services": object{"orders": service, "billing": service, "e2e": suite},
		"networks": object{"default": object{"labels": t.labels}},
	})
	if err != nil {
		b.Fatal(err)
	}
	file := filepath.Join(b.TempDir(), "docker-compose.yml")
	if err := os.WriteFile(file, content, 0o644); err != nil {
		b.Fatal(err)
	}
	return func() error {
		if err := t.command("docker-compose", "-p", "retort-"+t.run, "-f", file, "run", "--rm", "e2e"); err != nil {
			return err
		}
		return t.command("docker-compose", "-p", "retort-"+t.run, "-f", file, "down")
	}
}

// commands is the script that stands in the CI files of those who have no
// Compose. NAME makes the names, LABEL marks what it makes.
const commands = `set -eu
docker network create --label "$LABEL" "$NAME"
for service in orders billing; do
  docker run -d --label "$LABEL" --name "$NAME-$service" --network "$NAME" --network-alias "$service" \
    --health-interval 1s "$IMAGE" serve :8080 "$DELAY"
done
for service in orders billing; do
  until [ "$(docker inspect -f '{{.State.Health.Status}}' "$NAME-$service")" = healthy ]; do
    sleep 0.5
  done
done
docker run --rm --label "$LABEL" --network "$NAME" "$IMAGE" "$@"
docker rm -f "$NAME-orders" "$NAME-billing"
docker network rm "$NAME"
`

// script has its own image: docker run takes a health check for a shell alone,
// and the probe's image has none.
func (t *track) script(b *testing.B) func() error {
	b.Helper()
	test, err := json.Marshal(looks())
	if err != nil {
		b.Fatal(err)
	}
	image := t.build(b, "HEALTHCHECK CMD "+string(test)+"\n")
	return func() error {
		return t.command("env", append([]string{
			"NAME=retort-" + t.run, "LABEL=" + owner.LabelRun + "=" + t.run, "IMAGE=" + image, "DELAY=" + slowStart,
			"bash", "-c", commands, "script",
		}, asks()...)...)
	}
}

// command runs a program of the peer's against the engine of this track. Its
// output is shown where it fails.
func (t *track) command(name string, args ...string) error {
	cmd := exec.CommandContext(t.ctx, name, args...)
	cmd.Env = append(os.Environ(), "DOCKER_HOST="+t.engine.Host())
	cmd.WaitDelay = time.Second // for children that hold its output
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}
