package test_test

import (
	"archive/tar"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/step/test"
)

// Reports are the caller's, of now, whatever the container says: a CI server
// refuses reports that are older than the build, and its next checkout must be
// able to remove them.
func TestReportsAreTheCallers(t *testing.T) {
	const long = 1_000_000_000 // seconds, in 2001
	foreign := func(name string) tar.Header {
		return tar.Header{
			Name: "reports/" + name, Typeflag: tar.TypeReg, Mode: 0o6711, Uid: 4242, Gid: 4243, Uname: "nobody", Gname: "nogroup",
			ModTime: time.Unix(long, 0), AccessTime: time.Unix(long, 0), ChangeTime: time.Unix(long, 0), Format: tar.FormatPAX,
		}
	}
	archive := tarOf(t, foreign("a.xml"), foreign("deep/b.xml"))
	opts := fakeOptions(t, nil)
	opts.Suites[0].Reports = []string{"/reports/*", "/reports/*/*"}
	begun := time.Now()
	result, err := test.Run(t.Context(), fake{func() engine.Container { return hostile{archive: archive} }}, opts)
	if err != nil || len(result.Suites[0].Reports) != 3 { // and its own
		t.Fatalf("reports are %q, %v", result.Suites[0].Reports, err)
	}
	for _, path := range append(result.Suites[0].Reports, filepath.Join(opts.Reports, "unit", "deep")) {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		stat, ok := info.Sys().(*syscall.Stat_t)
		if !ok || int(stat.Uid) != os.Getuid() || int(stat.Gid) != os.Getgid() {
			t.Errorf("%s belongs to %+v, want the caller", path, info.Sys())
		}
		if info.ModTime().Before(begun.Add(-time.Second)) { // a kernel's clock is coarse
			t.Errorf("%s is of %s, want now", path, info.ModTime())
		}
		if !info.IsDir() && (info.Mode()&0o400 == 0 || info.Mode()&(os.ModeSetuid|os.ModeSetgid|0o111) != 0) {
			t.Errorf("%s has the mode %s", path, info.Mode())
		}
	}
}
