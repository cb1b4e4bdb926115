package embedded_test

import (
	"os/exec"
	"path"
	"strings"
	"testing"
)

// Programs that want Docker alone, or a BuildKit elsewhere, link none of what makes
// one of this process. Packages solver, executor and snapshots declare what the
// Dockerfile frontend names; they bring none of the others.
func TestOthersDoNotLinkIt(t *testing.T) {
	t.Parallel()
	heavy := []string{
		"github.com/moby/buildkit/solver/llbsolver", "github.com/moby/buildkit/solver/bboltcachestorage", "github.com/moby/buildkit/control",
		"github.com/moby/buildkit/worker", "github.com/moby/buildkit/worker/*",
		"github.com/moby/buildkit/executor/*", "github.com/moby/buildkit/cache", "github.com/moby/buildkit/snapshot",
		"github.com/containerd/containerd/v2/plugins/snapshots/*",
		"github.com/containerd/containerd/v2/core/metadata", "github.com/containerd/go-runc",
	}
	light := []string{"../../retort", "../docker", "../buildkit"}
	for _, pkg := range light {
		out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", pkg).Output()
		if err != nil {
			t.Fatal(err)
		}
		for dep := range strings.FieldsSeq(string(out)) {
			if dep == "github.com/moby/buildkit/worker/label" { // words for what a worker is
				continue
			}
			for _, pattern := range heavy {
				if found, err := path.Match(pattern, dep); found || err != nil {
					t.Errorf("%s links %s (%v)", pkg, dep, err)
				}
			}
		}
	}
}

// What the engine has no use for would make the program larger by a third.
func TestNoCloudIsLinked(t *testing.T) {
	t.Parallel()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for dep := range strings.FieldsSeq(string(out)) {
		for _, part := range []string{"aws-sdk", "Azure/azure", "go-actions-cache", "remotecache/s3", "remotecache/azblob", "k8s.io"} {
			if strings.Contains(dep, part) {
				t.Errorf("the engine links %s", dep)
			}
		}
	}
}
