package retort

import (
	"testing"
	"time"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/project"
	"github.com/retort-ci/retort/pkg/state"
)

// identified is a suite beside a service, with one of everything that counts and
// that does not, changed by change.
func identified(t *testing.T, change func(*plannedSuite, *project.Service)) plannedSuite {
	t.Helper()
	file := project.File{Path: "/etc/app.conf", Source: "/here/app.conf"}
	secret := project.File{Path: "/run/secrets/token", Env: "TOKEN", Secret: true}
	s := plannedSuite{
		Service: project.Service{
			Name: "e2e", Suite: &project.Suite{Verifies: []string{"app"}, Timeout: time.Minute},
			Run: project.Run{Command: []string{"run"}, Files: []project.File{file, secret}},
		},
		image: imageID, verifies: map[string]string{"app": "sha256:1"}, beside: map[string]string{"db": "sha256:2"},
	}
	s.run.Container.Files = []engine.File{
		{Path: file.Path, Content: []byte("a = 1")}, {Path: secret.Path, Content: []byte("hunter2")},
	}
	db := project.Service{Name: "db", Run: project.Run{Binds: []project.Bind{{Source: "/x", Path: "/y", At: "compose.yaml:3:5"}}}}
	if change != nil {
		change(&s, &db)
	}
	if err := s.identify([]project.Service{db}); err != nil {
		t.Fatal(err)
	}
	return s
}

// Whatever may change a verdict changes the inputs.
func TestInputs(t *testing.T) {
	same := identified(t, nil)
	for name, change := range map[string]func(*plannedSuite, *project.Service){
		"the suite's image":    func(s *plannedSuite, _ *project.Service) { s.image = "sha256:9" },
		"what is verified":     func(s *plannedSuite, _ *project.Service) { s.verifies["app"] = "sha256:9" },
		"a service's image":    func(s *plannedSuite, _ *project.Service) { s.beside["db"] = "sha256:9" },
		"the command":          func(s *plannedSuite, _ *project.Service) { s.Run.Command = []string{"walk"} },
		"a service's settings": func(_ *plannedSuite, db *project.Service) { db.Run.Env = []string{"A=b"} },
		"the content of a file": func(s *plannedSuite, _ *project.Service) {
			s.run.Container.Files[0].Content = []byte("a = 2")
		},
		"the time limit": func(s *plannedSuite, _ *project.Service) { s.Suite.Timeout = time.Hour },
		"the files":      func(s *plannedSuite, _ *project.Service) { s.files = []string{"a.py"} },
		"the shard":      func(s *plannedSuite, _ *project.Service) { s.shard = &state.Shard{Index: 1, Total: 2} },
	} {
		if got := identified(t, change); got.inputs == same.inputs {
			t.Errorf("%s makes no difference", name)
		}
	}
}

// Shards are of one division only when they come from the same source and the
// same definition.
func TestDivision(t *testing.T) {
	of := func(source, command string) string {
		return identified(t, func(s *plannedSuite, _ *project.Service) {
			s.shard, s.division.Source, s.Run.Command = &state.Shard{Index: 1, Total: 2}, source, []string{command}
		}).shard.Plan
	}
	if again := of("git-1", "run"); again != of("git-1", "run") {
		t.Error("the same division has two plans")
	}
	if of("git-1", "run") == of("git-2", "run") || of("git-1", "run") == of("git-1", "walk") {
		t.Error("divisions of another source or definition have the same plan")
	}
}

// What cannot, does not; and no digest depends on a secret's value.
func TestInputsStay(t *testing.T) {
	same := identified(t, nil)
	for name, change := range map[string]func(*plannedSuite, *project.Service){
		"a secret's value":               func(s *plannedSuite, _ *project.Service) { s.run.Container.Files[1].Content = []byte("other") },
		"where a file lies":              func(s *plannedSuite, _ *project.Service) { s.Run.Files[0].Source = "/there/app.conf" },
		"where the project file says so": func(_ *plannedSuite, db *project.Service) { db.Run.Binds[0].At = "compose.yaml:99:1" },
		"how old evidence may be":        func(s *plannedSuite, _ *project.Service) { s.Suite.MaxAge = time.Hour },
	} {
		if got := identified(t, change); got.inputs != same.inputs || got.definition != same.definition {
			t.Errorf("%s makes a difference", name)
		}
	}
}

// Texts do not run into each other.
func TestDigestOf(t *testing.T) {
	if digestOf([][]byte{[]byte("ab"), []byte("c")}) == digestOf([][]byte{[]byte("a"), []byte("bc")}) {
		t.Error("where a text ends is not part of the digest")
	}
}
