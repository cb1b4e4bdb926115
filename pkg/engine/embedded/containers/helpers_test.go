//go:build linux

package containers_test

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/moby/sys/mountinfo"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	"golang.org/x/sys/unix"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/engine/embedded/containers"
	"github.com/retort-ci/retort/pkg/internal/probe"
)

// image is a directory with the probe in it, and what a test adds.
type image struct {
	dir    string
	config ocispecs.Image
}

func newImage(tb testing.TB) *image {
	tb.Helper()
	i := &image{dir: tb.TempDir()}
	i.config.Config.Entrypoint = []string{"/probe"}
	program, err := os.ReadFile(probe.Build(tb))
	if err != nil {
		tb.Fatal(err)
	}
	i.put(tb, "/probe", string(program), 0o755)
	if err := os.Chmod(i.dir, 0o755); err != nil {
		tb.Fatal(err)
	}
	return i
}

func (i *image) put(tb testing.TB, path, text string, mode os.FileMode) {
	tb.Helper()
	at := filepath.Join(i.dir, path)
	err := os.MkdirAll(filepath.Dir(at), 0o755)
	if err == nil {
		err = os.WriteFile(at, []byte(text), mode)
	}
	if err != nil {
		tb.Fatal(err)
	}
}

func (i *image) link(tb testing.TB, target, path string) {
	tb.Helper()
	if err := os.Symlink(target, filepath.Join(i.dir, path)); err != nil {
		tb.Fatal(err)
	}
}

// overlay is a Rootfs as the engine makes one.
type overlay struct {
	image *image
	dir   string
}

func (o *overlay) Config() ocispecs.Image { return o.image.config }
func (o *overlay) Path() string           { return filepath.Join(o.dir, "merged") }

// Release does not ask for the mount to be idle: what another test is about to execute
// has every file of this process open until then.
func (o *overlay) Release(context.Context) error {
	return errors.Join(unix.Unmount(o.Path(), unix.MNT_DETACH), os.RemoveAll(o.dir))
}

// bench is a Runtime and the images it knows.
type bench struct {
	*containers.Runtime
	root   string
	cgroup string
	mu     sync.Mutex
	images map[string]*image
	warned []string
}

func newBench(tb testing.TB, change ...func(*containers.Options)) *bench {
	tb.Helper()
	needRunc(tb)
	b := &bench{root: tb.TempDir(), cgroup: "/retort-test-" + rand.Text(), images: map[string]*image{"probe": newImage(tb)}}
	opts := containers.Options{Root: filepath.Join(b.root, "run"), Rootfs: b.rootfs, Cgroup: b.cgroup, Warn: func(text string) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.warned = append(b.warned, text)
	}}
	for _, c := range change {
		c(&opts)
	}
	r, err := containers.New(opts)
	if err != nil {
		tb.Fatal(err)
	}
	b.Runtime = r
	tb.Cleanup(func() {
		if err := r.Close(context.WithoutCancel(tb.Context())); err != nil {
			tb.Error(err)
		}
		b.nothingLeft(tb)
	})
	return b
}

func (b *bench) rootfs(_ context.Context, name string) (containers.Rootfs, error) {
	b.mu.Lock()
	i := b.images[name]
	b.mu.Unlock()
	if i == nil {
		return nil, fmt.Errorf("%s: %w", name, engine.ErrImageNotFound)
	}
	dir, err := os.MkdirTemp(b.root, "rootfs-")
	if err != nil {
		return nil, err
	}
	o := &overlay{image: i, dir: dir}
	for _, name := range []string{"upper", "work", "merged"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o755); err != nil {
			return nil, err
		}
	}
	options := fmt.Sprintf("lowerdir=%s,upperdir=%s/upper,workdir=%[2]s/work", i.dir, dir)
	return o, unix.Mount("overlay", o.Path(), "overlay", 0, options)
}

// nothingLeft looks for what outlived its removal.
func (b *bench) nothingLeft(tb testing.TB) {
	tb.Helper()
	mounts, err := mountinfo.GetMounts(mountinfo.PrefixFilter(b.root))
	if err != nil || len(mounts) > 0 {
		tb.Errorf("still mounted: %v, %v", mounts, err)
	}
	if left := groups(tb, b.cgroup); len(left) > 0 {
		tb.Errorf("left: %q", left)
	}
	for _, pattern := range []string{b.root + "/rootfs-*", b.root + "/run/*/*"} {
		if left, err := filepath.Glob(pattern); err != nil || len(left) > 0 {
			tb.Errorf("left: %q, %v", left, err)
		}
	}
}

// ended is a container that ran to its end.
type ended struct {
	code           int
	stdout, stderr string
}

func (b *bench) start(tb testing.TB, spec engine.ContainerSpec) container {
	tb.Helper()
	if spec.Image == "" {
		spec.Image = "probe"
	}
	c, err := b.Start(tb.Context(), spec)
	if err != nil {
		tb.Fatalf("start: %v", err)
	}
	tb.Cleanup(func() {
		if err := c.Remove(context.WithoutCancel(tb.Context())); err != nil {
			tb.Errorf("remove: %v", err)
		}
	})
	return c.(container)
}

// container is all that one can do.
type container interface {
	engine.Container
	engine.Killer
	engine.FileCopier
	engine.HealthChecker
	engine.PortProber
}

func (b *bench) run(tb testing.TB, spec engine.ContainerSpec) ended {
	tb.Helper()
	var stdout, stderr bytes.Buffer
	spec.Stdout, spec.Stderr = &stdout, &stderr
	code, err := b.start(tb, spec).Wait(tb.Context())
	if err != nil {
		tb.Fatalf("wait: %v", err)
	}
	return ended{code, stdout.String(), stderr.String()}
}

// files gives what a copy holds: texts of files, targets of links.
func files(tb testing.TB, c engine.FileCopier, path string) map[string]string {
	tb.Helper()
	stream, err := c.CopyFrom(tb.Context(), path)
	if err != nil {
		tb.Fatalf("copy %s: %v", path, err)
	}
	got, err := contents(stream)
	if err != nil {
		tb.Fatal(err)
	}
	return got
}

// contents reads an archive, as far as it goes.
func contents(stream io.ReadCloser) (map[string]string, error) {
	defer func() { _ = stream.Close() }()
	got := map[string]string{}
	for r := tar.NewReader(stream); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return got, nil
		}
		if err != nil {
			return got, err
		}
		text, err := io.ReadAll(r)
		got[h.Name] = string(text) + h.Linkname
		if err != nil {
			return got, err
		}
	}
}

func names(m map[string]string) []string {
	var all []string
	for name := range m {
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}

// listens waits until the container takes connections on the port.
func listens(t *testing.T, c container, port string) {
	t.Helper()
	for {
		h, err := c.Listening(t.Context(), []string{port})
		if err != nil || !h.Running {
			t.Fatalf("%+v, %v", h, err)
		}
		if h.Healthy {
			return
		}
	}
}

// seal makes what is mounted at the path read-only, in this namespace, until the
// test has ended.
func seal(t *testing.T, path string) {
	t.Helper()
	needRunc(t)
	if err := unix.Mount(path, path, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(path, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	err := unix.MountSetattr(unix.AT_FDCWD, path, unix.AT_RECURSIVE, &unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY})
	if err != nil {
		t.Fatal(err)
	}
}
