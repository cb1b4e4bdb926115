package test_test

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/progress"
	"github.com/retort-ci/retort/pkg/step/test"
)

// fake is an engine that can only start containers; each is what make gives.
type fake struct {
	make func() engine.Container
}

func (f fake) Start(context.Context, engine.ContainerSpec) (engine.Container, error) {
	return f.make(), nil
}

// networking is a fake that has networks, too.
type networking struct{ fake }

func (networking) CreateNetwork(context.Context, engine.NetworkSpec) (engine.Network, error) {
	return still{}, nil
}

// still is a container that has ended well, and cannot do more.
type still struct{ removeErr error }

func (still) ID() string                        { return "still" }
func (still) Wait(context.Context) (int, error) { return 0, nil }
func (s still) Remove(context.Context) error    { return s.removeErr }

// hostile gives an archive that the engine's own code would not write.
type hostile struct {
	still
	archive []byte
	err     error
}

func (h hostile) CopyFrom(context.Context, string) (io.ReadCloser, error) {
	return io.NopCloser(io.MultiReader(bytes.NewReader(h.archive), errReader{h.err})), nil
}

type errReader struct{ err error }

func (r errReader) Read([]byte) (int, error) {
	if r.err != nil {
		return 0, r.err
	}
	return 0, io.EOF
}

func tarOf(t *testing.T, headers ...tar.Header) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := tar.NewWriter(&buf)
	for _, h := range headers {
		if h.Typeflag == tar.TypeReg {
			h.Size = 4
		}
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if h.Size > 0 {
			if _, err := io.WriteString(w, "evil"); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func fakeOptions(t *testing.T, events progress.Sink) test.Options {
	t.Helper()
	return test.Options{
		Suites:  []test.Suite{{Name: "unit", Reports: []string{"/reports/*"}}},
		Reports: filepath.Join(t.TempDir(), "reports"), Progress: events,
	}
}

// No name of an archive leads out of the suite's directory, and nothing of it is
// made but regular files: a device would be one of this machine's.
func TestHostileArchive(t *testing.T) {
	archive := tarOf(t,
		tar.Header{Name: "reports/../../escaped.xml", Typeflag: tar.TypeReg},
		tar.Header{Name: "../reports/up.xml", Typeflag: tar.TypeReg},
		tar.Header{Name: "/reports/absolute.xml", Typeflag: tar.TypeReg},
		tar.Header{Name: "reports/link", Typeflag: tar.TypeSymlink, Linkname: "/tmp"},
		tar.Header{Name: "reports/link/through.xml", Typeflag: tar.TypeReg},
		tar.Header{Name: "reports/hard.xml", Typeflag: tar.TypeLink, Linkname: "/etc/hosts"},
		tar.Header{Name: "reports/char.xml", Typeflag: tar.TypeChar, Mode: 0o666, Devmajor: 1, Devminor: 3},
		tar.Header{Name: "reports/block.xml", Typeflag: tar.TypeBlock, Mode: 0o666, Devmajor: 7},
		tar.Header{Name: "reports/fifo.xml", Typeflag: tar.TypeFifo, Mode: 0o666},
		tar.Header{Name: "reports/fine.xml", Typeflag: tar.TypeReg},
	)
	events := &recorder{}
	opts := fakeOptions(t, events)
	if _, err := test.Run(t.Context(), fake{func() engine.Container { return hostile{archive: archive} }}, opts); err != nil {
		t.Fatal(err)
	}
	// The path is cleaned, so the second and the third lie in the directory.
	if got, want := keys(files(t, filepath.Dir(opts.Reports))), []string{"reports/unit/absolute.xml", "reports/unit/fine.xml", "reports/unit/retort.xml", "reports/unit/up.xml"}; !slices.Equal(got, want) {
		t.Errorf("files are %q, want %q", got, want)
	}
	for _, name := range []string{"link", "hard.xml", "char.xml", "block.xml", "fifo.xml"} {
		if told := events.texts(progress.Warning); !strings.Contains(told, "report /reports/"+name+" is left out") {
			t.Errorf("of %s nothing is told: %q", name, told)
		}
	}
}

// An archive that breaks off is an error, not fewer reports.
func TestArchiveBreaksOff(t *testing.T) {
	archive := tarOf(t, tar.Header{Name: "reports/a.xml", Typeflag: tar.TypeReg})
	away := errors.New("away")
	c := hostile{archive: archive[:600], err: away}
	_, err := test.Run(t.Context(), fake{func() engine.Container { return c }}, fakeOptions(t, nil))
	if !errors.Is(err, away) {
		t.Errorf("error is %v, want %v", err, away)
	}
}

// What an engine cannot do is told where it is asked for.
func TestEngineOfFewAbilities(t *testing.T) {
	eng := fake{func() engine.Container { return still{} }}
	events := &recorder{}
	opts := fakeOptions(t, events)
	result, err := test.Run(t.Context(), eng, opts)
	if err != nil || !result.Passed() || !strings.Contains(events.texts(progress.Warning), "not supported") {
		t.Errorf("without CopyFrom: %v, %+v, warned %q", err, result, events.texts(progress.Warning))
	}
	opts.Suites[0].Services = []test.Service{{Name: "web"}}
	_, err = test.Run(t.Context(), eng, opts)
	if !errors.Is(err, engine.ErrUnsupported) || fault.SideOf(err) != fault.Usage {
		t.Errorf("without networks: %v on side %v", err, fault.SideOf(err))
	}
}

// What cannot be removed is told, on its side, and by what it is removed later.
func TestRemovalFails(t *testing.T) {
	stuck := errors.New("device busy")
	_, err := test.Run(t.Context(), fake{func() engine.Container { return still{removeErr: stuck} }}, fakeOptions(t, nil))
	if !errors.Is(err, stuck) || fault.SideOf(err) != fault.Infrastructure || fault.HintOf(err) == "" {
		t.Errorf("error is %v on side %v with the hint %q", err, fault.SideOf(err), fault.HintOf(err))
	}
}
