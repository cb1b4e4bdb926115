package docker

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/docker/docker/api/types/network"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/internal/owner"
)

// labelCompose is how Docker Compose marks what it creates.
const labelCompose = "com.docker.compose.project"

// named is how many owners of networks a message names.
const named = 5

// crowded is the failure for which only someone else can make room. So it says
// who that may be.
func (e *Engine) crowded(ctx context.Context, spec engine.NetworkSpec, err error) error {
	all, listErr := e.api.NetworkList(ctx, network.ListOptions{})
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	who := "it does not say which it has"
	if listErr == nil {
		who = crowd(all)
	}
	return fault.New(fault.Infrastructure, "`docker network prune` removes the networks that nobody uses",
		"docker at %s: create network %s: %w; %s", e.address, spec.Name, err, who)
}

// crowd tells how many networks there are and who has most of them.
func crowd(all []network.Summary) string {
	count := map[string]int{}
	for _, n := range all {
		count[holder(n)]++
	}
	holders := slices.SortedFunc(maps.Keys(count), func(a, b string) int {
		return cmp.Or(cmp.Compare(count[b], count[a]), cmp.Compare(a, b))
	})
	var parts []string
	for _, h := range holders[:min(named, len(holders))] {
		parts = append(parts, fmt.Sprintf("%d of %s", count[h], h))
	}
	if more := len(holders) - named; more > 0 {
		parts = append(parts, fmt.Sprintf("and those of %d more", more))
	}
	return fmt.Sprintf("it has %d networks: %s", len(all), strings.Join(parts, ", "))
}

// holder is whoever can give the network up.
func holder(n network.Summary) string {
	run, suite, project := n.Labels[owner.LabelRun], n.Labels[owner.LabelSuite], n.Labels[labelCompose]
	switch {
	case run != "" && suite != "":
		return fmt.Sprintf("retort run %s for suite %s", run, suite)
	case run != "":
		return "retort run " + run
	case project != "":
		return "compose project " + project
	}
	return "network " + n.Name
}
