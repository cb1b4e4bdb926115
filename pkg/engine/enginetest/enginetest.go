// Package enginetest is the conformance suite of pkg/engine: what it states is
// what the steps rely on, whatever the engine. An adapter's test is
//
//	func TestConformance(t *testing.T) {
//		enginetest.Run(t, func(t *testing.T) engine.Builder { return open(t) })
//	}
//
// Abilities that the engine lacks are skipped, by type assertion, as the steps
// find them.
package enginetest

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/internal/owner"
)

// Housekeeper is what an engine under test should have besides its ports, so
// that the suite can leave it as it was and prove it.
type Housekeeper interface {
	// Left names the containers, networks and volumes labelled with the run.
	Left(ctx context.Context, run string) ([]string, error)
	// Clear removes everything labelled with the run, images too.
	Clear(ctx context.Context, run string) error
}

// Images are the groups about images; some run a container to look into one.
func Images() []string {
	return []string{
		"Build", "Labels", "BuildErrors", "Shared", "Secrets", "SSH", "Cache", "Epoch", "Bases",
		"Inspect", "Export", "Look", "Pull", "Push",
	}
}

// Containers are the groups about containers.
func Containers() []string {
	return []string{"Run", "Create", "Limits", "Mounts", "Files", "Wait", "CopyFrom", "Network", "Volumes", "Health", "Listening", "Sweep"}
}

// Peculiar is an engine under test that differs from Docker where no step minds.
type Peculiar interface{ Peculiarities() Peculiarities }

// Peculiarities are what differs.
type Peculiarities struct {
	// OwnInit: a process of the engine's stands before every command, asked for or not.
	OwnInit bool
	// Volatile: containers and networks end with the process that made them, so all
	// that a dead run leaves is its volumes.
	Volatile bool
}

func (s *suite) peculiarities() Peculiarities {
	if p, ok := s.engine.(Peculiar); ok {
		return p.Peculiarities()
	}
	return Peculiarities{}
}

// suite is one run of all tests on one engine.
type suite struct {
	engine engine.Builder
	owner  owner.Owner
	image  string // of nothing but the probe
}

// Run runs every test that the engine's abilities allow, or those groups of them
// that are named. open is called in the test's own process and, for Sweep, in a
// child of it that dies.
func Run(t *testing.T, open func(t *testing.T) engine.Builder, groups ...string) {
	s := &suite{engine: open(t), owner: owner.Self(time.Hour)}
	if isChild() {
		s.dieAsOwner(t)
	}
	t.Run("all", func(t *testing.T) {
		s.image = s.probeImage(t)
		for name, group := range s.groups() {
			if len(groups) > 0 && !slices.Contains(groups, name) {
				continue
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				group(t)
			})
		}
	})
	t.Run("nothing is left", s.nothingLeft)
}

// groups are the abilities and the tests of each.
func (s *suite) groups() map[string]func(*testing.T) {
	return map[string]func(*testing.T){
		"Build":       s.testBuild,
		"Labels":      s.testLabels,
		"BuildErrors": s.testBuildErrors,
		"Shared":      s.testShared,
		"Secrets":     s.testSecrets,
		"SSH":         s.testSSH,
		"Cache":       s.testCache,
		"Epoch":       s.testEpoch,
		"Bases":       s.testBases,
		"Run":         s.testRun,
		"Create":      s.testCreate,
		"Limits":      s.testLimits,
		"Mounts":      s.testMounts,
		"Files":       s.testFiles,
		"Wait":        s.testWait,
		"CopyFrom":    s.testCopyFrom,
		"Network":     s.testNetwork,
		"Volumes":     s.testVolumes,
		"Health":      s.testHealth,
		"Listening":   s.testListening,
		"Inspect":     s.testInspect,
		"Export":      s.testExport,
		"Look":        s.testLook,
		"Pull":        s.testPull,
		"Push":        s.testPush,
		"Sweep":       s.testSweep,
	}
}

func (s *suite) nothingLeft(t *testing.T) {
	keeper := need[Housekeeper](t, s)
	left, err := keeper.Left(t.Context(), s.owner.Run)
	if err != nil || len(left) > 0 {
		t.Errorf("left on the engine: %v, %v", left, err)
	}
	if err := keeper.Clear(t.Context(), s.owner.Run); err != nil {
		t.Errorf("clear the engine: %v", err)
	}
}

// need gives an ability of the engine, or skips the test.
func need[T any](t *testing.T, s *suite) T {
	t.Helper()
	able, ok := s.engine.(T)
	if !ok {
		t.Skipf("the engine is no %T", (*T)(nil))
	}
	return able
}

// cases runs each function as a parallel subtest of its name.
func cases(t *testing.T, tests map[string]func(*testing.T)) {
	t.Helper()
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t)
		})
	}
}
