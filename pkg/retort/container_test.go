package retort

import (
	"slices"
	"testing"
	"time"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/project"
)

func TestHealth(t *testing.T) {
	own := engine.ImageInfo{Healthcheck: []string{"CMD", "/own"}}
	for name, test := range map[string]struct {
		file *project.Healthcheck
		info engine.ImageInfo
		want []string // nil: it has no health check
	}{
		"neither":                {nil, engine.ImageInfo{}, nil},
		"the image's own":        {nil, own, []string{"/own"}},
		"the file's":             {&project.Healthcheck{Test: []string{"CMD", "/file", "-x"}}, own, []string{"/file", "-x"}},
		"in a shell":             {&project.Healthcheck{Test: []string{"CMD-SHELL", "a && b"}}, own, []string{"/bin/sh", "-c", "a && b"}},
		"disabled":               {&project.Healthcheck{Disabled: true}, own, nil},
		"NONE":                   {&project.Healthcheck{Test: []string{"NONE"}}, own, nil},
		"NONE of the image":      {nil, engine.ImageInfo{Healthcheck: []string{"NONE"}}, nil},
		"nobody knows that form": {nil, engine.ImageInfo{Healthcheck: []string{"WHAT", "ever"}}, nil},
	} {
		got := health(test.file, nil, test.info)
		if !slices.Equal(got.Probe, test.want) {
			t.Errorf("%s: health is %+v, want %q", name, got, test.want)
		}
	}
}

// The file may change the rhythm of the image's own check.
func TestHealthRhythm(t *testing.T) {
	got := health(
		&project.Healthcheck{Interval: time.Second, Timeout: 2 * time.Second, StartPeriod: 3 * time.Second, Retries: 4},
		nil, engine.ImageInfo{Healthcheck: []string{"CMD", "/own"}},
	)
	if !slices.Equal(got.Probe, []string{"/own"}) {
		t.Fatalf("health is %+v, want the image's own", got)
	}
	if got.Interval != time.Second || got.Timeout != 2*time.Second || got.StartPeriod != 3*time.Second || got.Retries != 4 {
		t.Errorf("health is %+v", got)
	}
}

// What the file does not say of the rhythm is the image's.
func TestHealthRhythmOfTheImage(t *testing.T) {
	image := engine.ImageInfo{Healthcheck: []string{"CMD", "/own"}, Rhythm: engine.Rhythm{Interval: time.Second, StartPeriod: 5 * time.Minute, Retries: 20}}
	got := health(&project.Healthcheck{Interval: 2 * time.Second}, nil, image)
	if got.Interval != 2*time.Second || got.StartPeriod != 5*time.Minute || got.Retries != 20 {
		t.Errorf("health is %+v", got)
	}
}

// The ports that the file declares go before those of the image; a service that
// has a probe too is asked by that.
func TestHealthPorts(t *testing.T) {
	image := engine.ImageInfo{Ports: []string{"80/tcp"}}
	if got := health(nil, nil, image); len(got.Probe) != 0 || !slices.Equal(got.Ports, image.Ports) {
		t.Errorf("health is %+v, want the image's ports", got)
	}
	if got := health(&project.Healthcheck{Disabled: true}, []string{"8080/tcp"}, image); !slices.Equal(got.Ports, []string{"8080/tcp"}) {
		t.Errorf("health is %+v, want the file's ports", got)
	}
}
