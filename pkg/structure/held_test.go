package structure_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/engine/docker/dockertest"
	"github.com/retort-ci/retort/pkg/structure"
)

// hold gives the image to the real engine for the time of the test.
func hold(t *testing.T, eng *dockertest.Engine, img v1.Image) (id string) {
	t.Helper()
	name := "retort.local/held:" + strings.ToLower(rand.Text())
	config, err := img.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	config = config.DeepCopy()
	config.OS, config.Architecture = "linux", runtime.GOARCH
	if img, err = mutate.ConfigFile(img, config); err != nil {
		t.Fatal(err)
	}
	if _, err := eng.Load(t.Context(), name, img); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := eng.RemoveImage(context.WithoutCancel(t.Context()), name); err != nil {
			t.Error(err)
		}
	})
	info, err := eng.InspectImage(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return info.ID
}

// What an engine has unpacked gives the results that the layers give.
func TestCheckHeld(t *testing.T) {
	eng := dockertest.Open(t)
	archives(t, "check", func(t *testing.T, a *txtar.Archive) string {
		if t.Name() == "TestCheckHeld/contents-broken" {
			t.Skip("no engine takes an image whose layer is broken")
		}
		f := parse(t, a.Files[0].Name, string(a.Files[0].Data))
		results, err := structure.CheckHeld(t.Context(), f, eng, hold(t, eng, imageOf(t, a)), nil)
		if err != nil {
			t.Fatal(err)
		}
		return show(results)
	})
}

// Every path is asked for in every way, of the layers and of the engine: links
// that lead up, around, and to nothing.
func TestCheckHeldOfLinks(t *testing.T) {
	eng := dockertest.Open(t)
	img := withLayer(t, withLayer(t, empty.Image, tarOf(t, `dir 0755 0:0 usr
dir 0750 3:4 usr/bin
file 04755 1:2 usr/bin/f "in bin"
file 0644 0:0 usr/g "in usr"
file 0600 0:0 g "in root"
symlink 0777 0:0 bin usr/bin
symlink 0777 0:0 up ../../usr/bin/../g
symlink 0777 0:0 absolute /bin/f
symlink 0777 0:0 current bin
symlink 0777 0:0 usr/bin/parent ../g
symlink 0777 0:0 ring/a b
symlink 0777 0:0 ring/b a
symlink 0777 0:0 nothing gone
symlink 0777 0:0 below f/x
hardlink 0644 0:0 h usr/g
file 0644 0:0 names/a*b?c[d] "glob"
file 0644 0:0 names/!x "bang"
file 0644 0:0 names/ü "umlaut"
char 0600 0:0 dev/console
fifo 0644 0:0 pipe
`)), tarOf(t, "file 0644 0:0 usr/.wh.g \"\"\nfile 0644 0:0 usr/later \"2\"\n"))
	var text strings.Builder
	text.WriteString("schemaVersion: 2.0.0\nfileExistenceTests:\n")
	var contents strings.Builder
	for _, path := range []string{
		"/", ".", "/usr", "/usr/", "/usr/bin", "/usr/bin/f", "usr/bin/f", "/bin", "/bin/", "/bin/f", "/bin/../g", "/usr/bin/../g", "/bin/parent",
		"/current", "/current/f", "/current/parent", "/current/../g", "/up", "/absolute", "/ring", "/ring/a", "/ring/a/x", "/nothing", "/nothing/x",
		"/below", "/g", "/g/x", "/h", "/usr/g", "/usr/later", "/names/a*b?c[d]", "/names/*", "/names/!x", "/names/ü", "/dev/console", "/pipe", "/../g", "/gone", "/gone/g",
	} {
		fmt.Fprintf(&text, "- {name: %[1]q, path: %[1]q, permissions: '----------', uid: 77, gid: 78, isExecutableBy: owner}\n", path)
		fmt.Fprintf(&text, "- {name: %[1]q, path: %[1]q, shouldExist: false}\n", path)
		fmt.Fprintf(&contents, "- {name: %[1]q, path: %[1]q, expectedContents: ['shown when it has no match']}\n", path)
	}
	f := parse(t, "f.yaml", text.String()+"fileContentTests:\n"+contents.String())
	want, err := structure.Check(t.Context(), f, img, nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := structure.CheckHeld(t.Context(), f, eng, hold(t, eng, img), nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != len(want) {
		t.Fatalf("%d results, want %d", len(got), len(want))
	}
	for i := range want {
		if g, w := show(got[i:i+1]), show(want[i:i+1]); g != w {
			t.Errorf("the engine says\n%sthe layers say\n%s", g, w)
		}
	}
}

// A large file comes in parts, and one that is too large not at all.
func TestCheckHeldOfLargeFiles(t *testing.T) {
	eng := dockertest.Open(t)
	large := strings.Repeat("x", 9<<20)
	img := withLayer(t, empty.Image, tarOf(t, `file 0644 0:0 large "`+large+`end"`))
	img = withLayer(t, img, tarOf(t, `file 0644 0:0 huge "`+large+large+`end"`))
	f := parse(t, "f.yaml", `schemaVersion: 2.0.0
fileContentTests:
- {name: large, path: /large, expectedContents: ['^x{1000}.*xend$'], excludedContents: [y]}
- {name: huge, path: /huge, expectedContents: [x]}
`)
	results, err := structure.CheckHeld(t.Context(), f, eng, hold(t, eng, img), nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := show(results), "ok fileContentTests: large\nFAIL fileContentTests: huge\n     /huge has more than 16 MiB, which are not searched\n"; got != want {
		t.Errorf("got %s", got)
	}
}

// closed is an engine that gives no files out.
type closed struct{}

func (closed) Look(context.Context, string, func(context.Context, engine.Unpacked) error) error {
	return fmt.Errorf("look: %w", engine.ErrUnsupported)
}

func TestCheckHeldWithoutTheAbility(t *testing.T) {
	ran := scripted(func(context.Context, structure.Invocation) (int, error) {
		t.Error("a command was run")
		return 0, nil
	})
	f := parse(t, "f.yaml", "schemaVersion: 2.0.0\nfileExistenceTests: [{name: a, path: /a}]\ncommandTests: [{name: a, command: x}]")
	_, err := structure.CheckHeld(t.Context(), f, closed{}, "sha256:0", ran)
	if !errors.Is(err, engine.ErrUnsupported) {
		t.Errorf("got %v", err)
	}
}
