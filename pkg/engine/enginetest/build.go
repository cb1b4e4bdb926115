package enginetest

import (
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/internal/probe"
)

func (s *suite) testBuild(t *testing.T) {
	cases(t, map[string]func(*testing.T){
		"twice is cached":          s.buildTwice,
		"tags":                     s.buildTags,
		"target":                   s.buildTarget,
		"arguments":                s.buildArgs,
		"heredoc":                  s.buildHeredoc,
		"COPY --link":              s.buildLink,
		"dockerignore":             s.buildIgnore,
		"syntax line":              s.buildSyntaxLine,
		"inline":                   s.buildInline,
		"Dockerfile elsewhere":     s.buildElsewhere,
		"named context":            s.buildNamedContext,
		"parallel":                 s.buildParallel,
		"parallel, one context":    s.buildTogether,
		"retort's own files":       s.buildWithoutState,
		"changed file":             s.buildChanged,
		"additional hosts":         s.buildHosts,
		"network none":             s.buildNoNetwork,
		"several platforms refuse": s.buildPlatforms,
	})
}

func (s *suite) buildTwice(t *testing.T) {
	spec := s.spec(t, fromProbe+"RUN [\"/probe\",\"write\",\"/made\",\"x\"]\n", nil)
	first, second := s.build(t, spec), s.build(t, spec)
	if first.ID != second.ID {
		t.Errorf("the same context gave %s, then %s", first.ID, second.ID)
	}
	if second.Steps != 2 || second.Cached != 2 {
		t.Errorf("second build: %d of %d steps cached, want COPY and RUN of 2", second.Cached, second.Steps)
	}
}

func (s *suite) buildTags(t *testing.T) {
	inspector := need[engine.Inspector](t, s)
	spec := s.spec(t, fromProbe, map[string]string{"x": "y"})
	spec.Tags = []string{"example.com/enginetest/" + s.owner.Run + ":1", "example.com/enginetest/" + s.owner.Run + ":again"}
	built := s.build(t, spec)
	for _, tag := range spec.Tags {
		if info, err := inspector.InspectImage(t.Context(), tag); err != nil || info.ID != built.ID {
			t.Errorf("%s is %s, %v; want %s", tag, info.ID, err, built.ID)
		}
	}
}

func (s *suite) buildTarget(t *testing.T) {
	spec := s.spec(t, `FROM scratch AS first
COPY probe /probe
ENTRYPOINT ["/probe"]
FROM first AS second
RUN ["/probe","exit","9"]
`, nil)
	spec.Target = "first"
	if got := s.run(t, s.build(t, spec).ID, "echo", "first"); got.stdout != "first\n" {
		t.Errorf("the target's image printed %q", got.stdout)
	}
}

func (s *suite) buildArgs(t *testing.T) {
	spec := s.spec(t, fromProbe+"ARG WHAT=default\nARG KEPT=kept\nENV GOT=$WHAT-$KEPT\n", nil)
	spec.Args = map[string]string{"WHAT": "given, with=signs"}
	if got, want := s.run(t, s.build(t, spec).ID, "env", "GOT").stdout, "given, with=signs-kept\n"; got != want {
		t.Errorf("the arguments made %q, want %q", got, want)
	}
}

func (s *suite) buildHeredoc(t *testing.T) {
	spec := s.spec(t, fromProbe+"COPY <<EOF /greeting\nhello\nEOF\n", nil)
	if got := s.run(t, s.build(t, spec).ID, "cat", "/greeting"); got.stdout != "hello\n" {
		t.Errorf("the heredoc holds %q", got.stdout)
	}
}

func (s *suite) buildLink(t *testing.T) {
	spec := s.spec(t, fromProbe+"COPY --link --chmod=600 file /linked/file\n", map[string]string{"file": "linked"})
	if got := s.run(t, s.build(t, spec).ID, "cat", "/linked/file"); got.stdout != "linked" {
		t.Errorf("the linked file holds %q", got.stdout)
	}
}

func (s *suite) buildIgnore(t *testing.T) {
	spec := s.spec(t, fromProbe+"COPY . /all\n", map[string]string{
		".dockerignore": "secret.txt\n**/*.tmp\n!keep.tmp\n",
		"secret.txt":    "", "deep/a.tmp": "", "keep.tmp": "", "shown.txt": "",
	})
	image := s.build(t, spec).ID
	for path, want := range map[string]int{
		"/all/secret.txt": 1, "/all/deep/a.tmp": 1, "/all/keep.tmp": 0, "/all/shown.txt": 0,
	} {
		if got := s.run(t, image, "exists", path); got.code != want {
			t.Errorf("%s: exists gave %d, want %d", path, got.code, want)
		}
	}
}

// The frontend named here exists nowhere: to ask for it would fail.
func (s *suite) buildSyntaxLine(t *testing.T) {
	s.build(t, s.spec(t, "# syntax=127.0.0.1:1/no/frontend:1\n"+fromProbe, nil))
}

func (s *suite) buildInline(t *testing.T) {
	spec := s.spec(t, "", nil)
	spec.Inline = fromProbe + "ENV FROM=inline\n"
	if got := s.run(t, s.build(t, spec).ID, "env", "FROM"); got.stdout != "inline\n" {
		t.Errorf("the inline Dockerfile gave %q", got.stdout)
	}
}

func (s *suite) buildElsewhere(t *testing.T) {
	spec := s.spec(t, "FROM scratch\nCOPY nothing /\n", nil)
	spec.Dockerfile = filepath.Join(probe.Context(t, "", map[string]string{"ci/App.Dockerfile": fromProbe}), "ci", "App.Dockerfile")
	if got := s.run(t, s.build(t, spec).ID, "echo", "elsewhere"); got.stdout != "elsewhere\n" {
		t.Errorf("printed %q", got.stdout)
	}
}

func (s *suite) buildNamedContext(t *testing.T) {
	spec := s.spec(t, fromProbe+"COPY --from=assets logo /logo\n", nil)
	spec.Contexts = map[string]string{"assets": probe.Context(t, "", map[string]string{"logo": "a logo"})}
	if got := s.run(t, s.build(t, spec).ID, "cat", "/logo"); got.stdout != "a logo" {
		t.Errorf("the file of the named context holds %q", got.stdout)
	}
}

// One engine is shared by all services of a project.
func (s *suite) buildParallel(t *testing.T) {
	for _, name := range []string{"a", "b", "c", "d"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spec := s.spec(t, fromProbe+"COPY name /name\n", map[string]string{"name": name})
			if got := s.run(t, s.build(t, spec).ID, "cat", "/name"); got.stdout != name {
				t.Errorf("image of %s holds %q", name, got.stdout)
			}
		})
	}
}

// Services of one context share stages. What they make of them together is
// what each makes of them alone, later: image IDs are stable.
func (s *suite) buildTogether(t *testing.T) {
	dockerfile := `FROM scratch AS base
COPY probe /probe
RUN ["/probe","write","/shared","x"]
COPY unique /unique
FROM base AS a
RUN ["/probe","write","/a","x"]
FROM base AS b
RUN ["/probe","write","/b","x"]
`
	a := s.spec(t, dockerfile, map[string]string{"unique": s.owner.Run})
	b := a
	a.Target, b.Target = "a", "b"
	first := make([]string, 2)
	var wg sync.WaitGroup
	for i, spec := range []engine.BuildSpec{a, b} {
		wg.Go(func() {
			built, err := s.engine.Build(t.Context(), spec)
			if err != nil {
				t.Error(err)
			}
			first[i] = built.ID
		})
	}
	wg.Wait()
	for i, spec := range []engine.BuildSpec{a, b} {
		if again := s.build(t, spec); again.ID != first[i] || again.Cached != again.Steps {
			t.Errorf("target %s built again is %s with %d of %d steps cached, before it was %s",
				spec.Target, again.ID, again.Cached, again.Steps, first[i])
		}
	}
}

// What retort keeps in the workspace changes with every run: it would spoil the
// cache of a COPY, and is nobody's content.
func (s *suite) buildWithoutState(t *testing.T) {
	spec := s.spec(t, fromProbe+"COPY . /all\n", map[string]string{".retort/run.json": "{}", "sub/.retort/log": "", "file": "x"})
	image := s.build(t, spec).ID
	for path, want := range map[string]int{"/all/.retort": 1, "/all/sub/.retort": 1, "/all/file": 0} {
		if got := s.run(t, image, "exists", path); got.code != want {
			t.Errorf("%s: exists gave %d, want %d", path, got.code, want)
		}
	}
}

// Builders keep what they were sent; a file that changed or went must not stay.
func (s *suite) buildChanged(t *testing.T) {
	spec := s.spec(t, fromProbe+"COPY data /data\n", map[string]string{"data/a": "first", "data/b": "gone later"})
	first := s.build(t, spec)
	spec.Context = probe.Context(t, fromProbe+"COPY data /data\n", map[string]string{"data/a": "second"})
	second := s.build(t, spec)
	if first.ID == second.ID {
		t.Error("another content gave the same image")
	}
	if got := s.run(t, second.ID, "cat", "/data/a"); got.stdout != "second" {
		t.Errorf("the changed file holds %q", got.stdout)
	}
	if got := s.run(t, second.ID, "exists", "/data/b"); got.code == 0 {
		t.Error("the removed file is still there")
	}
}

func (s *suite) buildHosts(t *testing.T) {
	spec := s.spec(t, fromProbe+"RUN [\"/probe\",\"cat\",\"/etc/hosts\"]\n", nil)
	spec.ExtraHosts, spec.NoCache = []string{"db.example.com:127.0.0.9"}, true
	events := &recorder{}
	spec.Progress = events
	s.build(t, spec)
	if log := strings.Join(events.lines(), "\n"); !strings.Contains(log, "127.0.0.9\tdb.example.com") {
		t.Errorf("/etc/hosts of RUN:\n%s", log)
	}
}

func (s *suite) buildNoNetwork(t *testing.T) {
	spec := s.spec(t, fromProbe+"RUN [\"/probe\",\"cat\",\"/proc/net/dev\"]\n", nil)
	spec.Network, spec.NoCache = "none", true
	events := &recorder{}
	spec.Progress = events
	s.build(t, spec)
	if log := strings.Join(events.lines(), "\n"); strings.Contains(log, "eth0") || !strings.Contains(log, "lo:") {
		t.Errorf("interfaces of RUN:\n%s", log)
	}
}

// An engine whose store cannot hold several platforms says so; it must not
// build one of them quietly.
func (s *suite) buildPlatforms(t *testing.T) {
	spec := s.spec(t, "FROM scratch\nCOPY probe /probe\n", nil)
	spec.Platforms = []string{"linux/amd64", "linux/arm64"}
	if _, err := s.engine.Build(t.Context(), spec); err != nil {
		wantErr(t, err, engine.ErrUnsupported)
	}
}
