package build_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/engine/docker/dockertest"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/internal/owner"
	"github.com/retort-ci/retort/pkg/internal/probe"
	"github.com/retort-ci/retort/pkg/progress"
	"github.com/retort-ci/retort/pkg/step/build"
)

// open gives the real engine and labels by which the images go at the end.
func open(t *testing.T) (*dockertest.Engine, map[string]string) {
	t.Helper()
	eng, self := dockertest.Open(t), owner.Self(time.Hour)
	t.Cleanup(func() {
		if err := eng.Clear(context.WithoutCancel(t.Context()), self.Run); err != nil {
			t.Error(err)
		}
	})
	return eng, self.Labels()
}

const dockerfile = "FROM scratch\nCOPY probe /probe\nCOPY name /name\n"

func service(t *testing.T, name, dockerfile string, labels map[string]string) build.Service {
	t.Helper()
	return build.Service{Name: name, Spec: engine.BuildSpec{
		Context: probe.Context(t, dockerfile, map[string]string{"name": name}), Labels: labels,
	}}
}

func TestServices(t *testing.T) {
	eng, labels := open(t)
	var opts build.Options
	for _, name := range []string{"orders", "billing", "broker"} {
		opts.Services = append(opts.Services, service(t, name, dockerfile, labels))
	}
	first, err := build.Run(t.Context(), eng, opts)
	if err != nil {
		t.Fatal(err)
	}
	for i, image := range first.Images {
		if image.Service != opts.Services[i].Name || image.Elapsed <= 0 || image.Steps != 2 {
			t.Errorf("image %d is %+v", i, image)
		}
		if _, err := eng.InspectImage(t.Context(), image.ID); err != nil {
			t.Errorf("%s: %v", image.Service, err)
		}
	}

	var mu sync.Mutex
	told := map[string]progress.Event{}
	opts.Progress = progress.Func(func(e progress.Event) {
		mu.Lock()
		defer mu.Unlock()
		if e.Stage != "build" || e.Subject == "" {
			t.Errorf("event %+v is of nobody", e)
		}
		if e.Task == "image" {
			told[e.Subject] = e
		}
	})
	again, err := build.Run(t.Context(), eng, opts)
	if err != nil {
		t.Fatal(err)
	}
	for i, image := range again.Images {
		if image.ID != first.Images[i].ID {
			t.Errorf("%s: built again it is %s, before it was %s", image.Service, image.ID, first.Images[i].ID)
		}
		if e := told[image.Service]; e.Kind != progress.TaskEnd || e.Status != progress.Cached || e.Text != image.ID {
			t.Errorf("%s: told %+v", image.Service, e)
		}
	}
}

// The first failure ends the others at once, and names the service.
func TestFailureEndsTheOthers(t *testing.T) {
	eng, labels := open(t)
	begun := time.Now()
	result, err := build.Run(t.Context(), eng, build.Options{Services: []build.Service{
		service(t, "slow", dockerfile+"RUN [\"/probe\",\"sleep\",\"1m\"]\n", labels),
		service(t, "broken", dockerfile+"RUN [\"/probe\",\"sleep\",\"300ms\",\";\",\"exit\",\"2\"]\n", labels),
	}})
	be, ok := errors.AsType[*engine.BuildError](err)
	if !ok || be.ExitCode != 2 || be.Line != 4 || fault.SideOf(err) != fault.Usage {
		t.Errorf("error is %v on side %v", err, fault.SideOf(err))
	}
	if err != nil && !strings.HasPrefix(err.Error(), "build broken: ") {
		t.Errorf("%q does not begin with the service", err)
	}
	if took := time.Since(begun); took > 20*time.Second || result.Images != nil {
		t.Errorf("took %s and gave %v", took, result)
	}
}

// counting is a builder that notes how many builds it is asked for at once.
type counting struct {
	now, most atomic.Int32
	meet      func()
}

func (c *counting) Build(ctx context.Context, spec engine.BuildSpec) (engine.Built, error) {
	n := c.now.Add(1)
	defer c.now.Add(-1)
	for m := c.most.Load(); n > m && !c.most.CompareAndSwap(m, n); m = c.most.Load() {
	}
	c.meet()
	return engine.Built{ID: "of " + spec.Subject}, ctx.Err()
}

func TestParallel(t *testing.T) {
	for parallel, want := range map[int]int32{0: build.DefaultParallel, 1: 1, 3: 3} {
		t.Run(fmt.Sprint(parallel), func(t *testing.T) {
			// Each build waits until as many as may be are there.
			var group sync.WaitGroup
			group.Add(int(want))
			var once atomic.Int32
			eng := &counting{meet: func() {
				if once.Add(1) <= want {
					group.Done()
				}
				group.Wait()
			}}
			opts := build.Options{Parallel: parallel}
			for i := range 12 {
				opts.Services = append(opts.Services, build.Service{Name: fmt.Sprint(i)})
			}
			result, err := build.Run(t.Context(), eng, opts)
			if err != nil {
				t.Fatal(err)
			}
			if got := eng.most.Load(); got != want {
				t.Errorf("%d builds at once, want %d", got, want)
			}
			if result.Images[7].ID != "of 7" {
				t.Errorf("images are %+v", result.Images)
			}
		})
	}
}
