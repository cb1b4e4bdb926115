package promote

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/go-multierror"

	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/internal/many"
	"github.com/retort-ci/retort/pkg/registry"
)

// Place is where an environment has a service.
type Place struct {
	Service     string
	Environment string
	Repository  string // without tag
	Tag         string
}

func (p Place) ref() string { return p.Repository + ":" + p.Tag }

// Goal says how far to roll back: to a digest, to what ran at a time, or by
// steps. The zero value is one step back.
type Goal struct {
	Digest string // sha256:…, or the beginning of its hexadecimal digits
	Time   time.Time
	Steps  int // 0 is 1
	// Forward goes by steps to where a rollback came from.
	Forward bool
}

// Back gives the edges of a rollback, for Run: one for each service that is to
// run another digest. A step undoes the last promotion among what the places
// run: the services that entered together leave together. A digest must be in
// the history, and be that of one service.
//
// A name that the history does not explain was moved by other means, or by a
// rollback that was killed before its record: the first leads back to what the
// history says, and the second is completed.
func Back(ctx context.Context, reg Registry, places []Place, goal Goal) ([]Edge, error) {
	histories, running := make([][]registry.Record, len(places)), make([]string, len(places))
	var asked multierror.Group
	for i, p := range places {
		// The name comes first: who moves it while the history is read is noticed
		// when it is to be moved again.
		asked.Go(func() (err error) {
			if running[i], err = named(ctx, reg, p.ref()); err == nil {
				histories[i], err = historyOf(ctx, reg, p)
			}
			return err
		})
	}
	if err := many.Errors(asked.Wait()); err != nil {
		return nil, err
	}
	targets, err := goal.targets(places, histories, running)
	if err != nil {
		return nil, err
	}
	var edges []Edge
	for i, p := range places {
		if targets[i] == "" {
			continue
		}
		target := targets[i]
		if len(histories[i]) > 0 && goal.bySteps() && !known(histories[i], running[i]) {
			target = histories[i][0].Digest
		}
		edges = append(edges, Edge{
			Service: p.Service, Environment: p.Environment, Repository: p.Repository, Tag: p.Tag,
			From: p.Repository + "@" + target, Commit: commitOf(histories[i], target), Was: &running[i],
		})
	}
	return edges, nil
}

// historyOf gives the place's records, newest first. Services may share a
// repository.
func historyOf(ctx context.Context, reg Registry, p Place) ([]registry.Record, error) {
	all, err := reg.History(ctx, p.Repository, p.Environment, 0)
	if err != nil {
		return nil, fmt.Errorf("history of %s in %s: %w", p.Service, p.Environment, err)
	}
	return slices.DeleteFunc(all, func(r registry.Record) bool { return r.Service != p.Service }), nil
}

// commitOf is what the digest was built from, as the newest record has it.
func commitOf(records []registry.Record, digest string) string {
	for _, r := range records {
		if r.Digest == digest && r.Commit != "" {
			return r.Commit
		}
	}
	return ""
}

func (g Goal) bySteps() bool { return g.Digest == "" && g.Time.IsZero() }

func known(records []registry.Record, digest string) bool {
	return slices.ContainsFunc(records, func(r registry.Record) bool { return r.Digest == digest })
}

// targets are the digests that the places shall run, empty for those that stay.
func (g Goal) targets(places []Place, histories [][]registry.Record, running []string) ([]string, error) {
	switch {
	case g.Digest != "":
		return g.toDigest(places, histories)
	case !g.Time.IsZero():
		return g.toTime(places, histories, running)
	}
	return g.bySomeSteps(places, histories)
}

func (g Goal) toDigest(places []Place, histories [][]registry.Record) ([]string, error) {
	wanted := "sha256:" + strings.TrimPrefix(g.Digest, "sha256:")
	targets := make([]string, len(places))
	found := map[string]bool{}
	for i := range places {
		for _, r := range histories[i] {
			if strings.HasPrefix(r.Digest, wanted) {
				targets[i], found[r.Digest] = r.Digest, true
			}
		}
	}
	switch len(found) {
	case 0:
		return nil, fault.New(fault.Usage, "retort history "+places[0].Environment, "%s has never been in %s", g.Digest, places[0].Environment)
	case 1:
		return targets, nil
	}
	return nil, fault.New(fault.Usage, "name the service, or more of the digest", "%s is the beginning of %d digests in %s", g.Digest, len(found), places[0].Environment)
}

// toTime leads also those there whose name was moved by other means, or by a
// rollback that was killed before its record.
func (g Goal) toTime(places []Place, histories [][]registry.Record, running []string) ([]string, error) {
	targets := make([]string, len(places))
	some := false
	for i := range places {
		digest, ok := at(histories[i], g.Time)
		if ok && (running[i] != digest || histories[i][0].Digest != digest) {
			targets[i] = digest
		}
		some = some || ok
	}
	if !some {
		return nil, fault.New(fault.Usage, "retort history "+places[0].Environment,
			"nothing was in %s at %s", places[0].Environment, g.Time.UTC().Format(time.RFC3339))
	}
	return targets, nil
}

func (g Goal) bySomeSteps(places []Place, histories [][]registry.Record) ([]string, error) {
	timelines := make([]timeline, len(places))
	for i := range places {
		timelines[i] = newTimeline(histories[i])
	}
	forget(timelines)
	moved := map[int]bool{}
	for range max(g.Steps, 1) {
		some := step(timelines, g.Forward)
		if len(some) == 0 {
			way := "nothing was before what runs"
			if g.Forward {
				way = "no rollback is to be returned from"
			}
			return nil, fault.New(fault.Usage, "retort history "+places[0].Environment, "%s in %s", way, places[0].Environment)
		}
		for _, i := range some {
			moved[i] = true
		}
	}
	targets := make([]string, len(places))
	for i := range moved {
		targets[i] = timelines[i].entries[timelines[i].now].digest
	}
	return targets, nil
}
