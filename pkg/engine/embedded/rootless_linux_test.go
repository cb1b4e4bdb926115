package embedded_test

import (
	"archive/tar"
	"bytes"
	"errors"
	"os"
	"runtime"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"golang.org/x/sys/unix"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/engine/embedded"
	"github.com/retort-ci/retort/pkg/engine/embedded/internal/unprivileged"
	"github.com/retort-ci/retort/pkg/internal/probe"
)

// A user who is not root passes the same tests. Those of limits want control groups.
func TestRootless(t *testing.T) {
	u := unprivileged.New(t)
	u.Tests(t, "^(TestConformance|TestKilled|TestOwnerIsTheProcessOutside|TestNamespaces|TestRunReachesTheMachine)$",
		groupsVariable+"=Mounts Files Network")
}

// Whoever builds, files have the owners that the base and the Dockerfile say.
func TestSameDigestRootless(t *testing.T) {
	u := unprivileged.New(t)
	base := pushed(t, hostOfRegistry(t)+"/bases/owned", owned(t))
	dir := probe.Context(t, "FROM "+base+"\nCOPY --chown=1000:42 probe /probe\n"+
		`RUN ["/probe","write","/etc/secret","changed"]`+"\nUSER 65534\n"+`RUN ["/probe","write","/home/file","of nobody"]`+"\n", nil)
	e := open(t, embedded.Options{})
	built, err := e.Build(t.Context(), engine.BuildSpec{Context: dir, Args: epochArg()})
	if err != nil {
		t.Fatal(err)
	}
	cmd := u.Command(t.Context())
	cmd.Env = append(cmd.Env, roleVariable+"=id", argVariable+"="+u.Copy(t, dir))
	out, err := cmd.CombinedOutput()
	if got := strings.TrimSpace(string(out)); err != nil || got != built.ID {
		t.Errorf("it is %s, %v; root built %s", got, err, built.ID)
	}
}

func epochArg() map[string]string { return map[string]string{"SOURCE_DATE_EPOCH": "1709208000"} }

// What runc keeps is where it can be written, and all else in /run stays to be seen.
func TestRuncStateRootless(t *testing.T) {
	u := unprivileged.New(t)
	if err := unix.Mount("tmpfs", "/run", "tmpfs", 0, "mode=0755"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount("/run", unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	if err := errors.Join(os.Mkdir("/run/dir", 0o755), os.WriteFile("/run/dir/file", nil, 0o600), os.WriteFile("/run/file", nil, 0o600),
		os.Symlink("dir", "/run/link"), unix.Mkfifo("/run/fifo", 0o600), os.Mkdir("/run/private", 0o700)); err != nil {
		t.Fatal(err)
	}
	const all = "dir/file ----------\nfifo p---------\nfile ----------\nlink L---------\n"
	own := u.Copy(t, t.TempDir())
	for name, c := range map[string]struct{ runtime, user, want string }{
		"own directory":     {own, "unit", "runc's " + own + "\n" + all},
		"somebody else's":   {"/run/private", "unit", "runc's /run\n" + all},
		"none":              {"", "unit", "runc's /run\n" + all},
		"a user named root": {u.Copy(t, t.TempDir()), "root", "runc's /run\n" + all},
	} {
		cmd := u.Command(t.Context())
		cmd.Env = append(cmd.Env, roleVariable+"=runc state", "USER="+c.user, "XDG_RUNTIME_DIR="+c.runtime)
		if out, err := cmd.CombinedOutput(); err != nil || string(out) != c.want {
			t.Errorf("%s: %v\n%s\nwant\n%s", name, err, out, c.want)
		}
	}
}

// owned is an image with a file that is not root's.
func owned(t *testing.T) v1.Image {
	t.Helper()
	var layer bytes.Buffer
	w := tar.NewWriter(&layer)
	for _, h := range []tar.Header{
		{Name: "etc/", Typeflag: tar.TypeDir, Mode: 0o755},
		{Name: "etc/secret", Typeflag: tar.TypeReg, Mode: 0o640, Gid: 42},
		{Name: "home/", Typeflag: tar.TypeDir, Mode: 0o700, Uid: 65534, Gid: 65534},
	} {
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	img, err := mutate.AppendLayers(empty.Image, static.NewLayer(layer.Bytes(), types.DockerUncompressedLayer))
	if err != nil {
		t.Fatal(err)
	}
	return platformed(t, img, runtime.GOARCH)
}
