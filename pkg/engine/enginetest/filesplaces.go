package enginetest

import (
	"cmp"
	"os"
	"strings"
	"testing"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/fault"
)

// A container with a read-only root file system gets its files too, beside what
// the image has in their directories, and stays read-only elsewhere.
func (s *suite) filesReadOnly(t *testing.T) {
	built := s.build(t, s.spec(t, fromProbe+"COPY --chown=5:6 kept /etc/app/kept\n", map[string]string{"kept": "kept"}))
	got := s.runSpec(t, engine.ContainerSpec{
		Image: built.ID, ReadOnly: true,
		Files: []engine.File{
			{Path: "/etc/app/config", Content: []byte("config")},
			{Path: "/etc/app/deep/config", Content: []byte("deep")},
			{Path: "/run/secrets/password", Content: []byte("secret"), Mode: 0o400},
		},
		Cmd: []string{
			"cat", "/etc/app/kept", "/etc/app/config", "/etc/app/deep/config", "/run/secrets/password", ";",
			"echo", ";", "stat", "/etc/app", "/run/secrets/password", ";", "write", "/etc/b", "x",
		},
	})
	if want := "keptconfigdeepsecret\ndrwxr-xr-x 5 6\n-r-------- 0 0\n"; got.stdout != want || got.code != 1 {
		t.Errorf("printed %q and ended with %d, %q; want %q and the write refused", got.stdout, got.code, got.stderr, want)
	}
}

// A file below a volume's path goes into the volume.
func (s *suite) filesInVolume(t *testing.T) {
	v := s.volume(t, "files")
	for _, readOnly := range []bool{false, true} {
		spec := engine.ContainerSpec{
			Image: s.image, ReadOnly: readOnly, Mounts: []engine.Mount{{Volume: v.Name(), Path: "/data"}},
			Files: []engine.File{{Path: "/data/deep/a", Content: []byte("in it")}}, Cmd: []string{"cat", "/data/deep/a"},
		}
		if err := s.lacks(t, spec); err != nil {
			t.Logf("read only %v: %v", readOnly, err)
			continue
		}
		got := s.runSpec(t, spec)
		if got.stdout != "in it" {
			t.Errorf("read only %v: read %q, exit code %d, %q", readOnly, got.stdout, got.code, got.stderr)
		}
	}
}

// What a mount would hide, or carry out of the container, is refused.
func (s *suite) filesHidden(t *testing.T) {
	v, host := s.volume(t, "hiding"), t.TempDir()
	linked := s.build(t, s.spec(t, fromProbe+"RUN [\"/probe\", \"symlink\", \"../run\", \"/var/run\"]\n", nil))
	for name, c := range map[string]struct {
		spec  engine.ContainerSpec
		file  string
		names string
	}{
		"tmpfs":            {engine.ContainerSpec{Tmpfs: []string{"/tmp", "/run/:size=1m"}}, "/run/secrets/a", "/run"},
		"read-only volume": {engine.ContainerSpec{Mounts: []engine.Mount{{Volume: v.Name(), Path: "/data", ReadOnly: true}}}, "/data/a", v.Name()},
		"host directory":   {engine.ContainerSpec{Mounts: []engine.Mount{{Host: host, Path: "/data"}}}, "/data/a", host},
		"tmpfs by a link":  {engine.ContainerSpec{Image: linked.ID, Tmpfs: []string{"/run"}}, "/var/run/secrets/a", "/run/secrets/a"},
		"host by a link":   {engine.ContainerSpec{Image: linked.ID, Mounts: []engine.Mount{{Host: host, Path: "/run/host"}}}, "/var/run/host/a", host},
		"kernel":           {engine.ContainerSpec{}, "/proc/a", "/proc"},
		"engine":           {engine.ContainerSpec{}, "/etc/hosts", "/etc/hosts"},
		"root":             {engine.ContainerSpec{ReadOnly: true}, "/a", "read-only"},
		"relative":         {engine.ContainerSpec{}, "a", "a"},
		"climbing":         {engine.ContainerSpec{}, "/data/../a", "/data/../a"},
	} {
		c.spec.Image, c.spec.Files = cmp.Or(c.spec.Image, s.image), []engine.File{{Path: c.file}}
		if err := s.lacks(t, c.spec); err != nil {
			t.Logf("%s: %v", name, err)
			continue
		}
		err := s.refused(t, c.spec)
		if !strings.Contains(err.Error(), c.file) || !strings.Contains(err.Error(), c.names) || fault.HintOf(err) == "" {
			t.Errorf("%s: %q with the hint %q: want it to name %s and %s", name, err, fault.HintOf(err), c.file, c.names)
		}
	}
	if left, err := os.ReadDir(host); err != nil || len(left) != 0 {
		t.Errorf("written on the host: %v, %v", left, err)
	}
	got := s.runSpec(t, engine.ContainerSpec{
		Image: s.image, Tmpfs: []string{"/run"}, Mounts: []engine.Mount{{Volume: v.Name(), Path: "/run/volume"}},
		Files: []engine.File{{Path: "/runner/a"}, {Path: "/run/volume/a"}}, Cmd: []string{"exists", "/runner/a", ";", "exists", "/run/volume/a"},
	})
	if got.code != 0 {
		t.Errorf("files beside a tmpfs, and in a volume within it: %q", got.stderr)
	}
}

// Where the image has no place for a file the start fails, and leaves nothing.
func (s *suite) filesWithoutPlace(t *testing.T) {
	built := s.build(t, s.spec(t, fromProbe+"RUN [\"/probe\", \"mkdir\", \"/dir/below\", \";\", \"symlink\", \"/dir\", \"/link\"]\n", nil))
	for _, c := range []struct {
		file, names string
		readOnly    bool
	}{
		{"/dir/below", "directory", false},
		{"/probe/a/b", "/probe", false},
		{"/link/a", "/link", true},
	} {
		spec := engine.ContainerSpec{Image: built.ID, ReadOnly: c.readOnly, Files: []engine.File{{Path: "/fine/a"}, {Path: c.file}}}
		if err := s.lacks(t, spec); err != nil {
			t.Logf("%s: %v", c.file, err)
			continue
		}
		err := s.refused(t, spec)
		if !strings.Contains(err.Error(), c.file) || !strings.Contains(err.Error(), c.names) {
			t.Errorf("%q does not name %s and %s", err, c.file, c.names)
		}
	}
}
