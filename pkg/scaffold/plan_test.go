package scaffold

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/retort-ci/retort/pkg/ci"
	"github.com/retort-ci/retort/pkg/fault"
)

func lone() []txtar.File { return []txtar.File{{Name: "Dockerfile", Data: []byte("FROM scratch\n")}} }

// A file that somebody made between the plan and its writing is theirs.
func TestWriteOverNothing(t *testing.T) {
	dir := unpack(t, lone())
	plan, err := New(t.Context(), Options{Dir: dir, CI: []ci.System{ci.Jenkins}})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "Jenkinsfile")
	if err := os.WriteFile(path, []byte("theirs"), 0o644); err != nil {
		t.Fatal(err)
	}
	err = plan.Write()
	if !errors.Is(err, fs.ErrExist) || fault.SideOf(err) != fault.Usage {
		t.Errorf("got %v", err)
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != "theirs" {
		t.Errorf("it is now %q, %v", got, err)
	}
}

// What is no file cannot be looked at, and is named.
func TestInTheWay(t *testing.T) {
	for _, name := range []string{"Jenkinsfile", ".github"} {
		dir := unpack(t, lone())
		var err error
		if name == ".github" {
			err = os.WriteFile(filepath.Join(dir, name), nil, 0o644)
		} else {
			err = os.Mkdir(filepath.Join(dir, name), 0o755)
		}
		if err != nil {
			t.Fatal(err)
		}
		plan, err := New(t.Context(), Options{Dir: dir, CI: []ci.System{ci.Jenkins, ci.GitHub}})
		if err == nil {
			err = plan.Write()
		}
		if fault.SideOf(err) != fault.Usage || !strings.Contains(err.Error(), name) {
			t.Errorf("%s in the way: %v", name, err)
		}
	}
}

// A CI works at the root: what is planned elsewhere says so.
func TestBelowRoot(t *testing.T) {
	dir := unpack(t, append(lone(), txtar.File{Name: "services/orders/Dockerfile", Data: []byte("FROM scratch\n")}))
	if err := os.Mkdir(filepath.Join(dir, ".git"), 0o755); err != nil {
		t.Fatal(err)
	}
	for sub, want := range map[string]string{".": "", "services/orders": "services/orders"} {
		if got := belowRoot(filepath.Join(dir, sub)); got != want {
			t.Errorf("%s is %q below the root, want %q", sub, got, want)
		}
	}
}

func TestUnknownSystem(t *testing.T) {
	_, err := New(t.Context(), Options{Dir: unpack(t, lone()), CI: []ci.System{ci.Drone}})
	if fault.SideOf(err) != fault.Usage {
		t.Errorf("got %v", err)
	}
}

func TestNoDirectory(t *testing.T) {
	_, err := New(t.Context(), Options{Dir: filepath.Join(t.TempDir(), "nowhere")})
	if fault.SideOf(err) != fault.Usage {
		t.Errorf("got %v", err)
	}
}
