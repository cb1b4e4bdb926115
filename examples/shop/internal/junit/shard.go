package junit

import (
	"context"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
)

// Shard gives argv, narrowed to this shard's part of the test binary's tests:
// every total-th of them, from the index-th on. The two are what retort sets as
// RETORT_SHARD_INDEX, from 1, and RETORT_SHARD_TOTAL; where they are empty, argv
// stays as it is.
func Shard(ctx context.Context, index, total string, argv ...string) ([]string, error) {
	if total == "" || total == "1" {
		return argv, nil
	}
	i, indexErr := strconv.Atoi(index)
	n, totalErr := strconv.Atoi(total)
	if indexErr != nil || totalErr != nil || i < 1 || i > n {
		return nil, fmt.Errorf("there is no shard %q of %q", index, total)
	}
	list, err := exec.CommandContext(ctx, argv[0], "-test.list", ".").Output()
	if err != nil {
		return nil, fmt.Errorf("list the tests of %s: %w", argv[0], err)
	}
	var mine []string
	for k, name := range strings.Fields(string(list)) {
		if k%n == i-1 {
			mine = append(mine, regexp.QuoteMeta(name))
		}
	}
	// None matches the empty list of a shard that has nothing to do.
	only := "-test.run=^(" + strings.Join(mine, "|") + ")$"
	return append([]string{argv[0], only}, argv[1:]...), nil
}
