package enginetest

import (
	"maps"
	"slices"
	"testing"
)

// Who runs both halves runs everything.
func TestGroupsAreWhole(t *testing.T) {
	named := slices.Sorted(slices.Values(append(Images(), Containers()...)))
	if all := slices.Sorted(maps.Keys((&suite{}).groups())); !slices.Equal(named, all) {
		t.Errorf("the groups are %q, named are %q", all, named)
	}
}
