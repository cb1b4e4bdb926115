package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/retort-ci/retort/pkg/retort"
)

// What each command hands over.

func builtImages(r retort.BuildResult) handover {
	h := handover{title: "retort build", note: r.Skipped}
	for _, img := range r.Images {
		if img.Pushed != "" {
			h.header = []string{"Service", "Candidate"}
			h.images = append(h.images, delivered{img.Service, img.Pushed})
			h.rows = append(h.rows, []string{img.Service, code(img.Pushed)})
		}
	}
	return h
}

func tested(r retort.TestResult) handover {
	h := handover{title: "retort test", header: []string{"Suite", "Verdict", "Cases", "Failed", "Time"}}
	for _, o := range r.Suites {
		c := o.Cases.Counts()
		h.rows = append(h.rows, []string{
			o.Suite, verdictText(r, o), fmt.Sprint(c.Tests), fmt.Sprint(c.Bad()), o.Elapsed.Round(100 * time.Millisecond).String(),
		})
	}
	return h
}

// pushed names no service where there is no project: what was pushed then is an
// image ID.
func pushed(r retort.PushResult, plain bool) handover {
	h := handover{title: "retort push", note: r.Skipped, header: []string{"Service", "Image", "Names"}}
	for _, img := range r.Images {
		service := img.Service
		if plain {
			service = ""
		}
		h.images = append(h.images, delivered{service, img.Ref()})
		tags := make([]string, len(img.Refs))
		for i, ref := range img.Refs {
			tags[i] = code(ref[strings.LastIndexByte(ref, ':')+1:])
		}
		h.rows = append(h.rows, []string{img.Service, code(img.Ref()), strings.Join(tags, " ")})
	}
	return h
}

func promoted(r retort.PromoteResult) handover {
	h := handover{title: "retort promote", header: []string{"Service", "Environment", "Image", "Outcome"}}
	for _, m := range r.Moves {
		outcome := "nothing was moved"
		switch {
		case m.Moved:
			outcome = "moved"
		case m.Existed:
			outcome = "was there"
		}
		if refused := refusedBy(r, m); refused != "" {
			outcome = strings.TrimPrefix(outcome+", "+refused, "nothing was moved, ")
		}
		ref := m.Repository + "@" + m.Digest()
		if entered(r, m) {
			h.images = append(h.images, delivered{m.Service, ref})
		}
		h.rows = append(h.rows, []string{m.Service, r.Environment, code(ref), outcome})
	}
	return h
}

func ran(r retort.RunResult) handover {
	h := pushed(r.Push, false)
	h.title, h.header = "retort run", []string{"Service", "Image", "Suites", "Environments"}
	for i, img := range r.Push.Images {
		h.rows[i] = []string{img.Service, code(img.Ref()), suitesOf(r, img.Service), environmentsOf(r, img.Service)}
	}
	return h
}
